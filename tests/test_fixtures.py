"""The example record's audio: made here, the same each time, and fit to be mastered."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from formats.artwork import describe_artwork
from pipeline.dsp.meter import Measurement, Meter
from pipeline.master.registry import parameters
from pipeline.spec.loader import load

SCRIPT = Path(__file__).parent.parent / "fixtures" / "make_audio.py"
SHORTEST = "06 Ghost Ship.wav"

Mix = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_audio", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def takes(maker: ModuleType) -> dict[str, Any]:
    return {take.names[0]: take for take in maker._takes()}


@pytest.fixture
def quick(maker: ModuleType, takes: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """A record that costs nothing, two mixes and a cover; `recordings` counts its takes."""

    class Quick:
        recordings = 0

    def perform(rng: np.random.Generator) -> tuple[Mix, ...]:
        Quick.recordings += 1
        noise = 0.1 * rng.standard_normal((2, 4_800, 2), dtype=np.float32)
        return noise[0], noise[1]

    take = replace(takes[SHORTEST], names=("one.wav", "two.wav"), perform=perform)
    monkeypatch.setattr(maker, "_takes", lambda: (take,))
    monkeypatch.setattr("synth.cover.cover", lambda: b"picture")
    return Quick


def measured(mix: Mix, sample_rate_hz: int) -> Measurement:
    audio = mix.reshape(len(mix), -1).astype(np.float64)
    meter = Meter(sample_rate_hz, audio.shape[1], dual_mono=audio.shape[1] == 1)
    meter.update(audio)
    return meter.result()


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def level_dbfs(audio: Mix) -> float:
    return float(10 * np.log10(np.mean(audio.astype(np.float64) ** 2)))


# --- the songs ------------------------------------------------------------------------------


def assert_fit_to_be_mastered(mix: Mix, sample_rate_hz: int) -> None:
    figures = measured(mix, sample_rate_hz)
    seconds = len(mix) / sample_rate_hz
    assert 30 <= seconds <= 60
    assert -6.0 <= figures.sample_peak_dbfs <= -3.0
    assert figures.plr_db is not None
    assert 10.0 <= figures.plr_db <= 16.0
    assert figures.n_clipped_runs == 0
    assert abs(mix.mean()) < 0.003


@pytest.mark.parametrize(
    ("name", "quieter_at_first_db"),
    [
        ("01 Slipway.wav", 6.0),
        ("04 Lamplight.wav", 10.0),
        ("05 Dry Dock.wav", 6.0),
        (SHORTEST, 4.0),
    ],
)
def test_a_song_has_headroom_dynamics_and_a_quiet_intro(
    takes: dict[str, Any], name: str, quieter_at_first_db: float
) -> None:
    take = takes[name]
    (mix,) = take.mixes()
    rate = take.sample_rate_hz
    assert_fit_to_be_mastered(mix, rate)
    middle = mix[len(mix) // 2 : len(mix) // 2 + 8 * rate]
    assert level_dbfs(mix[: 6 * rate]) < level_dbfs(middle) - quieter_at_first_db


def test_tide_ends_on_the_sample_on_which_undertow_begins(takes: dict[str, Any]) -> None:
    take = takes["02 Tide.wav"]
    tide, undertow = take.mixes()
    rate = take.sample_rate_hz
    for mix in (tide, undertow):
        assert_fit_to_be_mastered(mix, rate)
    assert len(tide) % (rate // 75) == 0, "the cut falls between two sectors"
    # Sound goes on through the cut: neither a fade, nor silence, nor a step.
    ends = (tide[-rate // 20 :], undertow[: rate // 20])
    assert min(map(level_dbfs, ends)) > -30.0
    joined = np.abs(np.diff(np.concatenate(ends), axis=0))
    assert np.all(joined[rate // 20 - 1] <= joined.max(axis=0) / 2)


def test_one_song_is_at_44_1_khz_and_one_is_mono(takes: dict[str, Any]) -> None:
    rates = [take.sample_rate_hz for take in takes.values() for _ in take.names]
    assert sorted(rates) == [44_100] + 5 * [48_000]
    assert takes[SHORTEST].mixes()[0].ndim == 1


def test_the_same_seed_gives_the_same_file_in_another_process(
    maker: ModuleType, takes: dict[str, Any]
) -> None:
    ((_, here),) = maker._recorded(takes[SHORTEST])
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import make_audio as m; "
        "take = next(t for t in m._takes() if t.names[0] == sys.argv[2]); "
        "print(m.sha256(next(iter(m._recorded(take)))[1]))"
    )
    command = [sys.executable, "-c", code, str(SCRIPT.parent), SHORTEST]
    there = subprocess.run(command, capture_output=True, text=True, check=True)
    assert there.stdout.strip() == maker.sha256(here)


def test_another_seed_gives_another_performance(takes: dict[str, Any]) -> None:
    take = takes[SHORTEST]
    (mix,), (other,) = take.mixes(), replace(take, seed=take.seed + 1).mixes()
    assert mix.shape == other.shape
    assert not np.array_equal(mix, other)


def test_the_example_names_the_mixes_that_are_made(maker: ModuleType) -> None:
    tracks = load(maker.EXAMPLE, processors=parameters()).spec.tracks.values()
    made = [f"mixes/{name}" for take in maker._takes() for name in take.names]
    assert [track.mix.text for track in tracks if track.mix] == made


@pytest.mark.usefixtures("maker")
def test_the_cover_is_a_square_picture_that_shops_take() -> None:
    cover = importlib.import_module("synth.cover").cover
    data = cover()
    artwork = describe_artwork(data, "image/png")
    assert artwork.is_square
    assert artwork.width >= 1_600
    assert cover() == data


# --- the folder -----------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_a_record_is_its_spec_its_mixes_and_its_cover(
    maker: ModuleType, tmp_path: Path
) -> None:
    maker.make_record(tmp_path)
    made = contents(tmp_path)
    assert set(made) == {
        "album.yaml", "art/cover.png", "mixes/one.wav", "mixes/two.wav", maker.MADE,
    }  # fmt: skip
    assert made["album.yaml"] == maker.EXAMPLE.read_bytes()
    facts = soundfile.info(tmp_path / "mixes/one.wav")
    assert (facts.subtype, facts.samplerate) == ("PCM_24", 48_000)


def test_a_second_run_records_nothing(maker: ModuleType, quick: Any, tmp_path: Path) -> None:
    maker.make_record(tmp_path)
    before = contents(tmp_path)
    again = maker.make_record(tmp_path)
    assert (quick.recordings, again.n_made, again.kept) == (1, 0, [])
    assert contents(tmp_path) == before


def test_a_missing_mix_is_made_again_and_its_neighbour_left_alone(
    maker: ModuleType, quick: Any, tmp_path: Path
) -> None:
    maker.make_record(tmp_path)
    before = contents(tmp_path)
    (tmp_path / "mixes/two.wav").unlink()
    assert maker.make_record(tmp_path).n_made == 1
    assert quick.recordings == 2
    assert contents(tmp_path) == before


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", ["album.yaml", "mixes/two.wav", "art/cover.png"])
def test_what_somebody_changed_is_kept_and_named(
    maker: ModuleType, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    maker.make_record(tmp_path)
    (tmp_path / name).write_bytes(b"mine")
    assert maker.main([str(tmp_path)]) == 0
    assert f"{tmp_path / name}: changed" in capsys.readouterr().out
    assert (tmp_path / name).read_bytes() == b"mine"


def test_another_recipe_records_again(
    maker: ModuleType, quick: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker.make_record(tmp_path)
    monkeypatch.setattr(maker, "_recipe", lambda: "another")
    assert maker.make_record(tmp_path).n_made == 3
    assert quick.recordings == 2


def test_a_wrong_call_says_how_to_call(
    maker: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert maker.main([]) == 2
    assert "make_audio.py FOLDER" in capsys.readouterr().err


# --- the tiny album -------------------------------------------------------------------------


def test_the_tiny_album_loads_and_has_three_tracks_that_a_cd_takes(
    maker: ModuleType, tmp_path: Path
) -> None:
    loaded = load(maker.write_tiny_album(tmp_path), processors=parameters())
    assert loaded.remarks == ()
    assert {each.kind for each in loaded.spec.deliverables.values()} == {"cd_image", "files"}
    assert len(loaded.spec.tracks) == 3
    for track in loaded.spec.tracks.values():
        audio, rate = soundfile.read(track.source.path, dtype="float32")
        assert 4.0 <= len(audio) / rate <= 5.0
        figures = measured(audio, rate)
        assert -20.0 < figures.sample_peak_dbfs < 0.0
        assert figures.integrated_lufs is not None
        assert figures.integrated_lufs > -30.0


def test_the_tiny_albums_loudness_survives_44_1_khz_and_mp3(maker: ModuleType) -> None:
    for mix in maker._tiny_mixes().values():
        spectrum = np.abs(np.fft.rfft(mix, axis=0)) ** 2
        treble = spectrum[round(15_000 * len(mix) / maker.TINY_RATE_HZ) :]
        assert treble.sum() < 1e-4 * spectrum.sum()


def test_the_tiny_album_is_the_same_each_time(maker: ModuleType, tmp_path: Path) -> None:
    for name in ("a", "b"):
        maker.write_tiny_album(tmp_path / name)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
