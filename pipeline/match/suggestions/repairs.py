"""Against what does not belong to the music: direct current, and hum."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from pipeline.match.suggestions.song import Song, Suggestion

# Never take more of a tone than so much over the hum: what is louder is a note.
OVER_HUM_DB = 3.0
LOUDEST_DBFS = -40.0


def direct_current(song: Song) -> Iterator[Suggestion]:
    """Suggest what brings a waveform back to its middle."""
    if song.has("dc_removal", "high_pass"):
        return
    for found in song.found("dc_offset", "offset"):
        yield Suggestion(
            "direct current",
            "dc_removal",
            {"below": "2 Hz"},
            f"the waveform stands {found['offset_dbfs']:.0f} dBFS beside zero",
            tuple(found.items()),
        )


def hum(song: Song) -> Iterator[Suggestion]:
    """Suggest notches on the hum of the mains, no deeper than it is loud."""
    if song.has("hum_removal"):
        return
    for found in song.found("hum", "hum"):
        if found["level_dbfs"] <= found["allowed_dbfs"]:
            continue
        up_to = min(ceil(found["level_dbfs"] + OVER_HUM_DB), LOUDEST_DBFS)
        yield Suggestion(
            "hum",
            "hum_removal",
            {"mains": f"{found['mains_hz']:g} Hz", "up_to": f"{up_to:g} dBFS"},
            f"{found['level_dbfs']:.0f} dBFS of {found['mains_hz']:g} Hz and its multiples "
            f"in the quietest passages",
            tuple(found.items()),
        )
