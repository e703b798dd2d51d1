"""Two meters agree."""

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.verify.package import Package

TOLERANCE_LU = 0.1


@check(
    "audio/meters",
    rationale="Levels were decided by our own meter; if it were wrong, all of them would be. "
    "So an independent one measures the loudest five seconds of each file.",
)
def meters(package: Package) -> Iterator[Finding]:
    """An independent meter agrees with ours within 0.1 LU in the loudest five seconds."""
    for piece, facts in package.found():
        excerpt = facts.excerpt
        if excerpt and abs(excerpt.own_lufs - excerpt.other_lufs) > TOLERANCE_LU:
            yield Finding(
                Severity.FAIL,
                "disagree",
                f"{piece.name}: our meter reads {excerpt.own_lufs:.2f} LUFS in the loudest "
                f"five seconds, an independent one {excerpt.other_lufs:.2f}",
                action="this is a bug of ours: please report it",
            )
