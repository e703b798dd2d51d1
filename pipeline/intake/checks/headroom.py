"""How much room the peaks leave: at the samples, and between them."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.loudness import LoudnessFigures
from pipeline.intake.listeners.peaks import PeaksFigures

# What many studios ask for. Others take any 24-bit mix that is not clipped, and rightly: the
# level is changed without loss. So it is a remark.
BAND_DBFS = (-6.0, -3.0)
# Below this, 16 bits have lost two of theirs; in 24 bits nothing is lost.
LOW_DBFS = -18.0


@check(
    "intake/headroom",
    rationale="""Room above the peaks shows that nothing was driven into the ceiling; peaks
    between the samples clip in players and encoders even if no sample does.""",
)
def headroom(received: Surveyed) -> Iterator[Finding]:
    """The peaks leave some room below full scale, also between the samples."""
    facts = received.facts
    loudness = received.survey.of(LoudnessFigures)
    peak_dbfs = loudness.sample_peak_dbfs
    if facts.is_silent or facts.is_lossy or facts.n_clipped_runs or peak_dbfs > 0.0:
        return  # intake/silent, intake/lossy_source and intake/clipped speak of these
    if loudness.true_peak_dbtp > 0.0:
        yield _over(loudness, received.survey.of(PeaksFigures))
    elif peak_dbfs > BAND_DBFS[1]:
        yield _outside(
            "little", f"peaks reach {peak_dbfs + 0.0:.1f} dBFS", peak_dbfs,
            "nothing, if no limiter was on the mix bus; else ask for the mix without it",
        )  # fmt: skip
    elif peak_dbfs < LOW_DBFS:
        yield _outside(
            "low", f"peaks reach {peak_dbfs:.1f} dBFS only", peak_dbfs,
            "nothing, if the mix has 24 bits or floating point",
        )  # fmt: skip


def _over(loudness: LoudnessFigures, peaks: PeaksFigures) -> Finding:
    return Finding(
        Severity.WARN,
        "over-between-samples",
        f"no sample is clipped, but between them the waveform reaches "
        f"{loudness.true_peak_dbtp:+.1f} dBTP",
        time_s=peaks.over_places_s[0] if peaks.over_places_s else None,
        action="ask for a new bounce with the master fader 3 dB lower",
        evidence=Evidence(
            times_s=peaks.over_places_s,
            numbers=(
                ("true_peak_dbtp", round(loudness.true_peak_dbtp, 2)),
                ("allowed_dbtp", 0.0),
                ("sample_peak_dbfs", round(loudness.sample_peak_dbfs, 2)),
                ("tenths_of_a_second", float(peaks.n_overs)),
            ),
        ),
    )


def _outside(code: str, what: str, peak_dbfs: float, action: str) -> Finding:
    low, high = BAND_DBFS
    return Finding(
        Severity.INFO,
        code,
        f"{what}; studios like {low:.0f} to {high:.0f} dBFS, and unclipped it does no harm",
        action=action,
        evidence=Evidence(
            numbers=(
                ("sample_peak_dbfs", round(peak_dbfs, 2)),
                ("band_from_dbfs", low),
                ("band_to_dbfs", high),
            )
        ),
    )
