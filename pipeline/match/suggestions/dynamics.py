"""Against contrasts that are lost wherever music is not listened to in silence."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.intake.listeners.loudness import LoudnessFigures
from pipeline.match.suggestions.song import Song, Suggestion

# A house value: of 77 pieces, most of an orchestra's among them, one has more.
WIDE_LU = 20.0
DENSE_DB = 10.0  # where `intake/limited` begins to tell of it
_COMPRESSORS = ("compressor", "multiband")


def wide_range(song: Song) -> Iterator[Suggestion]:
    """Suggest a gentle compressor where soft and loud lie very far apart."""
    loudness = song.survey.of(LoudnessFigures)
    range_lu, loud_lufs = loudness.loudness_range_lu, loudness.loud_passages_lufs
    if range_lu is None or loud_lufs is None or range_lu <= WIDE_LU or is_dense(song):
        return
    if song.has(*_COMPRESSORS):
        return
    # Peaks stand some 10 dB over the loudness: so it works in the loud passages, and rests
    # below them.
    threshold_db = min(max(round(loud_lufs + 2.0), -60), 0)
    yield Suggestion(
        "a wide range",
        "compressor",
        {
            "threshold": f"{threshold_db} dB",
            "ratio": "1.5",
            "attack": "30 ms",
            "knee": "10 dB",
            "range": "2 dB",
        },
        f"soft and loud lie {range_lu:.0f} LU apart, {WIDE_LU:g} LU are much",
        (("loudness_range_lu", round(range_lu, 1)), ("allowed_range_lu", WIDE_LU)),
        is_last=True,
    )


def is_dense(song: Song) -> bool:
    """Whether a mix is compressed already."""
    plr_db = song.survey.of(LoudnessFigures).plr_db
    return plr_db is not None and plr_db < DENSE_DB


def remark(song: Song) -> str:
    """Return what is to be said of the dynamics of a mix and its chain; may be empty."""
    if not is_dense(song) or not song.has(*_COMPRESSORS):
        return ""
    plr_db = song.survey.of(LoudnessFigures).plr_db or 0.0
    return (
        f"its peaks stand only {plr_db:.1f} dB over its loudness: it is compressed already, "
        "and may do without the compressor in its chain"
    )
