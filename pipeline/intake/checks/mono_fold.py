"""What is lost when left and right are added."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Plot, Severity, check
from pipeline.intake.checks.polarity import inversion
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.stereo import StereoFigures

# Unrelated channels lose 3.0 LU, so more is lost only where they work against each other. Own
# measurements, 88 excerpts of game music: half lose up to 0.8 LU, 98 of 100 up to 3.3.
LOSS_LU = 4.0
BAND_LOSS_LU = 6.0
AUDIBLE_DB = 20.0  # bands so far under the strongest do not carry the mix


@check(
    "intake/mono_fold",
    rationale="""Phones, clubs and shops play mono: what stands against itself in left and
    right vanishes there.""",
)
def mono_fold(received: Surveyed) -> Iterator[Finding]:
    """Added to mono, the mix keeps its level in every band that carries it."""
    figures = received.survey.of(StereoFigures)
    if not figures.has_both or inversion(figures):
        return  # `intake/polarity` tells the cause
    lost = _lost_bands(figures)
    if not lost and figures.mono_loss_lu <= LOSS_LU:
        return
    yield Finding(
        # Two octaves that cancel are heard in four mixes of five only, so this stays advice.
        Severity.INFO,
        "lost-in-mono",
        f"advice: in mono the mix loses {figures.mono_loss_lu:.1f} LU{_where(figures, lost)}",
        action="listen in mono; ask for less stereo widening, or a mono-safe bounce",
        evidence=Evidence(
            numbers=(
                ("mono_loss_lu", round(figures.mono_loss_lu, 1)),
                ("mono_loss_limit_lu", LOSS_LU),
                ("band_loss_limit_lu", BAND_LOSS_LU),
            ),
            plot=Plot(
                figures.bands_hz,
                figures.band_losses_lu,
                "frequency, Hz",
                "loss in mono, LU",
                is_log_x=True,
                limit=BAND_LOSS_LU,
                marks=tuple(figures.bands_hz[band] for band in lost),
            ),
        ),
    )


def _lost_bands(figures: StereoFigures) -> list[int]:
    strongest_lufs = max(figures.band_levels_lufs)
    levels = zip(figures.band_losses_lu, figures.band_levels_lufs, strict=True)
    return [
        band
        for band, (loss_lu, level_lufs) in enumerate(levels)
        if loss_lu > BAND_LOSS_LU and level_lufs > strongest_lufs - AUDIBLE_DB
    ]


def _where(figures: StereoFigures, lost: list[int]) -> str:
    if not lost:
        return ""
    worst = max(lost, key=lambda band: figures.band_losses_lu[band])
    place = f"{figures.band_losses_lu[worst]:.0f} LU around {figures.bands_hz[worst]:.0f} Hz"
    if len(lost) == 1:
        return f", and {place}"
    low_hz, high_hz = (figures.bands_hz[band] for band in (lost[0], lost[-1]))
    return f", and up to {place} ({len(lost)} bands from {low_hz:.0f} to {high_hz:.0f} Hz)"
