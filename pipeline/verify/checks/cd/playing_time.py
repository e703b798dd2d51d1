"""The disc is not longer than discs are."""

from collections.abc import Iterator

from formats.cdtime import (
    COMMON_LIMIT_SECTORS,
    LAST_SECTOR,
    SAFE_LIMIT_SECTORS,
    sectors_to_msf,
)
from pipeline.findings import Finding, Severity, check
from pipeline.verify.discs import discs_of
from pipeline.verify.package import Package


@check(
    "cd/playing_time",
    rationale="The original disc holds 74 minutes; most plants take up to 79:57, some with "
    "notice; a time over 99:59:74 cannot be written on a disc at all.",
)
def playing_time(package: Package) -> Iterator[Finding]:
    """No disc lasts longer than 79:57:00; over 74:00:00 is told."""
    for disc in discs_of(package):
        n_sectors = max(disc.end_sector, disc.disc.lead_out_sector)
        if n_sectors > LAST_SECTOR:
            yield Finding(
                Severity.FAIL,
                "unwritable",
                f"{disc.name}: longer than a disc can say, 99:59:74",
            )
        elif n_sectors > COMMON_LIMIT_SECTORS:
            yield Finding(
                Severity.FAIL,
                "too-long",
                f"{disc.name} lasts {sectors_to_msf(n_sectors)}, plants take 79:57:00",
                action="drop a track, or waive with the plant's consent",
            )
        elif n_sectors > SAFE_LIMIT_SECTORS:
            yield Finding(
                Severity.WARN,
                "long",
                f"{disc.name} lasts {sectors_to_msf(n_sectors)}, over the 74:00:00 of the "
                "original disc",
                action="ask the plant",
            )
