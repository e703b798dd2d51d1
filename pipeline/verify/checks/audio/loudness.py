"""Loudness is what was decided."""

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.verify.inspect import AudioFacts
from pipeline.verify.package import Package

LOSSLESS_LU = 0.1
LOSSY_LU = 0.3  # a codec moves loudness a little, mostly by what it leaves out at the top
_ROUNDING_LU = 0.005  # promises have two decimals


@check(
    "audio/loudness",
    rationale="The balance of the songs was decided with care; the file must have it.",
)
def loudness(package: Package) -> Iterator[Finding]:
    """Integrated loudness is within 0.1 LU of what was decided (0.3 if lossy)."""
    for piece, track, file in package.promised():
        facts = package.facts.get(piece)
        if not isinstance(facts, AudioFacts) or track.integrated_lufs is None:
            continue
        found = facts.measurement.integrated_lufs
        tolerance_lu = LOSSLESS_LU if track.pcm_sha256 else LOSSY_LU
        if found is None or abs(found - track.integrated_lufs) > tolerance_lu + _ROUNDING_LU:
            shown = "undefined" if found is None else f"{found:.2f} LUFS"
            yield Finding(
                Severity.FAIL,
                "loudness",
                f"{piece.name}: {track.title} is {shown}, decided was "
                f"{track.integrated_lufs:.2f} LUFS at {file.sample_rate_hz} Hz",
                track=track.track,
                action="run relock for this track, and tell us if it stays",
            )
