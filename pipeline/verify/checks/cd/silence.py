"""What lies around the music on a disc is digital silence."""

from collections.abc import Iterator
from pathlib import Path

from formats.cdtime import BYTES_PER_SECTOR, CD_SAMPLE_RATE_HZ
from pipeline.findings import Finding, Severity, check
from pipeline.verify.package import CD_SAMPLE_BYTES, Package

_READ_BYTES = 400 * BYTES_PER_SECTOR


@check(
    "cd/silence",
    rationale="Nobody listens to the lead before track 1 and the silence before the lead-out; "
    "whatever is left there by mistake is pressed all the same.",
)
def silence(package: Package) -> Iterator[Finding]:
    """Sectors of the image that belong to no track are digital silence."""
    for name in package.image_names:
        path = package.root / name
        for start, end in _outside(package, name, path.stat().st_size):
            place = _first_sound(path, start, end)
            if place is not None:
                at_s = place // CD_SAMPLE_BYTES / CD_SAMPLE_RATE_HZ
                yield Finding(
                    Severity.FAIL,
                    "sound",
                    f"{name}: sound at {at_s:.3f} s, where no track is and silence is promised",
                    time_s=round(at_s, 3),
                )


def _outside(package: Package, name: str, n_bytes: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches of an image, in bytes, that no promised track covers."""
    done = 0
    tracks = [track for piece, track, _ in package.promised() if piece.name == name]
    for track in sorted(tracks, key=lambda each: each.start_samples):
        start = track.start_samples * CD_SAMPLE_BYTES
        if start > done:
            yield done, start
        done = start + track.n_samples * CD_SAMPLE_BYTES
    if tracks and n_bytes > done:
        yield done, n_bytes


def _first_sound(path: Path, start: int, end: int) -> int | None:
    """Return the place of the first byte that is not zero, or None."""
    with path.open("rb") as image:
        image.seek(start)
        while start < end and (block := image.read(min(_READ_BYTES, end - start))):
            if any(block):
                return start + len(block) - len(block.lstrip(b"\0"))
            start += len(block)
    return None
