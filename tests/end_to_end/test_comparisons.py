"""An album whose folder holds what mix engineers send: copies, loud ones, takes, alternates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.signal import butter, sosfilt

from pipeline.build.check import check_album
from pipeline.build.session import Settings
from pipeline.dsp import Audio
from pipeline.dsp.resample import Resampler
from pipeline.findings import Finding, Severity
from pipeline.intake.checks import ALBUM_CHECKS
from tests.conftest import Listener

RATE_HZ = 48_000
SECONDS = 8
OF_ALBUMS = {each.id for each in ALBUM_CHECKS}

SPEC = """\
album: {title: T, artist: A}
tracks:
  rain: {title: Rain, mix: mixes/01 Rain.wav}
  snow: {title: Snow, mix: mixes/02 Snow v3.wav}
  fog: {title: Fog, mix: mixes/03 Fog.wav}
  mist: {title: Mist, mix: mixes/04 Mist.wav}
  dusk: {title: Dusk, mix: mixes/05 Dusk.wav}
  # Two parts of one recording are no duplicates.
  side: {title: Side, mix: mixes/side.wav, trim: {from: 0 s, to: 4 s}}
  other: {title: Other side, mix: mixes/side.wav, trim: {from: 4 s}}
"""


def song(seed: int) -> Audio:
    """Return five parts of noise at five pitches and places, each with a rhythm of its own."""
    rng = np.random.default_rng(seed)
    n_samples = SECONDS * RATE_HZ
    mixed = rng.normal(0.0, 0.002, (n_samples, 2))
    for place, low_hz in zip(
        (0.5, 0.2, 0.9, 0.4, 0.7), (80, 250, 600, 1_200, 2_200), strict=True
    ):
        band = butter(2, (low_hz, 2.5 * low_hz), "bandpass", fs=RATE_HZ, output="sos")
        loud = np.repeat(rng.uniform(0.05, 1.0, n_samples // 6_000) ** 2, 6_000)
        part = sosfilt(band, rng.normal(0.0, 0.15, n_samples)) * loud
        mixed += np.column_stack((part * np.sqrt(1.0 - place), part * np.sqrt(place)))
    return np.asarray(0.5 * mixed / np.abs(mixed).max())


def limited(audio: Audio, gain_db: float) -> Audio:
    """Return audio that is so much louder, its peaks held where they were."""
    louder, most = audio * 10.0 ** (gain_db / 20.0), float(np.abs(audio).max())
    wanted = np.minimum(1.0, most / np.maximum(np.abs(louder).max(axis=1), 1e-9))
    gain = uniform_filter1d(minimum_filter1d(wanted, 481), 241)
    return np.asarray(louder * gain[:, None])


def write(folder: Path, name: str, audio: Audio, rate_hz: int = RATE_HZ) -> None:
    soundfile.write(folder / "mixes" / name, audio, rate_hz, subtype="PCM_24")


def write_stems(folder: Path, title: str, mix: Audio, *, share: float) -> None:
    """Part a mix into two stems; less than a whole `share` leaves a part of it out."""
    high = sosfilt(butter(2, 500.0, "highpass", fs=RATE_HZ, output="sos"), mix, axis=0)
    write(folder, f"{title} - Vocals.wav", share * high)
    write(folder, f"{title} - Bass.wav", mix - high)


def fill(folder: Path) -> None:
    (folder / "mixes").mkdir()
    (folder / "album.yaml").write_text(SPEC, encoding="utf-8")
    rain, snow, fog, dusk = (song(seed) for seed in range(4))
    write(folder, "01 Rain.wav", rain)
    write(folder, "01 Rain LOUD.wav", limited(rain, 6.0))
    write(folder, "02 Snow v3.wav", limited(snow, 4.0))
    write(folder, "02 Snow v4.wav", snow)
    write(folder, "03 Fog.wav", fog)
    without_middle = fog - 0.5 * fog.mean(axis=1, keepdims=True)
    write(folder, "03 Fog (Instrumental).wav", np.roll(without_middle, 4_800, axis=0))
    write(folder, "03 Fog Drums.wav", fog[: -RATE_HZ // 2])
    write(folder, "03 Fog Bass.wav", fog * 0.3)
    write(folder, "Fog for the band.wav", 0.9 * fog[:, ::-1])
    quarter = np.zeros((RATE_HZ // 4, 2))
    write(folder, "04 Mist.wav", 0.7 * np.concatenate((quarter, rain)))
    resampler = Resampler(RATE_HZ, 44_100, 2)
    write(
        folder,
        "05 Dusk.wav",
        np.concatenate((resampler.process(dusk), resampler.flush())),
        44_100,
    )
    write(folder, "05 Dusk mix 7.wav", song(10))
    write(folder, "side.wav", song(11))
    write_stems(folder, "Rain", rain, share=1.0)
    write_stems(folder, "Side", song(11), share=0.8)
    (folder / "mixes" / "broken.wav").write_bytes(
        (folder / "mixes" / "01 Rain.wav").read_bytes()[:9_999]
    )


def findings_of(folder: Path, heard: Listener) -> tuple[Finding, ...]:
    checked = check_album(folder / "album.yaml", settings=Settings(), teller=heard)
    return tuple(each for each in checked.checked.findings if each.check in OF_ALBUMS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("received")
    fill(made)
    return made


@pytest.fixture(scope="module")
def found(folder: Path) -> tuple[Finding, ...]:
    return findings_of(folder, Listener())


@pytest.mark.parametrize(
    ("track", "code", "severity", "words"),
    [
        ("rain", "limited-one-beside", Severity.INFO, "01 Rain LOUD.wav beside is this mix"),
        ("snow", "limited-one-used", Severity.WARN, "02 Snow v4.wav lies beside"),
        (
            "fog",
            "apart",
            Severity.WARN,
            "03 Fog (Instrumental).wav starts 100 ms late",
        ),
        ("fog", "apart", Severity.WARN, "stem 03 Fog Drums.wav is 0.50 s too short"),
        ("fog", "other-way-round", Severity.WARN, "way round in Fog for the band.wav"),
        ("mist", "same-audio", Severity.FAIL, "as `Rain`, -3.1 dB, 0.250 s later"),
        ("dusk", "other-rate", Severity.WARN, "44.1 kHz, most of the album has 48 kHz"),
        ("dusk", "two-files", Severity.WARN, "05 Dusk mix 7.wav lies beside and claims"),
        ("side", "sum-differs", Severity.INFO, "the 2 stems beside add up to the mix but for"),
        ("", "not-read", Severity.INFO, "mixes/broken.wav lies beside"),
    ],
)
def test_what_was_sent_twice_is_told(
    found: tuple[Finding, ...], track: str, code: str, severity: Severity, words: str
) -> None:
    told = [each for each in found if (each.track, each.code) == (track, code)]
    assert any(words in each.message and each.severity == severity for each in told), told


def test_nothing_else_is_told(found: tuple[Finding, ...]) -> None:
    assert len(found) == 10, [each.message for each in found]


def test_the_reduction_of_the_limiter_is_measured(found: tuple[Finding, ...]) -> None:
    by_code = {each.code: dict(each.evidence.numbers) for each in found}
    assert by_code["limited-one-beside"]["reduction_db"] == pytest.approx(6.0, abs=0.3)
    assert by_code["limited-one-used"]["reduction_db"] == pytest.approx(4.0, abs=0.3)


def test_the_second_time_hears_nothing_again(folder: Path, found: tuple[Finding, ...]) -> None:
    again = Listener()
    assert findings_of(folder, again) == found
    # What cannot be read has no result to be kept.
    assert {step.name for step in again.steps} <= {"mixes/broken.wav/probe"}


def test_more_files_than_four_a_track_are_counted_but_not_heard(tmp_path: Path) -> None:
    (tmp_path / "mixes").mkdir()
    (tmp_path / "album.yaml").write_text(
        "album: {title: T, artist: A}\ntracks: {rain: {title: Rain, mix: mixes/rain.wav}}\n",
        encoding="utf-8",
    )
    write(tmp_path, "rain.wav", song(0))
    for number in range(6):
        write(tmp_path, f"take{number}.wav", song(0)[:1_000])
    (left_out,) = findings_of(tmp_path, Listener())
    assert left_out.message.startswith("2 more audio files lie beside the mixes")
