"""Buffers that were played twice."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.decode import timecode
from pipeline.intake.listeners.repeats import RepeatFigures

# The last bits of a fade-out repeat by chance, and chips repeat their waveform; both have few
# different samples: 2 to 9 in blocks of 64 and more, in 170 pieces (own measurements). Music
# has a different one at nearly every place.
LEAST_VALUES = 0.5
"""Different samples in a block, as a fraction of its length."""
MOST_TIMES = 20
"""A waveform that repeats more often than that is a steady tone."""
MOST_PLACES = 20


@check(
    "intake/repeated_blocks",
    rationale="""When a computer is too slow, the sound card or the bounce plays the last
    buffer again: a stutter of some milliseconds that is easily missed.""",
)
def repeated_blocks(received: Surveyed) -> Iterator[Finding]:
    """No block of samples is played twice."""
    figures = received.survey.of(RepeatFigures)
    found = [i for i in range(len(figures.starts_s)) if _is_stutter(figures, i)]
    if not found:
        return
    starts_s = tuple(figures.starts_s[i] for i in found)
    size = figures.sizes_samples[found[0]]
    place = timecode(round(starts_s[0] * 1000.0), 1000)
    times = "time" if len(found) == 1 else "times"
    yield Finding(
        Severity.WARN,
        "stutter",
        f"a block of samples is played again {len(found)} {times}, first at {place} "
        f"({size} samples)",
        time_s=starts_s[0],
        action="ask for a new bounce, made offline or with a larger buffer",
        evidence=Evidence(
            times_s=starts_s[:MOST_PLACES], numbers=(("block_samples", float(size)),)
        ),
    )


def _is_stutter(figures: RepeatFigures, i: int) -> bool:
    size = figures.sizes_samples[i]
    return (
        figures.n_values[i] >= LEAST_VALUES * size
        and figures.lengths_samples[i] <= MOST_TIMES * size
    )
