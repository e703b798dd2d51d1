"""Tags are those of the spec."""

import hashlib
from collections.abc import Iterator

from formats.errors import FormatError
from formats.tags import Tags
from pipeline.findings import Finding, Severity, check
from pipeline.verify.package import Package


@check(
    "tags/complete",
    rationale="Metadata is typed once and must arrive everywhere as it was typed.",
)
def complete(package: Package) -> Iterator[Finding]:
    """Every tag read back from a file equals the spec's."""
    for piece, track, _ in package.promised():
        found = package.tags.get(piece.name)
        if found is None:
            continue
        if isinstance(found, FormatError):
            yield Finding(Severity.FAIL, "unreadable", f"{piece.name}: tags: {found}")
            continue
        for name, promised in track.tags.items():
            value = _value(found, name)
            if value != promised:
                yield Finding(
                    Severity.FAIL,
                    "differs",
                    f"{piece.name}: {name} is {value!r}, the spec says {promised!r}",
                    track=track.track,
                )


def _value(tags: Tags, name: str) -> str:
    if name == "artwork":
        return hashlib.sha256(tags.artwork.data).hexdigest() if tags.artwork else ""
    value = getattr(tags, name)
    return "" if value is None else str(value)
