"""Every track lasts at least four seconds."""

from collections.abc import Iterator
from itertools import pairwise

from formats.cdtime import MIN_TRACK_SECTORS, SECTORS_PER_S
from pipeline.findings import Finding, Severity, check
from pipeline.verify.discs import discs_of
from pipeline.verify.package import Package


@check(
    "cd/track_length",
    rationale="IEC 60908 asks for at least four seconds per track; plants refuse shorter ones.",
)
def track_length(package: Package) -> Iterator[Finding]:
    """Every track lasts at least four seconds, from INDEX 01 to the next INDEX 01."""
    ids = {track.number: track.track for _, track, _ in package.promised()}
    for disc in discs_of(package):
        places = [*disc.starts, disc.end_sector]
        for track, (start, end) in zip(disc.disc.tracks, pairwise(places), strict=True):
            n_sectors = end - start
            if n_sectors < MIN_TRACK_SECTORS:
                yield Finding(
                    Severity.FAIL,
                    "too-short",
                    f"{disc.name}: track {track.number:02d} is "
                    f"{n_sectors / SECTORS_PER_S:.2f} s, the least is 4.00 s",
                    track=ids.get(track.number, ""),
                )
