"""Mixes whose spectrum stands apart from the album's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.findings import Evidence, Finding, Plot, Severity, check
from pipeline.intake.checks.received import ReceivedAlbum
from pipeline.intake.listeners.tone import ToneFigures
from pipeline.intake.verdict import TONE, needs

# Own measurements: on an album by one band, smoothed over an octave, 97 % of all bands from
# 60 Hz to 12 kHz lie within 3 dB of the album's median; more than 4 dB over two octaves is
# heard as another record. A collection of many composers differs by more all over, so a track
# must also stand out from the album's own spread.
APART_DB = 4.0
LEAST_BANDS = 6
TIMES_THE_SPREAD = 2.0
LEAST_TRACKS = 3
LOW_HZ, HIGH_HZ = 60.0, 12_900.0
SMOOTHING_BANDS = 3
TILT_TO_TELL_DB_PER_OCTAVE = 0.3
EDGES_HZ = {"below 120 Hz": (60, 130), "at 200–800 Hz": (190, 830), "at 2–5 kHz": (1900, 5100),
            "above 8 kHz": (7900, 13_000)}  # fmt: skip

Row = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Distance:
    """How far a track's spectrum is from the median of the others, at equal loudness."""

    centres_hz: Row
    apart_db: Row

    @property
    def rms_db(self) -> float:
        return float(np.sqrt((self.apart_db**2).mean()))

    @property
    def tilt_db_per_octave(self) -> float:
        return float(np.polyfit(np.log2(self.centres_hz), self.apart_db, 1)[0])

    def between(self, low_hz: float, high_hz: float) -> float:
        inside = (self.centres_hz >= low_hz) & (self.centres_hz < high_hz)
        return float(self.apart_db[inside].mean()) if inside.any() else 0.0


@check(
    "intake/album_tone",
    rationale="""Tracks that follow one another are heard against one another: a dark one
    among bright ones sounds broken, though alone it does not.""",
)
def album_tone(album: ReceivedAlbum) -> Iterator[Finding]:
    """No mix is more than 4 dB from the others over two octaves."""
    figures = {
        name: tone
        for name, each in album.tracks.items()
        if (tone := each.survey.of(ToneFigures)).heard_s and tone.centres_hz[-1] > HIGH_HZ
    }
    if len(figures) < LEAST_TRACKS:
        return
    distances = _distances(figures)
    spread_db = float(np.median([each.rms_db for each in distances.values()]))
    for name, each in distances.items():
        n_apart = int(np.count_nonzero(np.abs(each.apart_db) > APART_DB))
        if n_apart >= LEAST_BANDS and each.rms_db > TIMES_THE_SPREAD * spread_db:
            yield _finding(name, each, spread_db)


def _distances(figures: Mapping[str, ToneFigures]) -> dict[str, _Distance]:
    # Rates differ, so the highest bands do too: those that are compared are there in all.
    inside = {name: _inside(each) for name, each in figures.items()}
    curves = {
        name: _smooth(np.array(each.levels_db)[inside[name]]) - each.loudness_lufs
        for name, each in figures.items()
    }
    return {
        name: _Distance(
            np.array(figures[name].centres_hz)[inside[name]],
            curve
            - np.median([each for other, each in curves.items() if other != name], axis=0),
        )
        for name, curve in curves.items()
    }


def _inside(tone: ToneFigures) -> npt.NDArray[np.bool_]:
    centres_hz = np.array(tone.centres_hz)
    compared: npt.NDArray[np.bool_] = (centres_hz >= LOW_HZ) & (centres_hz <= HIGH_HZ)
    return compared


def _smooth(levels_db: Row) -> Row:
    """Return the mean of each band and its neighbours; the ends stand for what is missing."""
    padded = np.pad(levels_db, SMOOTHING_BANDS // 2, mode="edge")
    return np.convolve(padded, np.full(SMOOTHING_BANDS, 1.0 / SMOOTHING_BANDS), mode="valid")


def _finding(track: str, distance: _Distance, spread_db: float) -> Finding:
    largest = float(np.abs(distance.apart_db).max())
    return Finding(
        Severity.INFO,  # advice: no figures yet of how often it is wrong on whole albums
        "apart",
        f"advice: the spectrum stands apart from the album's: {_words(distance)}",
        track=track,
        action="ask for a mix nearer to the others, or say under intent: {album_tone: …} "
        "that it is meant",
        evidence=Evidence(
            numbers=(
                ("distance_db", round(distance.rms_db, 1)),
                ("album_distance_db", round(spread_db, 1)),
                ("tilt_db_per_octave", round(distance.tilt_db_per_octave, 2)),
                ("largest_db", round(largest, 1)),
                ("allowed_db", APART_DB),
                *needs(TONE, largest - APART_DB / 2),
            ),
            plot=Plot(
                tuple(distance.centres_hz.tolist()),
                tuple(np.round(distance.apart_db, 1).tolist()),
                "frequency, Hz",
                "level against the album's median, dB",
                is_log_x=True,
                limit=APART_DB,
            ),
        ),
    )


def _words(distance: _Distance) -> str:
    """Return the distance as one says it: ``0.9 dB/oct darker …, 6 dB less above 8 kHz``."""
    tilt = distance.tilt_db_per_octave
    parts = []
    if abs(tilt) >= TILT_TO_TELL_DB_PER_OCTAVE:
        parts.append(f"{abs(tilt):.1f} dB/oct {'brighter' if tilt > 0 else 'darker'}")
    for where, (low_hz, high_hz) in EDGES_HZ.items():
        apart = distance.between(low_hz, high_hz)
        if abs(apart) >= APART_DB:
            parts.append(f"{abs(apart):.0f} dB {'more' if apart > 0 else 'less'} {where}")
    return f"{', '.join(parts) or 'another colour'} than the others"
