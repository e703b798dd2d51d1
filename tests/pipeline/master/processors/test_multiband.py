import re
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.signal import butter, sosfilt, tf2sos

from pipeline.dsp import Audio
from pipeline.master.processors.multiband import BandCompressor, Multiband, add_change

RATE_HZ = 48_000
TIME_S = np.arange(2 * RATE_HZ) / RATE_HZ
NOISE = np.random.default_rng(5).normal(0.0, 0.2, (40_000, 2))
AT_HZ = (100.0, 500.0, 4_000.0, 9_000.0)
PHASES = ("linear", "minimum")
OFF = {"threshold": "off"}


def make(*bands: dict[str, str], rate_hz: int = RATE_HZ, **written: Any) -> BandCompressor:
    """Return a multiband compressor; the bands' edges are the first of `AT_HZ`."""
    spec = [{"up_to": f"{at} Hz"} | band for at, band in zip(AT_HZ, bands[:-1], strict=False)]
    return Multiband.model_validate({"bands": [*spec, bands[-1]]} | written).make(rate_hz)


def run(compressor: BandCompressor, signal: Audio, edges: list[int] | None = None) -> Audio:
    cuts = edges or [0, len(signal)]
    parts = [compressor.process(signal[start:end]) for start, end in pairwise(cuts)]
    out = np.concatenate((*parts, compressor.flush()))
    assert len(out) == len(signal) + compressor.latency_samples
    return out[compressor.latency_samples :]


def tone(frequency_hz: float, level_dbfs: float) -> npt.NDArray[np.float64]:
    return np.asarray(10 ** (level_dbfs / 20) * np.sin(2 * np.pi * frequency_hz * TIME_S))


def stereo(mono: npt.NDArray[np.float64]) -> Audio:
    return np.column_stack((mono, mono))


def level_db(samples: Audio, frequency_hz: float) -> float:
    """Return the level of a tone in the second second of both channels."""
    spectrum = np.fft.rfft(samples[RATE_HZ:, 0]) / (RATE_HZ / 2)
    return float(20 * np.log10(np.abs(spectrum[round(frequency_hz)])))


@pytest.mark.parametrize("n_bands", [2, 3, 4, 5])
def test_at_rest_linear_bands_keep_every_bit(n_bands: int) -> None:
    quiet = [{"threshold": "-6 dB"}, OFF, *3 * [{"threshold": "-12 dB"}]][:n_bands]
    np.testing.assert_array_equal(run(make(*quiet), 0.1 * NOISE), 0.1 * NOISE)


@pytest.mark.parametrize("n_bands", [2, 3, 4, 5])
def test_at_rest_minimum_phase_bands_null_against_the_all_passed_input(n_bands: int) -> None:
    quiet = [{"threshold": "-6 dB"}, OFF, *3 * [{"threshold": "-12 dB"}]][:n_bands]
    turned = 0.1 * NOISE
    for each in AT_HZ[: n_bands - 1]:
        poles = butter(2, each, fs=RATE_HZ)[1]
        turned = sosfilt(tf2sos(poles[::-1], poles), turned, axis=0)
    left = run(make(*quiet, phase="minimum"), 0.1 * NOISE) - turned
    assert np.abs(left).max() < 10 ** (-100 / 20)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(("number", "wanted_db"), [(0, 6.0), (1, 5.08), (2, 6.0)])
def test_a_band_is_held_back_by_its_own_curve_and_no_other(
    number: int, wanted_db: float, phase: str
) -> None:
    """Of 220 Hz 7.5 % lie in the neighbours, which do not hold it back, but hear it."""
    tones_hz = (20.0, 220.0, 5_000.0)
    bands = [OFF, OFF, OFF]
    bands[number] = {"threshold": "-30 dB", "ratio": "2", "knee": "0 dB", "range": "20 dB"}
    bands[number] |= {"release": "5 s"}  # so that 20 Hz are one level, not forty peaks
    song = stereo(sum((tone(hz, -18.0) for hz in tones_hz), 0 * TIME_S))
    out = run(make(*bands, phase=phase), song)
    lost_db = [level_db(song, hz) - level_db(out, hz) for hz in tones_hz]
    assert lost_db.pop(number) == pytest.approx(wanted_db, abs=0.2)
    assert lost_db == pytest.approx([0.0, 0.0], abs=0.3)


@pytest.mark.parametrize("phase", PHASES)
def test_range_bounds_a_band_and_gain_comes_after(phase: str) -> None:
    band = {"threshold": "-40 dB", "ratio": "10", "range": "3 dB", "gain": "2 dB"}
    compressor = make(OFF, OFF, band, phase=phase)
    song = stereo(tone(5_000.0, -6.0))
    lost = level_db(song, 5_000.0) - level_db(run(compressor, song), 5_000.0)
    assert lost == pytest.approx(1.0, abs=0.02)
    ((title, activity),) = compressor.activities
    assert title == "from 500 Hz"
    assert activity.max_db == pytest.approx(3.0, abs=1e-4)


@pytest.mark.parametrize("phase", PHASES)
def test_gain_alone_lifts_a_band(phase: str) -> None:
    song = stereo(tone(10.0, -30.0) + tone(8_000.0, -30.0))
    compressor = make(OFF, OFF, OFF | {"gain": "3 dB"}, phase=phase)
    out = run(compressor, song)
    assert level_db(out, 8_000.0) - level_db(song, 8_000.0) == pytest.approx(3.0, abs=0.02)
    assert level_db(out, 10.0) - level_db(song, 10.0) == pytest.approx(0.0, abs=0.02)
    assert [each.max_db for _, each in compressor.activities] == [0.0]


def test_the_activity_of_each_band_is_told() -> None:
    bands = [{"threshold": "-30 dB"}, OFF, {"threshold": "-36 dB"}]
    compressor = make(*bands)
    run(compressor, stereo(tone(40.0, -12.0) + tone(6_000.0, -12.0)))
    (low_title, low), (high_title, high) = compressor.activities
    assert (low_title, high_title) == ("up to 100 Hz", "from 500 Hz")
    assert high.max_db > low.max_db > 2.0


def test_every_band_is_called_by_where_it_begins_and_ends() -> None:
    bands = [OFF | {"up_to": "120 Hz"}, OFF | {"up_to": "4 kHz"}, OFF]
    three, two = (Multiband.model_validate({"bands": each}) for each in (bands, bands[1:]))
    assert three.titles == ["up to 120 Hz", "120 Hz to 4000 Hz", "from 4000 Hz"]
    assert two.titles == ["up to 4000 Hz", "from 4000 Hz"]


@pytest.mark.parametrize("phase", PHASES)
def test_linked_channels_keep_their_balance_and_unlinked_ones_move_alone(phase: str) -> None:
    song = np.column_stack((tone(1_000.0, -10.0), tone(1_000.0, -50.0)))
    band = {"threshold": "-30 dB", "ratio": "2"}
    linked = run(make(OFF, OFF, band, phase=phase), song)
    np.testing.assert_allclose(linked[:, 1], linked[:, 0] / 100, rtol=1e-6, atol=1e-9)
    alone = run(make(OFF, OFF, band, phase=phase, link="0 %"), song)
    assert abs(alone[RATE_HZ:, 1]).max() == pytest.approx(10 ** (-50 / 20), rel=0.001)
    assert abs(alone[RATE_HZ:, 0]).max() < 0.8 * abs(song[:, 0]).max()


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("link", ["100 %", "40 %"])
@given(cuts=st.lists(st.integers(0, len(NOISE)), max_size=8))
@settings(max_examples=10, deadline=None)
def test_any_block_cut_gives_the_same_samples(cuts: list[int], link: str, phase: str) -> None:
    bands = [{"threshold": "-30 dB"}, OFF, {"threshold": "-24 dB", "release": "60 ms"}]
    one, many = (make(*bands, link=link, phase=phase) for _ in range(2))
    np.testing.assert_array_equal(
        run(many, NOISE, [0, *sorted(cuts), len(NOISE)]), run(one, NOISE)
    )
    assert many.activities == one.activities
    assert max(each.max_db for _, each in one.activities) > 1.0


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("n_samples", [0, 1, 4_096, 13_184])
def test_the_shortest_programmes_keep_their_length(n_samples: int, phase: str) -> None:
    song = NOISE[:n_samples]
    out = run(make(OFF, {"threshold": "-40 dB"}, phase=phase), song)
    assert out.shape == song.shape


@pytest.mark.parametrize("phase", PHASES)
def test_digital_silence_is_kept(phase: str) -> None:
    assert not run(make({"threshold": "-80 dB"}, OFF, phase=phase), 0.0 * NOISE).any()


@pytest.mark.parametrize(
    ("bands", "message"),
    [
        ([OFF, OFF], "band 1 has no up_to, and is not the last"),
        (
            [{"up_to": "1 kHz"} | OFF, {"up_to": "4 kHz"} | OFF],
            "the last band reaches up to 4000 Hz; leave its up_to out, or add the band above",
        ),
        (
            [{"up_to": "4 kHz"} | OFF, {"up_to": "1 kHz"} | OFF, OFF],
            "the band up to 1000 Hz comes after that up to 4000 Hz; write them from low to",
        ),
    ],
)
def test_bands_that_do_not_follow_one_another_are_explained(
    bands: list[dict[str, str]], message: str
) -> None:
    with pytest.raises(ValidationError, match=re.escape(message)):
        Multiband.model_validate({"bands": bands})


@pytest.mark.parametrize("n_bands", [1, 6])
def test_there_are_two_to_five_bands(n_bands: int) -> None:
    inner = [{"up_to": f"{200 * n} Hz"} | OFF for n in range(1, n_bands)]
    with pytest.raises(ValidationError, match=r"at (least 2|most 5) items"):
        Multiband.model_validate({"bands": [*inner, OFF]})


@pytest.mark.parametrize("n_detectors", [1, 2])
def test_the_plain_kernel_does_what_the_compiled_one_does(n_detectors: int) -> None:
    part, reduction_db = NOISE[:200], 10.0 * np.abs(NOISE[200:400, :n_detectors])
    results = []
    for add in (add_change, add_change.py_func):
        out = np.ones((200, 2))
        add(part, reduction_db.copy(), 1.2, out)
        results.append(out)
    np.testing.assert_allclose(results[0], results[1], rtol=0, atol=1e-12)
