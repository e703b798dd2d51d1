"""What is heard between two marks of a segment."""

import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.dsp.cells import CellMeter, Cells
from pipeline.dsp.limiter import Limiter, LimiterSettings
from pipeline.dsp.loudness import LoudnessMeter
from pipeline.dsp.stream import Chain, stream
from pipeline.dsp.truepeak import CELL_SAMPLES
from pipeline.match.limited import Match, Song, heard_lufs, outcome

RATE_HZ = 48_000


def programme(seconds: float, seed: int) -> Audio:
    """Return noise that swells and falls, at about -20 dBFS."""
    rng = np.random.default_rng(seed)
    n_samples = round(seconds * RATE_HZ / CELL_SAMPLES) * CELL_SAMPLES
    swell = 0.6 + 0.4 * np.sin(np.arange(n_samples) / RATE_HZ * 1.3 + seed)
    return rng.normal(0.0, 0.1, (n_samples, 2)) * swell[:, None]


def cells_of(audio: Audio) -> Cells:
    meter = CellMeter(RATE_HZ, 2)
    meter.update(audio)
    return meter.result()


def measured_lufs(audio: Audio) -> float:
    meter = LoudnessMeter(RATE_HZ, 2)
    meter.update(audio)
    found = meter.result().integrated_lufs
    assert found is not None
    return found


def test_a_song_alone_is_heard_as_it_leaves_the_limiter() -> None:
    song = Song("a", cells_of(programme(8.0, 1)), gain_db=12.0)
    limiter = LimiterSettings(ceiling_dbtp=-1.0)
    alone = outcome([song], 0, limiter=limiter).reading_lufs(Match.INTEGRATED)
    heard = heard_lufs([song], 0, song.stop_cell, limiter=limiter, is_before_silence=False)
    assert heard == pytest.approx(alone, abs=0.001)


@pytest.mark.parametrize("is_before_silence", [False, True])
def test_the_gap_that_follows_in_a_file_is_heard_with_it(is_before_silence: bool) -> None:
    audio = programme(4.0, 2)
    song = Song("a", cells_of(audio))
    heard = heard_lufs(
        [song], 0, song.stop_cell, limiter=None, is_before_silence=is_before_silence
    )
    silence = np.zeros((2 * RATE_HZ * is_before_silence, 2))
    assert heard == pytest.approx(measured_lufs(np.concatenate((audio, silence))), abs=0.02)


def test_between_two_marks_both_songs_of_an_overlap_are_heard_behind_the_limiter() -> None:
    one, other = programme(8.0, 3), programme(8.0, 4)
    start = 6 * RATE_HZ // CELL_SAMPLES
    songs = [
        Song("a", cells_of(one), gain_db=3.0),
        Song("b", cells_of(other), start_cell=start, gain_db=4.0),
    ]
    settings = LimiterSettings(ceiling_dbtp=-1.0)
    mixed = np.zeros((start * CELL_SAMPLES + len(other), 2))
    mixed[: len(one)] += one * 10 ** (3 / 20)
    mixed[start * CELL_SAMPLES :] += other * 10 ** (4 / 20)
    limiter = Chain([Limiter(settings, sample_rate_hz=RATE_HZ, n_channels=2)])
    limited = np.concatenate(list(stream([mixed], limiter)))
    heard = heard_lufs(
        songs, start, songs[1].stop_cell, limiter=settings, is_before_silence=False
    )
    assert heard == pytest.approx(measured_lufs(limited[start * CELL_SAMPLES :]), abs=0.05)


def test_silence_is_heard_as_nothing() -> None:
    song = Song("a", cells_of(np.zeros((RATE_HZ, 2))))
    assert heard_lufs([song], 0, song.stop_cell, limiter=None, is_before_silence=False) is None
