"""Files side by side, and an album of them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from pipeline.dsp import Audio
from pipeline.dsp.loudness import LoudnessMeter, pooled_loudness
from pipeline.measure.figures import FileFigures
from pipeline.measure.files import Measured, Wish, measure_file, measure_files

RATE_HZ = 16_000
Write = Callable[[str, Audio], Path]
QUICK = Wish(is_quick=True)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes samples into a 24-bit file of the test's folder."""

    def written(name: str, audio: Audio) -> Path:
        soundfile.write(tmp_path / name, audio, RATE_HZ, subtype="PCM_24")
        return tmp_path / name

    return written


def song(seed: int, level: float, *, seconds: float = 7.0) -> Audio:
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((round(seconds * RATE_HZ), 2))
    audio: Audio = np.clip(level * noise * np.linspace(0.2, 1, len(noise))[:, None], -1, 1)
    return np.round(audio * 2**23) / 2**23 * (1 - 2**-20)


def measured(*paths: Path, wish: Wish = QUICK, jobs: int = 2) -> Measured:
    return measure_files(paths, wish, jobs=jobs)


def test_files_come_back_in_their_order_however_many_run_at_once(write: Write) -> None:
    paths = [write(f"{i}.wav", song(i, 0.02 * i + 0.02)) for i in range(5)]
    one, three = measured(*paths, jobs=1), measured(*paths, jobs=3)
    assert one == three
    assert [Path(each.file).name for each in one.files] == [path.name for path in paths]


def test_an_album_is_pooled_as_one_programme(write: Write) -> None:
    songs = [song(1, 0.05), song(2, 0.2), song(3, 0.1)]
    paths = [write(f"{i}.wav", each) for i, each in enumerate(songs)]
    album = measured(*paths, wish=Wish(is_quick=True, with_album=True)).album
    energies = []
    for each in songs:
        meter = LoudnessMeter(RATE_HZ, 2)
        meter.update(each)
        energies.append(meter.result().energies)
    assert album is not None
    assert album.integrated_lufs == pytest.approx(pooled_loudness(energies), abs=1e-4)
    assert album.loudest_track == str(paths[1])
    assert album.duration_s == pytest.approx(21.0)
    assert album.n_files == 3
    assert album.plr_db is not None


def test_a_file_that_cannot_be_used_does_not_stop_the_others(
    write: Write, tmp_path: Path
) -> None:
    wish = Wish(is_quick=True, with_album=True)
    found = measured(tmp_path / "none.wav", write("a.wav", song(1, 0.1)), wish=wish)
    assert len(found.files) == 1
    assert [each.where for each in found.problems] == [str(tmp_path / "none.wav")]
    assert found.album is None  # it would not be the album
    assert found.to_json()["problems"][0]["message"] == "does not exist"


def test_quick_figures_are_those_of_everything(write: Write) -> None:
    path = write("a.wav", song(4, 0.2))
    quick, full = measure_file(path, QUICK).to_row(), measure_file(path).to_row()
    known = {name: value for name, value in quick.items() if value is not None}
    assert known == {name: full[name] for name in known}
    assert {"psr_min_db", "dr", "correlation", "bits_in_use"} <= full.keys() - known.keys()


def test_everything_is_there_for_a_stereo_file(write: Write) -> None:
    figures = measure_file(write("a.wav", song(4, 0.2)), Wish(with_curves=True))
    undefined = {name for name, value in figures.to_row().items() if value is None}
    assert undefined == {"first_clipped_sample", "first_silent_gap_sample"}


def strict(figures: FileFigures) -> Any:
    """Return the figures as a reader of strict JSON sees them."""

    def refuse(word: str) -> None:
        raise AssertionError(word)

    return json.loads(json.dumps(figures.to_json()), parse_constant=refuse)


def test_silence_is_a_word_and_what_is_undefined_is_null(write: Write) -> None:
    found = strict(
        measure_file(write("a.wav", np.zeros((5 * RATE_HZ, 2))), Wish(with_curves=True))
    )
    for name in ("integrated_lufs", "max_short_term_lufs", "true_peak_dbtp", "rms_dbfs"):
        assert found[name] == "-inf"
    for name in ("loudness_range_lu", "plr_db", "psr_min_db", "dr", "correlation", "crest_db"):
        assert found[name] is None
    assert found["bits_in_use"] == 0
    assert found["third_octaves"][3]["level_dbfs"] == "-inf"
    assert found["curves"]["short_term_lufs"][0] == "-inf"
    assert found["curves"]["psr_db"][0] is None


def test_mono_in_stereo_has_no_sides(write: Write) -> None:
    found = strict(measure_file(write("a.wav", np.repeat(song(5, 0.1)[:, :1], 2, axis=1))))
    assert found["side_to_mid_db"] == "-inf"
    assert found["correlation"] == 1.0


def test_curves_are_as_long_as_the_programme(write: Write) -> None:
    curves = strict(measure_file(write("a.wav", song(6, 0.1)), Wish(with_curves=True)))[
        "curves"
    ]
    assert curves["hop_s"] == 0.1
    assert len(curves["momentary_lufs"]) == 67
    assert len(curves["short_term_lufs"]) == len(curves["psr_db"]) == 41
    assert len(curves["stereo"]["correlation"]) == 70
    n_bands = len(curves["third_octaves"]["correlation"][0])
    assert n_bands == len(strict(measure_file(write("a.wav", song(6, 0.1))))["third_octaves"])


def test_a_file_without_a_sample_is_refused(write: Write) -> None:
    (problem,) = measured(write("a.wav", np.zeros((0, 2)))).problems
    assert "0 samples" in problem.message


def test_a_short_file_has_peaks_but_no_loudness(write: Write) -> None:
    found = measure_file(write("a.wav", song(7, 0.1, seconds=0.3)))
    assert found.integrated_lufs is None
    assert math.isfinite(found.true_peak_dbtp)


@pytest.mark.parametrize("wish", [QUICK, Wish()])
def test_the_lfe_of_a_surround_file_is_not_heard(write: Write, wish: Wish) -> None:
    audio = np.repeat(song(8, 0.05)[:, :1], 6, axis=1)
    quiet = measure_file(write("a.wav", audio), wish)
    loud = measure_file(write("b.wav", audio * [1, 1, 1, 9, 1, 1]), wish)
    assert loud.integrated_lufs == pytest.approx(quiet.integrated_lufs, abs=1e-6)
    assert loud.sample_peak_dbfs > quiet.sample_peak_dbfs + 10
