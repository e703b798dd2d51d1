import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.errors import SourceError
from pipeline.intake.probe import MixFacts, codec_name, probe

WriteMix = Callable[..., Path]


def test_the_header_is_among_the_facts(write_mix: WriteMix, noise: Audio) -> None:
    facts = probe(write_mix(noise, samplerate=44_100, subtype="PCM_24"), sha256="ab12")
    assert (facts.container, facts.subtype, facts.bits) == ("WAV", "PCM_24", 24)
    assert (facts.sample_rate_hz, facts.n_channels, facts.n_samples) == (44_100, 2, 96_000)
    assert facts.duration_s == 96_000 / 44_100
    assert (facts.is_float, facts.is_lossy, facts.is_length_declared) == (False, False, True)
    assert facts.sha256 == "ab12"


def test_float_is_told_from_integer_words(write_mix: WriteMix, noise: Audio) -> None:
    facts = probe(write_mix(noise, subtype="FLOAT"))
    assert (facts.is_float, facts.bits) == (True, 32)


def test_facts_survive_json(write_mix: WriteMix, noise: Audio) -> None:
    facts = probe(write_mix(noise), sha256="ab12")
    assert MixFacts.from_json(json.loads(json.dumps(facts.to_json()))) == facts


def test_facts_do_not_depend_on_name_or_place(write_mix: WriteMix, noise: Audio) -> None:
    assert probe(write_mix(noise, "a.wav")) == probe(write_mix(noise, "b/c.WAV"))


def test_the_peak_is_found_in_each_channel(write_mix: WriteMix, noise: Audio) -> None:
    audio = noise / 4
    audio[70_000, 0], audio[90_000, 1] = 0.5, -0.75
    facts = probe(write_mix(audio))
    assert facts.peaks == (0.5, 0.75)
    assert facts.peak_dbfs == pytest.approx(20 * np.log10(0.75))


def test_float_peaks_may_pass_full_scale(write_mix: WriteMix, noise: Audio) -> None:
    facts = probe(write_mix(noise * 4, subtype="DOUBLE"))
    assert facts.peak_dbfs == pytest.approx(20 * np.log10(4 * np.abs(noise).max()))


def test_digital_silence_is_known(write_mix: WriteMix) -> None:
    facts = probe(write_mix(np.zeros((100_000, 2))))
    assert facts.is_silent
    assert facts.peak_dbfs == -np.inf
    assert (facts.sound_start_samples, facts.sound_end_samples) == (0, 0)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    ends=st.lists(st.integers(0, 199_999), min_size=2, max_size=2, unique=True).map(sorted),
    channels=st.tuples(st.integers(0, 1), st.integers(0, 1)),
)
def test_sound_starts_and_ends_at_minus_70_dbfs(
    write_mix: WriteMix, ends: list[int], channels: tuple[int, int]
) -> None:
    audio = np.full((200_000, 2), 10**-3.51)  # -70.2 dBFS
    for place, channel in zip(ends, channels, strict=True):
        audio[place, channel] = -(10**-3.49)
    facts = probe(write_mix(audio, subtype="PCM_24"))
    assert (facts.sound_start_samples, facts.sound_end_samples) == (ends[0], ends[1] + 1)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT"])
@pytest.mark.parametrize("start", [0, 1000, 65_533, 65_534, 65_535, 65_536])
@pytest.mark.parametrize("sign", [1, -1])
def test_three_equal_samples_at_full_scale_are_clipped(
    write_mix: WriteMix, noise: Audio, subtype: str, start: int, sign: int
) -> None:
    audio = noise.copy()
    audio[start : start + 3, 1] = sign
    audio[80_000:80_002] = sign  # two in a row are a peak
    facts = probe(write_mix(audio, subtype=subtype))
    assert facts.n_clipped_runs == 1
    assert facts.first_clipped_sample == start + 2


def test_a_long_run_is_one_and_two_runs_are_two(write_mix: WriteMix, noise: Audio) -> None:
    audio = noise.copy()
    audio[60_000:70_000, 0] = 1.0
    audio[70_001:70_004, 0] = 1.0
    audio[62_000:62_005, 1] = -1.0
    assert probe(write_mix(audio)).n_clipped_runs == 3


def test_overs_in_float_are_not_clipped(write_mix: WriteMix, noise: Audio) -> None:
    assert probe(write_mix(noise * 4, subtype="FLOAT")).n_clipped_runs == 0


@pytest.mark.parametrize("place", [0, 63, 64, 95_999])
def test_two_equal_channels_are_dual_mono(
    write_mix: WriteMix, noise: Audio, place: int
) -> None:
    audio = noise[:, [0, 0]]
    assert probe(write_mix(audio)).is_dual_mono
    audio[place, 1] = -audio[place, 1] + 2**-15
    assert not probe(write_mix(audio)).is_dual_mono


def test_every_sample_that_is_no_number_is_counted(write_mix: WriteMix, noise: Audio) -> None:
    audio = noise.copy()
    audio[72_000, 0], audio[72_001], audio[90_000, 1] = np.nan, np.inf, -np.inf
    with pytest.raises(
        SourceError, match=r"3 samples are NaN or infinite, the first at 0:01.5"
    ):
        probe(write_mix(audio, subtype="FLOAT"))


@pytest.mark.parametrize(
    ("container", "subtype", "name"),
    [
        ("MP3", "MPEG_LAYER_III", "MP3"),
        ("OGG", "VORBIS", "Ogg Vorbis"),
        ("OGG", "OPUS", "Ogg Opus"),
        ("WAV", "ULAW", "WAV Ulaw"),
    ],
)
def test_a_lossy_mix_is_refused_unless_a_reason_waives_it(
    write_mix: WriteMix, noise: Audio, container: str, subtype: str, name: str
) -> None:
    path = write_mix(noise, "mix.lossy", format=container, subtype=subtype)
    with pytest.raises(SourceError) as caught:
        probe(path)
    assert f"is lossy ({name})" in caught.value.message
    assert "intent: {lossy_source: …}" in caught.value.hint
    facts = probe(path, lossy_waived=True)
    assert (facts.is_lossy, facts.bits, codec_name(facts)) == (True, 0, name)


def test_progress_is_told_up_to_the_end(write_mix: WriteMix, noise: Audio) -> None:
    told: list[float] = []
    probe(write_mix(noise), advanced=told.append)
    assert told == [65_536 / 96_000, 1.0]


def test_a_truncated_mix_is_refused(write_mix: WriteMix, noise: Audio) -> None:
    path = write_mix(noise)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(SourceError, match="promises 96000 samples, there are 95999 samples"):
        probe(path)


def test_importing_the_facts_imports_no_decoder() -> None:
    asked = "import sys, pipeline.intake.probe; sys.exit('soundfile' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0


def test_the_peaks_are_those_of_reading_at_once(write_mix: WriteMix, noise: Audio) -> None:
    path = write_mix(noise, "mix.flac", subtype="PCM_24")
    read, _ = soundfile.read(path)
    assert probe(path).peaks == tuple(np.abs(read).max(axis=0))
