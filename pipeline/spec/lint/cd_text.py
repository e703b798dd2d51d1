"""What CD-Text makes of titles and artists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from formats.charsets import Spelling, spell
from formats.disc import Charset
from pipeline.findings import Finding, Severity, check
from pipeline.spec.editions import Edition
from pipeline.spec.lint.written import Names, Written
from pipeline.spec.located import KeyPath
from pipeline.spec.model import CdText

_Said: TypeAlias = Mapping[str, tuple[KeyPath, str | None]]
_NAMES = {Charset.LATIN_1: "Latin-1", Charset.MS_JIS: "MS-JIS"}


@check(
    "spec/cd_text",
    rationale="""CD-Text holds Latin-1, and Japanese in a language of its own (MMC-3, annex J;
    EBU Tech 3264): what it has no letter for is spelled otherwise on every player.""",
)
def cd_text(written: Written) -> Iterator[Finding]:
    """Titles and artists of a disc are shown as they are written."""
    for edition, charset in dict.fromkeys(_discs(written)):
        names = _shown if charset is Charset.LATIN_1 else _told
        for path, text, track in names(written, written.edition(edition)):
            spelled = spell(text, charset)
            if spelled.swaps:
                yield _spelled(written, spelled, charset, at=path, track=track)


def _discs(written: Written) -> Iterator[tuple[str, Charset]]:
    """Yield the editions on disc, with the character sets of their CD-Text."""
    for each in written.spec.deliverables.values():
        if each.kind == "cd_image":
            yield each.edition or "", Charset.LATIN_1
        if each.kind == "ddp" and each.cd_text != "off":
            yield each.edition or "", Charset.LATIN_1
            if each.cd_text == "ms_jis":
                yield each.edition or "", Charset.MS_JIS


def _shown(written: Written, edition: Edition) -> Names:
    """Yield what the first language shows: title and artist, or what stands for them."""
    yield from _names(written, edition, has_own_words=True)


def _told(written: Written, edition: Edition) -> Names:
    """Yield what the second language tells: titles and artists as they are."""
    yield from _names(written, edition, has_own_words=False)


def _names(written: Written, edition: Edition, *, has_own_words: bool) -> Names:
    info, album = written.spec.album, written.album_path(edition.id)
    said: _Said = {
        "title": ((*album, "title"), edition.title),
        "performer": (("album", "artist"), info.artist),
    }
    yield from _worded(("album",), info.cd_text if has_own_words else CdText(), said, "")
    for track in edition.tracks:
        path = written.track_path(edition.id, track.id)
        said = {
            "title": ((*path, "title"), track.title),
            "performer": ((*path, "artist"), track.artist),
        }
        words = track.cd_text if has_own_words else CdText()
        yield from _worded(path, words, said, track.id)


def _worded(owner: KeyPath, words: CdText, said: _Said, track: str) -> Names:
    for name, (path, text) in said.items():
        instead = getattr(words, name)
        if shown := instead or text:
            yield (*owner, "cd_text", name) if instead else path, shown, track


def _spelled(
    written: Written, spelled: Spelling, charset: Charset, *, at: KeyPath, track: str
) -> Finding:
    lost = "".join(each.character for each in spelled.swaps if each.is_unreadable)
    pairs = [f"{each.written or 'nothing'} for {each.character}" for each in spelled.swaps]
    if lost:
        return written.finding(
            Severity.WARN,
            "unreadable",
            f"CD-Text shows {spelled.written!r} for {spelled.text!r}: {_NAMES[charset]} has no "
            f"{lost}",
            at=at,
            track=track,
            action="cd_text: {title: …, performer: …} in letters that it has",
        )
    return written.finding(
        Severity.INFO,
        "spelled",
        f"CD-Text shows {spelled.written!r} for {spelled.text!r}: {', '.join(pairs)}",
        at=at,
        track=track,
        action="cd_text: {title: …, performer: …}, if it should be spelled otherwise",
    )
