"""Loudness is what was decided."""

from collections.abc import Iterator
from math import inf

from pipeline.findings import Finding, Severity, check
from pipeline.verify.inspect import AudioFacts
from pipeline.verify.package import Package

LOSSLESS_LU = 0.1
LOSSY_LU = 0.3  # a codec moves loudness a little, mostly by what it leaves out at the top
# At another rate than the album's, or from a codec, a very bright song loses its top octave and
# with it loudness; beyond this it is no longer the same song.
OTHER_RATE_LU = 1.0
_ROUNDING_LU = 0.005  # promises have two decimals


@check(
    "audio/loudness",
    rationale="The balance of the songs was decided with care; the file must have it.",
)
def loudness(package: Package) -> Iterator[Finding]:
    """Integrated loudness is within 0.1 LU of what was decided (0.3 if lossy); told if not."""
    for piece, track, file in package.promised():
        facts = package.facts.get(piece)
        if not isinstance(facts, AudioFacts) or track.integrated_lufs is None:
            continue
        found = facts.measurement.integrated_lufs
        tolerance_lu = LOSSLESS_LU if track.pcm_sha256 else LOSSY_LU
        off_lu = inf if found is None else abs(found - track.integrated_lufs)
        if off_lu > tolerance_lu + _ROUNDING_LU:
            is_decided_here = track.pcm_sha256 and package.is_at_album_rate(file)
            shown = "undefined" if found is None else f"{found:.2f} LUFS"
            yield Finding(
                Severity.FAIL if is_decided_here or off_lu > OTHER_RATE_LU else Severity.WARN,
                "loudness",
                f"{piece.name}: {track.title} is {shown}, decided was "
                f"{track.integrated_lufs:.2f} LUFS at {file.sample_rate_hz} Hz",
                track=track.track,
                action="run relock for this track, and tell us if it stays",
            )
