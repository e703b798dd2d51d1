"""No peak is over the ceiling."""

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.manifest import TrackPromise
from pipeline.verify.package import Package

TOLERANCE_DB = 0.1
FULL_SCALE_DBTP = 0.0


@check(
    "audio/true_peak",
    rationale="Peaks between the samples distort in players and in the encoders of services "
    "(BS.1770-5 Annex 2; AES TD1008 asks for -1 dBTP).",
)
def true_peak(package: Package) -> Iterator[Finding]:
    """No true peak is over the ceiling; without one, and if lossy, none is over full scale."""
    promises = package.promises()
    for piece, facts in package.found():
        peak, promise = facts.measurement.true_peak_dbtp, promises.get(piece)
        track = promise.track if promise else ""
        if facts.codec == "mp3":
            if peak > FULL_SCALE_DBTP:
                yield _lossy(piece.name, track, peak)
        elif promise is None or promise.ceiling_dbtp is None:
            if peak > FULL_SCALE_DBTP:
                yield _unlimited(piece.name, promise, peak)
        elif peak > promise.ceiling_dbtp + TOLERANCE_DB:
            yield Finding(
                Severity.FAIL,
                "over-ceiling",
                f"{piece.name}: {promise.title} peaks at {peak:.2f} dBTP, the ceiling is "
                f"{promise.ceiling_dbtp:g} dBTP",
                track=track,
            )


def _lossy(name: str, track: str, peak_dbtp: float) -> Finding:
    return Finding(
        Severity.WARN,
        "lossy-over",
        f"{name}: decodes to {peak_dbtp:.2f} dBTP; players that decode to integers clip it",
        track=track,
        action=f"a ceiling lower by {peak_dbtp + 0.05:.1f} dB would avoid it",
    )


def _unlimited(name: str, promise: TrackPromise | None, peak_dbtp: float) -> Finding:
    why = f"{promise.title} has no limiter" if promise else "nothing over 0 dBTP is safe"
    return Finding(
        Severity.WARN,
        "over-full-scale",
        f"{name}: peaks at {peak_dbtp:.2f} dBTP; {why}",
        track=promise.track if promise else "",
        action="lower its level, or write a limiter",
    )
