"""All audio can be decoded from end to end."""

from collections.abc import Iterator

from formats.errors import FormatError
from pipeline.findings import Finding, Severity, check
from pipeline.verify.package import Package


@check(
    "audio/opens",
    rationale="A file whose header looks well may still break off in the middle of a song.",
)
def opens(package: Package) -> Iterator[Finding]:
    """All audio can be decoded from end to end."""
    for piece, found in package.facts.items():
        if isinstance(found, FormatError):
            yield Finding(Severity.FAIL, "damaged", f"{piece.name}: {found}")
