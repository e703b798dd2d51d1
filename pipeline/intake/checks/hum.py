"""Mains hum under the music."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log10
from statistics import median

from pipeline.findings import Evidence, Finding, Plot, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.background import BackgroundFigures

MAINS_HZ = (50.0, 60.0)
HARMONICS = range(1, 7)
# Large grids keep within 0.2 Hz (EN 50160, 4.2.1, allows 0.5 Hz); G1 is 49.0 Hz and B1 61.7 Hz.
# Two partials must agree: those of bass and timpani that come near do not (own measurements).
TOLERANCE_HZ = 0.25
AGREEMENT_HZ = 0.1
LEAST_PROMINENCE_DB = 15.0
LEAST_HARMONICS = 2
NEAR_HZ = (3.5, 9.0)
"""The neighbourhood that a partial must stand out from."""
LOUDEST_DBFS = -30.0
"""A tone above is part of the music."""
WARN_DBFS = -70.0
"""Below, hum is not heard at any usual level of listening (a figure of experience)."""
INFO_DBFS = -90.0
MOST_PLOT_POINTS = 200


@dataclass(frozen=True, slots=True)
class _Partial:
    number: int
    mains_hz: float
    level_dbfs: float


@check(
    "intake/hum",
    rationale="""Hum from the mains hides in the mix, and comes out where a compressor lifts
    the quiet passages.""",
)
def hum(received: Surveyed) -> Iterator[Finding]:
    """No tone of 50 or 60 Hz, nor its multiples, stands in the quietest passages."""
    figures = received.survey.of(BackgroundFigures)
    for nominal_hz in MAINS_HZ:
        partials = _partials(figures, nominal_hz)
        if len(partials) >= LEAST_HARMONICS:
            level_dbfs = _sum_dbfs(partials)
            if INFO_DBFS < level_dbfs < LOUDEST_DBFS:
                yield _hum(figures, nominal_hz, partials, level_dbfs)


def _partials(figures: BackgroundFigures, nominal_hz: float) -> list[_Partial]:
    """Return the partials that speak of the same mains as the strongest."""
    found = [_partial(figures, number, nominal_hz) for number in HARMONICS]
    partials = [each for each in found if each is not None]
    if not partials:
        return []
    strongest = max(partials, key=lambda each: each.level_dbfs)
    return [
        each for each in partials if abs(each.mains_hz - strongest.mains_hz) <= AGREEMENT_HZ
    ]


def _partial(figures: BackgroundFigures, number: int, nominal_hz: float) -> _Partial | None:
    levels, bin_hz = figures.quiet_spectrum_db, figures.tone_bin_hz
    place_hz = number * nominal_hz
    if not levels or (place_hz + NEAR_HZ[1]) / bin_hz > len(levels) - 2:
        return None
    middle, reach = round(place_hz / bin_hz), int(NEAR_HZ[1] / bin_hz)
    peak = max(range(middle - 1, middle + 2), key=lambda i: levels[i])
    near = [
        levels[i]
        for i in range(middle - reach, middle + reach + 1)
        if abs(i * bin_hz - place_hz) >= NEAR_HZ[0]
    ]
    is_peak = levels[peak] >= max(levels[peak - 1], levels[peak + 1])
    if not is_peak or levels[peak] - median(near) < LEAST_PROMINENCE_DB:
        return None
    mains_hz = (peak + _top(levels[peak - 1 : peak + 2])) * bin_hz / number
    if abs(mains_hz - nominal_hz) > TOLERANCE_HZ:
        return None
    return _Partial(number, mains_hz, levels[peak])


def _top(levels: tuple[float, ...]) -> float:
    """Return where the parabola through three levels has its top, in bins from the middle."""
    left, middle, right = levels
    bend = left - 2.0 * middle + right
    return 0.5 * (left - right) / bend if bend < 0.0 else 0.0


def _sum_dbfs(partials: list[_Partial]) -> float:
    return 10.0 * log10(sum(10.0 ** (each.level_dbfs / 10.0) for each in partials))


def _hum(
    figures: BackgroundFigures,
    nominal_hz: float,
    partials: list[_Partial],
    level_dbfs: float,
) -> Finding:
    mains_hz = median(each.mains_hz for each in partials)
    multiples = ", ".join(f"{each.number * nominal_hz:g}" for each in partials)
    return Finding(
        Severity.WARN if level_dbfs > WARN_DBFS else Severity.INFO,
        "hum",
        f"mains hum of {level_dbfs:.0f} dBFS in the quietest passages, at {multiples} Hz",
        action="ask which track hums, and for a bounce with it cleaned or muted in its rests",
        evidence=Evidence(
            numbers=(
                ("level_dbfs", round(level_dbfs, 1)),
                ("allowed_dbfs", WARN_DBFS),
                ("mains_hz", round(mains_hz, 2)),
            ),
            plot=_plot(figures, partials),
        ),
    )


def _plot(figures: BackgroundFigures, partials: list[_Partial]) -> Plot:
    levels = figures.quiet_spectrum_db
    n_each = -(-len(levels) // MOST_PLOT_POINTS)
    starts = range(0, len(levels), n_each)
    return Plot(
        tuple(round(i * figures.tone_bin_hz, 1) for i in starts),
        tuple(max(levels[i : i + n_each]) for i in starts),
        "frequency, Hz",
        "level in the quietest passages, dBFS",
        marks=tuple(round(each.number * each.mains_hz, 1) for each in partials),
    )
