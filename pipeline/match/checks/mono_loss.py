"""Mono compatibility that mastering cost."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.mono_fold import LOSS_LU
from pipeline.intake.listeners.stereo import StereoFigures
from pipeline.match.mastered import Mastered

COST_LU = 1.0
LEAST_LOSS_LU = 2.0  # less is what any wide mix loses
SHOWN = 10


@check(
    "match/mono_loss",
    rationale="""Widening in mastering is paid in mono, where phones, clubs and shops play.""",
)
def mono_loss(mastered: Mastered) -> Iterator[Finding]:
    """Added to mono, the master loses no more than the mix does."""
    before, after = mastered.mix.of(StereoFigures), mastered.master.of(StereoFigures)
    cost_lu = after.mono_loss_lu - before.mono_loss_lu
    if not after.has_both or cost_lu < COST_LU or after.mono_loss_lu < LEAST_LOSS_LU:
        return
    passages = sorted(zip(after.passage_correlations, after.passages_s, strict=True))[:SHOWN]
    yield Finding(
        Severity.WARN if after.mono_loss_lu > LOSS_LU else Severity.INFO,
        "widened",
        f"in mono the master loses {after.mono_loss_lu:.1f} LU, the mix lost "
        f"{max(before.mono_loss_lu, 0.0):.1f}: the chain widens it",
        action="listen in mono; lower the width in the chain",
        evidence=Evidence(
            times_s=tuple(sorted(start_s for _, start_s in passages)),
            numbers=(
                ("mono_loss_lu", round(after.mono_loss_lu, 1)),
                ("mono_loss_of_mix_lu", round(before.mono_loss_lu, 1)),
                ("allowed_cost_lu", COST_LU),
            ),
        ),
    )
