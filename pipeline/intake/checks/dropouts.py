"""Digital silence in the middle of sound."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.decode import timecode
from pipeline.intake.listeners.silences import SilenceFigures

SOUND_DBFS = -50.0
LONGEST_DROPOUT_S = 0.5
# A buffer has 4096 samples at most, 93 ms at 44.1 kHz; what is longer may be a rest.
LONGEST_BUFFER_S = 0.1
# 170 pieces of game music, tracker modules among them, have rests of digital silence between
# sounds over -50 dBFS, but each is entered and left within 0.01 of zero; of a waveform that is
# cut at any place, 99 % leave a larger step on one side or the other (own measurements).
CUT_JUMP = 0.1
# More than that is a gate, a stutter, or a chip that rests between its notes: the music itself.
MOST_PER_MINUTE = 10.0
MOST_PLACES = 20
SAME_S = 0.005


@check(
    "intake/dropouts",
    rationale="""A buffer that ran empty, or a bad edit, leaves a hole in the waveform. On
    loudspeakers it is heard as a click, and no processing can fill it.""",
)
def dropouts(received: Surveyed) -> Iterator[Finding]:
    """The sound is nowhere cut out by digital silence."""
    figures = received.survey.of(SilenceFigures)
    holes, gaps = _holes(figures), _gaps(figures)
    minutes = max(1.0, received.facts.duration_s / 60.0)
    if len(holes) > MOST_PER_MINUTE * minutes:
        yield _gated(holes)
    elif holes:
        yield _dropouts(holes)
    if gaps:
        yield _gap(gaps)


Places = dict[float, float]
"""Length of each silence by its start, both in seconds."""


def _holes(figures: SilenceFigures) -> Places:
    return _places(
        figures,
        [
            i
            for i in _inside(figures)
            if figures.lengths_s[i] < LONGEST_DROPOUT_S
            and max(figures.jumps_out[i], figures.jumps_in[i]) >= CUT_JUMP
        ],
    )


def _gaps(figures: SilenceFigures) -> Places:
    return _places(
        figures, [i for i in _inside(figures) if figures.lengths_s[i] >= LONGEST_DROPOUT_S]
    )


def _places(figures: SilenceFigures, chosen: list[int]) -> Places:
    """Return silences in order of time; those of both channels at one place are one."""
    places: Places = {}
    last_s = -SAME_S
    for i in sorted(chosen, key=lambda i: figures.starts_s[i]):
        if figures.starts_s[i] - last_s >= SAME_S:
            last_s = figures.starts_s[i]
            places[last_s] = figures.lengths_s[i]
    return places


def _inside(figures: SilenceFigures) -> list[int]:
    return [
        i
        for i in range(len(figures.channels))
        if min(figures.before_dbfs[i], figures.behind_dbfs[i]) > SOUND_DBFS
    ]


def _dropouts(holes: Places) -> Finding:
    first = min(holes)
    times = "time" if len(holes) == 1 else "times"
    is_buffer = min(holes.values()) <= LONGEST_BUFFER_S
    return Finding(
        Severity.FAIL if is_buffer else Severity.WARN,
        "dropout",
        f"the sound drops out {len(holes)} {times}, first at {_place(first)} "
        f"for {holes[first] * 1000:.0f} ms",
        time_s=first,
        action="ask for a new bounce, made offline or with a larger buffer; "
        "if these are edits that are meant: intent: {dropouts: …}",
        evidence=_evidence(holes),
    )


def _gated(holes: Places) -> Finding:
    return Finding(
        Severity.INFO,
        "gated",
        f"the sound is cut by digital silence {len(holes)} times or more: so often that it may "
        "be a gate or a stutter",
        time_s=min(holes),
        action="advice: listen whether it is meant",
        evidence=_evidence(holes),
    )


def _gap(gaps: Places) -> Finding:
    first = min(gaps)
    return Finding(
        Severity.INFO,
        "gap",
        f"{gaps[first]:.1f} s of digital silence inside the piece, at {_place(first)}",
        time_s=first,
        action="listen whether the rest is meant to be that empty",
        evidence=_evidence(gaps),
    )


def _evidence(places: Places) -> Evidence:
    return Evidence(
        times_s=tuple(sorted(places))[:MOST_PLACES],
        numbers=(
            ("longest_s", max(places.values())),
            ("sound_around_over_dbfs", SOUND_DBFS),
        ),
    )


def _place(time_s: float) -> str:
    return timecode(round(time_s * 1000.0), 1000)
