"""Tags are those of the spec."""

from collections.abc import Iterator

from formats.errors import FormatError
from pipeline.findings import Finding, Severity, check
from pipeline.manifest import tag_texts
from pipeline.verify.package import Package


@check(
    "tags/complete",
    rationale="Metadata is typed once and must arrive everywhere as it was typed.",
)
def complete(package: Package) -> Iterator[Finding]:
    """Every tag read back from a file equals the spec's, and none is added."""
    for piece, track, _ in package.promised():
        tags = package.tags.get(piece.name)
        if tags is None:
            continue
        if isinstance(tags, FormatError):
            yield Finding(Severity.FAIL, "unreadable", f"{piece.name}: tags: {tags}")
            continue
        found = tag_texts(tags)
        for name in dict.fromkeys([*track.tags, *found]):
            value, promised = found.get(name), track.tags.get(name)
            if value != promised:
                yield Finding(
                    Severity.FAIL,
                    "differs",
                    f"{piece.name}: {name} is {_shown(value)}, promised is {_shown(promised)}",
                    track=track.track,
                )


def _shown(text: str | None) -> str:
    return "none" if text is None else repr(text)
