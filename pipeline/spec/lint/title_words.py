"""Words that are no part of a title: advertising, formats, and what every first version is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.spec.lint.written import Written

# Only between brackets or behind a dash: bare, most of these words can be a song.
_ASIDE = re.compile(r"[(\[]([^()\[\]]*)[)\]]|\s[-–—]\s(.+)$")
_WORDS = (
    (
        "original",
        r"original (?:mix|version|recording)|album (?:mix|version)|main (?:mix|version)",
        "is what every first version is; services leave it out",
    ),
    (
        "promotion",
        r"exclusive|limited(?: edition)?|free(?: download)?|official(?: \w+)*|out now|promo"
        r"|new (?:song|single|release)|pre-?order|premiere",
        "is advertising; services send it back",
    ),
    (
        "format",
        r"cd|lp|vinyl|cassette|mp3|wav|flac|alac|hi-?res|hd|hq|lossless|(?:dolby )?atmos"
        r"|spatial audio|\d\d[ -]?bit|\d{2,3}(?:\.\d)? ?khz",
        "is a format, and the song is sold in several",
    ),
    (
        "advisory",
        r"explicit|dirty|uncensored|clean(?: version| edit)?|explicit version",
        "has a field of its own at every service",
    ),
)
_RELEASE_TYPE = re.compile(r".*\S[\s-]+\(?(E\.?P\.?|L\.?P\.?|Single)\)?")


@check(
    "spec/title_words",
    rationale="""A title names the song. The Apple Music Style Guide, the Spotify metadata style
    guide and distributors (Symphonic, Label Grid) refuse advertising, formats and 'Original
    Mix' in it; services add '- EP' and '- Single' to albums themselves.""",
)
def title_words(written: Written) -> Iterator[Finding]:
    """No title says how, where or in what format it is sold."""
    for path, title, track in written.titles():
        for aside in _asides(title):
            for code, pattern, why in _WORDS:
                if re.fullmatch(pattern, aside, re.IGNORECASE):
                    message = f"{aside!r} in the title {title!r} {why}"
                    yield written.finding(
                        Severity.WARN, code, message, at=path, track=track, action="take it out"
                    )
        if not track and (kind := _RELEASE_TYPE.fullmatch(title)):
            yield written.finding(
                Severity.INFO,
                "release-type",
                f"the title {title!r} ends in {kind[1]!r}, which services add themselves",
                at=path,
                action="take it out for streaming, or give that edition its own title",
            )


def _asides(title: str) -> Iterator[str]:
    for found in _ASIDE.finditer(title):
        yield " ".join((found[1] or found[2] or "").split())
