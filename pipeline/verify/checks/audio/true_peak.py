"""No peak is over the ceiling."""

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.verify.inspect import AudioFacts
from pipeline.verify.package import Package

TOLERANCE_DB = 0.1
FULL_SCALE_DBTP = 0.0


@check(
    "audio/true_peak",
    rationale="Peaks between the samples distort in players and in the encoders of services "
    "(BS.1770-5 Annex 2; AES TD1008 asks for -1 dBTP).",
)
def true_peak(package: Package) -> Iterator[Finding]:
    """No true peak is over the ceiling; lossy ones over full scale are told with figures."""
    for piece, track, file in package.promised():
        facts = package.facts.get(piece)
        if not isinstance(facts, AudioFacts):
            continue
        peak = facts.measurement.true_peak_dbtp
        if file.format == "mp3":
            yield from _lossy(piece.name, track.track, peak)
        elif track.ceiling_dbtp is not None and peak > track.ceiling_dbtp + TOLERANCE_DB:
            yield Finding(
                Severity.FAIL,
                "over-ceiling",
                f"{piece.name}: {track.title} peaks at {peak:.2f} dBTP, the ceiling is "
                f"{track.ceiling_dbtp:g} dBTP",
                track=track.track,
            )
        elif track.ceiling_dbtp is None and peak > FULL_SCALE_DBTP:
            yield Finding(
                Severity.WARN,
                "over-full-scale",
                f"{piece.name}: {track.title} peaks at {peak:.2f} dBTP, and no limiter is asked "
                "for",
                track=track.track,
                action="lower its level, or write a limiter",
            )


def _lossy(name: str, track: str, peak_dbtp: float) -> Iterator[Finding]:
    if peak_dbtp > FULL_SCALE_DBTP:
        yield Finding(
            Severity.WARN,
            "lossy-over",
            f"{name}: decodes to {peak_dbtp:.2f} dBTP; players that decode to integers clip it",
            track=track,
            action=f"a ceiling lower by {peak_dbtp + 0.05:.1f} dB would avoid it",
        )
