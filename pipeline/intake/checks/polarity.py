"""One channel turned over against the other."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.stereo import StereoFigures

# Where both hold and the sum loses more than half its power, no one could have meant it.
FAIL_CORRELATION, FAIL_LOSS_LU = -0.5, 6.0
# Own measurements, 88 excerpts of a minute of game music: bass correlates by -0.08 at least and
# by 0.27 or more in nine of ten; one excerpt has a correlation under -0.2, with phases that
# agree by -0.84, and it loses 4.9 LU in mono.
FAIL_BASS, WARN_BASS = -0.3, -0.2
WARN_CORRELATION = -0.2
WARN_LIKENESS, WITH_CORRELATION = -0.3, -0.1
SURE_LIKENESS = -0.6
BASS_IN_PLACE = 0.15  # bass that goes together: not the channel is turned over, but parts


@check(
    "intake/polarity",
    rationale="""With one channel turned over the middle of the mix is gone in mono, sounds
    from nowhere on speakers, and its bass cannot be cut to vinyl.""",
)
def polarity(received: Surveyed) -> Iterator[Finding]:
    """Both channels swing the same way."""
    figures = received.survey.of(StereoFigures)
    severity = inversion(figures)
    if severity is None:
        return
    sure = "is" if severity is Severity.FAIL else "may be"
    yield Finding(
        severity,
        "inverted",
        f"left and right swing against each other: one channel {sure} turned over; "
        f"the mix loses {figures.mono_loss_lu:.0f} LU in mono",
        action="ask for a bounce with the polarity of one channel put right",
        evidence=Evidence(
            numbers=(
                ("correlation", round(figures.correlation, 3)),
                ("correlation_below_150_hz", round(figures.low_correlation, 3)),
                ("mono_loss_lu", round(figures.mono_loss_lu, 1)),
                ("mono_loss_limit_lu", FAIL_LOSS_LU),
            )
        ),
    )


def inversion(figures: StereoFigures) -> Severity | None:
    """Return how sure it is that one channel is turned over; `None` if nothing says so."""
    if not figures.has_both:
        return None
    whole, bass = figures.correlation, figures.low_correlation
    if bass > BASS_IN_PLACE:
        return None
    is_lost = whole < FAIL_CORRELATION and figures.mono_loss_lu > FAIL_LOSS_LU
    if is_lost or (bass < FAIL_BASS and whole < WARN_CORRELATION):
        return Severity.FAIL
    likeness = figures.likeness_at_zero
    speaks = (
        bass < WARN_BASS,
        whole < WARN_CORRELATION,
        whole < WITH_CORRELATION and likeness < WARN_LIKENESS,
        whole < 0.0 and likeness < SURE_LIKENESS,
    )
    return Severity.WARN if any(speaks) else None
