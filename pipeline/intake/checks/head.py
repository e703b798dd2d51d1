"""The first moments of a mix."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Plot, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.edges import STEP_S, EdgeFigures, mean_dbfs

LONGEST_SILENCE_S = 0.5
MOST_ZEROS_S = 0.01
"""Some workstations put a few milliseconds of delay compensation in front."""
# The rest is own measurements: cuts at any place of 100 pieces against their real beginnings.
SOUND_DBFS = -50.0
LEAST_JUMP = 0.05
MOST_RISE_DB = 10.0
MOST_FALL_DB = 12.0
N_ONSET = round(0.02 / STEP_S)


@check(
    "intake/head",
    rationale="""An export that starts a moment late cuts the attack of the first note; one
    that starts early leaves silence that adds to every gap.""",
)
def head(received: Surveyed) -> Iterator[Finding]:
    """The mix begins with the onset of its sound, after half a second of silence at most.

    Where another track runs into it, or a trim or a fade begins it, the onset is elsewhere.
    """
    figures = received.survey.of(EdgeFigures)
    if received.has_own_head and _is_cut(figures):
        yield _cut(figures)
    silence_s = figures.head_silence_s or 0.0
    if silence_s > LONGEST_SILENCE_S:
        yield Finding(
            Severity.INFO,
            "long-silence",
            f"{silence_s:.2f} s of silence before the first sound; "
            f"up to {LONGEST_SILENCE_S:g} s is usual",
            time_s=0.0,
            action="trim: silence takes it off, if it is not meant",
            evidence=Evidence(
                numbers=(("silence_s", silence_s), ("allowed_s", LONGEST_SILENCE_S))
            ),
        )


def _is_cut(figures: EdgeFigures) -> bool:
    """Whether sound is there at once, and goes on as if it had been there before.

    A hit that begins with the file swells from zero, or dies away soon.
    """
    levels = figures.head_levels_dbfs
    if figures.head_zeros_s > MOST_ZEROS_S or len(levels) < 2 * N_ONSET:
        return False
    onset_dbfs = mean_dbfs(levels[:N_ONSET])
    return (
        levels[0] > SOUND_DBFS
        and figures.head_jump >= LEAST_JUMP
        and levels[0] >= onset_dbfs - MOST_RISE_DB
        and mean_dbfs(levels[N_ONSET:]) >= onset_dbfs - MOST_FALL_DB
    )


def _cut(figures: EdgeFigures) -> Finding:
    levels = figures.head_levels_dbfs
    return Finding(
        Severity.WARN,
        "cut",
        f"the sound is there at once, at {levels[0]:.0f} dBFS from the first sample on: "
        "the head may be cut off",
        time_s=0.0,
        action="ask for a bounce that starts a little earlier; if it continues the song "
        "before, write segue_from; if it is meant to start so: intent: {head: …}",
        evidence=Evidence(
            times_s=(0.0,),
            numbers=(("first_2_ms_dbfs", levels[0]), ("silent_below_dbfs", SOUND_DBFS)),
            plot=_plot(levels),
        ),
    )


def _plot(levels: tuple[float, ...]) -> Plot:
    times_ms = tuple(1000.0 * STEP_S * i for i in range(len(levels)))
    return Plot(times_ms, levels, "time, ms", "level, dBFS", limit=SOUND_DBFS)
