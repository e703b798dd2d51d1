"""Limiters and heavy compression on the mix bus."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.clipped import WARN_RUNS_PER_S
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.crest import CrestFigures
from pipeline.intake.listeners.loudness import LoudnessFigures
from pipeline.intake.listeners.peaks import PeaksFigures

# Share of the 100 ms that come within 0.1 dB of the file's peak. Own measurements: 0.002 to
# 0.020 in 60 clean mixes and 12 recordings; limited by 3 dB 0.02 to 0.49, by 6 dB 0.06 to 0.9.
WARN_REACHING = 0.05
INFO_REACHING = 0.03
# Steady tones and repeated samples reach their peak too, but nearly at one level. From 0.35 dB
# on, 19 of 20 limited programmes are heard, and none of 20 kinds sounds when it is clean
# (benchmarks/intake/confusion.txt); a lone steady tone may spread by up to 0.45 dB.
LEAST_SPREAD_DB = 0.35
# Conventions of the trade: a peak-to-loudness ratio under 8 dB is crushed, 8 to 10 dB hot. Own
# measurements: clean mixes 10.8 to 20 dB, hot game masters 7.5 to 8.8 dB. Steady pads and chip
# sounds are dense by nature, so their ratio warns only at a level that nobody mixes at.
WARN_PLR_DB = 8.0
INFO_PLR_DB = 10.0
WARN_PSR_DB = 6.0
HOT_LUFS = -12.0


@check(
    "intake/limited",
    rationale="""A limiter on the mix bus has spent the headroom that mastering works with, and
    cannot be undone; mastering limits once more, on top of it.""",
)
def limited(received: Surveyed) -> Iterator[Finding]:
    """The mix has its peaks, and no limiter or heavy compressor on its bus."""
    crest = received.survey.of(CrestFigures)
    loudness = received.survey.of(LoudnessFigures)
    n_clipped = max(sum(crest.n_flat), received.facts.n_clipped_runs)
    if n_clipped >= WARN_RUNS_PER_S * received.facts.duration_s:
        return  # clipped: said elsewhere, and it reaches its peak just as often
    severity = _limiter_severity(crest)
    if severity is not None:
        yield _limiter(severity, crest, loudness)
        return
    if loudness.plr_db is not None and loudness.plr_db < INFO_PLR_DB:
        yield _dense(loudness, received.survey.of(PeaksFigures))


def _limiter_severity(crest: CrestFigures) -> Severity | None:
    reaching, _ = crest.frames_near
    if crest.reaching_spread_db < LEAST_SPREAD_DB or reaching < INFO_REACHING:
        return None
    return Severity.WARN if reaching >= WARN_REACHING else Severity.INFO


def _limiter(severity: Severity, crest: CrestFigures, loudness: LoudnessFigures) -> Finding:
    reaching, near = crest.frames_near
    is_sure = severity is Severity.WARN
    what = "a limiter worked on the mix bus" if is_sure else "a limiter may have worked here"
    return Finding(
        severity,
        "limiter",
        f"{'' if is_sure else 'advice: '}{100 * reaching:.0f} % of the mix comes up to one and "
        f"the same peak of {loudness.sample_peak_dbfs:.1f} dBFS: {what}",
        action="ask for the mix without the limiter; the louder one stays a reference",
        evidence=Evidence(
            numbers=(
                ("share_within_0_1_db_of_peak", round(reaching, 4)),
                ("warns_from_share", WARN_REACHING),
                ("share_within_1_db_of_peak", round(near, 4)),
                ("spread_of_level_there_db", round(crest.reaching_spread_db, 2)),
            )
        ),
    )


def _dense(loudness: LoudnessFigures, peaks: PeaksFigures) -> Finding:
    plr_db, loud_lufs = loudness.plr_db or 0.0, loudness.integrated_lufs or 0.0
    is_crushed = plr_db < WARN_PLR_DB or (peaks.psr_low_db or WARN_PSR_DB) < WARN_PSR_DB
    is_sure = is_crushed and loud_lufs > HOT_LUFS
    known = (("psr_p5_db", round(peaks.psr_low_db, 1)),) if peaks.psr_low_db is not None else ()
    stand = f"the peaks stand only {plr_db:.1f} dB over the loudness of {loud_lufs:.1f} LUFS"
    return Finding(
        Severity.WARN if is_sure else Severity.INFO,
        "dense",
        f"{stand}: the mix is compressed like a master"
        if is_sure
        else f"advice: {stand}; the mix may be compressed, or be steady by nature",
        action="ask for the mix with the compressor of the mix bus bypassed",
        evidence=Evidence(
            numbers=(
                ("plr_db", round(plr_db, 1)),
                ("warns_under_plr_db", WARN_PLR_DB),
                *known,
                ("warns_under_psr_p5_db", WARN_PSR_DB),
            )
        ),
    )
