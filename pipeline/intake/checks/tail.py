"""The last moments of a mix."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Plot, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.background import BackgroundFigures
from pipeline.intake.listeners.edges import STEP_S, EdgeFigures, mean_dbfs

LONGEST_SILENCE_S = 3.0
SOUND_DBFS = -60.0
OVER_NOISE_DB = 6.0
# A fade of 20 ms that ends with the file is 20 dB down in its last 4 ms; one that is shorter
# is no fade but a cut that does not click.
LEAST_FALL_DB = 20.0
N_LAST, N_END, N_BEFORE = (round(each / STEP_S) for each in (0.004, 0.02, 0.06))


@check(
    "intake/tail",
    rationale="""An export that stops early cuts the last reverb; one that stops late leaves
    silence that adds to every gap.""",
)
def tail(received: Surveyed) -> Iterator[Finding]:
    """The mix dies away before it ends, and ends soon after that.

    Where it runs into another track, or a trim or a fade ends it, it dies away elsewhere.
    """
    figures = received.survey.of(EdgeFigures)
    noise_dbfs = received.survey.of(BackgroundFigures).noise_dbfs
    if received.has_own_tail and _is_cut(figures, noise_dbfs):
        yield _cut(figures)
    silence_s = figures.tail_silence_s or 0.0
    if silence_s > LONGEST_SILENCE_S:
        yield Finding(
            Severity.INFO,
            "long-silence",
            f"{silence_s:.1f} s of silence behind the last sound; "
            f"up to {LONGEST_SILENCE_S:g} s is usual",
            time_s=received.facts.duration_s - silence_s,
            action="trim: silence takes it off, if it is not meant",
            evidence=Evidence(
                numbers=(("silence_s", silence_s), ("allowed_s", LONGEST_SILENCE_S))
            ),
        )


def _is_cut(figures: EdgeFigures, noise_dbfs: float | None) -> bool:
    levels = figures.tail_levels_dbfs
    if len(levels) < N_BEFORE:
        return False
    end_dbfs = mean_dbfs(levels[-N_END:])
    is_noise = noise_dbfs is not None and end_dbfs < noise_dbfs + OVER_NOISE_DB
    is_sounding = end_dbfs > SOUND_DBFS and not is_noise
    fall_db = mean_dbfs(levels[-N_BEFORE:-N_END]) - mean_dbfs(levels[-N_LAST:])
    return is_sounding and fall_db < LEAST_FALL_DB


def _cut(figures: EdgeFigures) -> Finding:
    levels = figures.tail_levels_dbfs
    end_dbfs = mean_dbfs(levels[-N_END:])
    where = ", and digital silence follows" if figures.tail_zeros_s else " before it dies away"
    times_ms = tuple(1000.0 * STEP_S * (i - len(levels)) for i in range(len(levels)))
    return Finding(
        Severity.WARN,
        "cut",
        f"the sound stops at {end_dbfs:.0f} dBFS{where}: the tail is cut off",
        action="ask for a bounce with a longer tail; if it goes on in the next song, write "
        "segue_from there; if it is meant to stop so: intent: {tail: …}",
        evidence=Evidence(
            numbers=(("last_20_ms_dbfs", round(end_dbfs, 1)), ("allowed_dbfs", SOUND_DBFS)),
            plot=Plot(
                times_ms, levels, "time before the end, ms", "level, dBFS", limit=SOUND_DBFS
            ),
        ),
    )
