"""Crests that are flat below full scale: clipped and turned down, or rounded by saturation."""

from __future__ import annotations

from collections.abc import Iterator
from math import log10

import numpy as np

from pipeline.findings import Evidence, Finding, Plot, Severity, check
from pipeline.intake.checks.clipped import FAIL_RUNS_PER_S, WARN_RUNS_PER_S
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.decode import timecode
from pipeline.intake.listeners.crest import PER_OCTAVE, CrestFigures

FULL_SCALE = 0.999
# A square wave is flat at its peak nearly all the time, clipped music at most a tenth of it
# (own measurements: 3 dB over, 0.0001 to 0.023).
SQUARE_SHARE = 0.3
# Held samples, chip sounds and quiet 16-bit words are flat at every level; of clipped music a
# sample near the peak is flat at least this many times as often as one in the middle.
MORE_OFTEN = 10.0
# Own measurements, 70 clean mixes and 12 recordings: the half-waves near the peak are leaner
# than those 6 to 12 dB below it, by 0.01 to 0.12 (with 30 of them or more), behind a limiter
# by -0.02 to 0.09. Driven 6 dB into tanh they are fuller, by 0.03 to 0.13, but for one of 17.
FULLER = 0.03
FEWEST_WAVES = 30


@check(
    "intake/flattened",
    rationale="""Crests that were cut or rounded stay so when the level is lowered afterwards;
    the peak meter then shows headroom that is of no use.""",
)
def flattened(received: Surveyed) -> Iterator[Finding]:
    """The crests of the waveform are whole, also below full scale."""
    crest = received.survey.of(CrestFigures)
    channels = [channel for channel in range(len(crest.peaks)) if _is_cut(crest, channel)]
    if channels:
        yield from _cut(received, crest, channels)
    elif _is_round(crest):
        yield _rounded(crest)


def _is_cut(crest: CrestFigures, channel: int) -> bool:
    often = crest.n_flat[channel] * crest.middle_share[channel]
    often_below = crest.n_flat_below[channel] * crest.crest_share[channel]
    is_square = crest.flat_share[channel] >= SQUARE_SHARE
    return crest.n_flat[channel] > 0 and often >= MORE_OFTEN * often_below and not is_square


def _cut(received: Surveyed, crest: CrestFigures, channels: list[int]) -> Iterator[Finding]:
    lowered = [each for each in channels if abs(crest.peaks[each] - 1.0) > 1.0 - FULL_SCALE]
    if not lowered:
        return  # at full scale: intake/clipped says so
    n_runs = sum(crest.n_flat[each] for each in lowered)
    runs_per_s = n_runs / received.facts.duration_s
    if runs_per_s < WARN_RUNS_PER_S:
        severity = Severity.INFO
    else:
        severity = Severity.FAIL if runs_per_s >= FAIL_RUNS_PER_S else Severity.WARN
    rate_hz = received.facts.sample_rate_hz
    # The places are kept for the highest crests alone, and may be those of the other channel.
    places = crest.flat_places_samples
    where = f", first at {timecode(places[0], rate_hz)}" if places else ""
    peak_dbfs = 20.0 * log10(max(crest.peaks[each] for each in lowered))
    yield Finding(
        severity,
        "cut-below-full-scale",
        f"the crests are cut flat {n_runs} {'time' if n_runs == 1 else 'times'} at "
        f"{peak_dbfs:+.1f} dBFS{where}: clipped first, then its level was changed",
        time_s=places[0] / rate_hz if places else None,
        action="ask for a bounce with no plug-in of the mix bus driven into clipping; if this "
        "is meant: intent: {flattened: …}",
        evidence=Evidence(
            times_s=tuple(round(each / rate_hz, 3) for each in places),
            numbers=(
                ("flat_crests_per_s", round(runs_per_s, 3)),
                ("warns_from_per_s", WARN_RUNS_PER_S),
                ("fails_from_per_s", FAIL_RUNS_PER_S),
                ("level_dbfs", round(peak_dbfs, 2)),
            ),
            plot=_plot(crest),
        ),
    )


def _is_round(crest: CrestFigures) -> bool:
    return (
        min(crest.n_waves_high, crest.n_waves_middle) >= FEWEST_WAVES
        and max(crest.flat_share) < SQUARE_SHARE
        and crest.fill_high - crest.fill_middle >= FULLER
    )


def _rounded(crest: CrestFigures) -> Finding:
    excess = crest.fill_high - crest.fill_middle
    return Finding(
        Severity.INFO,
        "rounded",
        "advice: the tallest waves are fuller than those below them, where in music they are "
        "leaner; a saturator or soft clipper may be driven on the mix bus",
        action="ask what sits on the mix bus, and for a bounce without it",
        evidence=Evidence(
            numbers=(
                ("excess_fill_of_tallest_waves", round(excess, 3)),
                ("remarked_from_excess", FULLER),
                ("tallest_waves", float(crest.n_waves_high)),
            ),
            plot=_plot(crest),
        ),
    )


def _plot(crest: CrestFigures) -> Plot:
    """Return how often each level occurs, down to two octaves below the peak."""
    shares = np.array(crest.histogram)
    below_db = -20.0 * np.log10(2.0) * np.arange(len(shares))[::-1] / PER_OCTAVE
    levels = 10.0 * np.log10(np.maximum(shares, 1e-9))
    return Plot(
        x=tuple(np.round(below_db, 2).tolist()),
        y=tuple(np.round(levels, 2).tolist()),
        x_label="level below the peak, dB",
        y_label="share of samples, dB",
    )
