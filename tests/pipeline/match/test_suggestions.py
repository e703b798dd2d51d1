from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import soundfile

from pipeline.dsp import Audio
from pipeline.dsp.biquad import Cascade, bell
from pipeline.dsp.stream import stream
from pipeline.findings import Finding, Severity
from pipeline.intake.checks import Surveyed, findings, survey_findings
from pipeline.intake.listeners.background import BackgroundFigures
from pipeline.intake.listeners.loudness import LoudnessFigures
from pipeline.intake.listeners.moments import MomentsFigures
from pipeline.intake.listeners.offset import OffsetFigures
from pipeline.intake.listeners.resonance import ResonanceFigures
from pipeline.intake.listeners.stereo import StereoFigures
from pipeline.intake.listeners.tone import ToneFigures
from pipeline.intake.listening import Format
from pipeline.intake.probe import probe
from pipeline.intake.survey import EARS, Survey, hear, survey
from pipeline.master.chain import build_chain, describe
from pipeline.master.checks import Worked, chain_findings
from pipeline.master.registry import parameters
from pipeline.match.suggestions import (
    Song,
    Suggestion,
    album_suggestions,
    chain_item,
    remark,
    suggestions,
)
from pipeline.spec.model import read_item

RATE_HZ = 48_000
TIME_S = np.arange(12 * RATE_HZ) / RATE_HZ
ESSES_S = (1.2, 4.3, 7.1, 10.4)
Hear = Callable[[Audio], Song]
Measure = Callable[[Survey], float]
Spoilt = Callable[[str], Song]


def shaped(audio: Audio, curve_db: Callable[[Any], Any]) -> Audio:
    hz = np.fft.rfftfreq(len(audio), 1.0 / RATE_HZ)
    gain = 10.0 ** (curve_db(np.maximum(hz, 1.0)) / 20.0)
    spectrum = np.fft.rfft(audio, axis=0) * gain[:, None]
    return np.asarray(np.fft.irfft(spectrum, n=len(audio), axis=0))


def within(low_hz: float, high_hz: float, gain_db: float) -> Callable[[Any], Any]:
    return lambda hz: gain_db * ((hz > low_hz) & (hz < high_hz))


@pytest.fixture(scope="module")
def programme() -> Audio:
    """Twelve seconds with the spectrum of a record: beats that die away, soft and loud."""
    noise = np.random.default_rng(8).normal(size=(len(TIME_S), 2))
    noise = np.column_stack((noise.sum(axis=1), noise @ [0.4, 1.0]))  # partly in common
    coloured = shaped(noise, lambda hz: -6.0 * np.log2(hz / 1000.0) - 30.0 * (hz < 40.0))
    loud = np.where(TIME_S % 4.0 < 3.0, 0.4, 1.0)
    music = coloured * (10.0 ** (-(TIME_S % 0.5)) * loud)[:, None]
    return np.asarray(music * (0.25 / np.abs(music).max()))


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Hear:
    """Return what hears a mix and judges it, as `check` does."""
    path = tmp_path_factory.mktemp("mixes") / "mix.wav"

    def hear_mix(audio: Audio) -> Song:
        soundfile.write(path, audio, RATE_HZ, subtype="FLOAT")
        surveyed = Surveyed(probe(path), survey=survey(path))
        return Song(surveyed.survey, (*findings(surveyed), *survey_findings(surveyed)))

    return hear_mix


@pytest.fixture(scope="module")
def spoilt(programme: Audio, heard: Hear) -> Spoilt:
    """Return what hears the programme with a fault, once."""

    @cache
    def spoil(fault: str) -> Song:
        return heard(FAULTS[fault][0](programme))

    return spoil


def against(topic: str, found: tuple[Suggestion, ...]) -> Suggestion:
    (wanted,) = (each for each in found if each.topic.startswith(topic))
    return wanted


def test_a_mix_with_nothing_wrong_gets_nothing(programme: Audio, heard: Hear) -> None:
    assert suggestions(heard(programme)) == ()


def subsonic_db(found: Survey) -> float:
    figures = found.of(BackgroundFigures)
    return figures.subsonic_dbfs - figures.all_dbfs


def sub_db(found: Survey) -> float:
    tone = found.of(ToneFigures)
    return tone.between(19, 41) - tone.between(60, 130)


def bass_db(found: Survey) -> float:
    tone = found.of(ToneFigures)
    return tone.between(60, 130) - tone.between(199, 2100)


def boom_db(found: Survey) -> float:
    tone = found.of(ToneFigures)
    return tone.between(95, 105) - tone.between(119, 400)


def ringing_db(found: Survey) -> float:
    return max(each.gain_db for each in found.of(ResonanceFigures).resonances)


def air_db(found: Survey) -> float:
    tone = found.of(ToneFigures)
    return tone.between(7900, 17_000) - tone.between(990, 4100)


def build_up_db(found: Survey) -> float:
    tone = found.of(ToneFigures)
    levels = [
        tone.between(1990, 5100, of=of)
        - 0.5 * (tone.between(630, 1590, of=of) + tone.between(6300, 10_500, of=of))
        for of in ("loudest_db", "softer_db")
    ]
    return levels[0] - levels[1]


def sharpest_db(found: Survey) -> float:
    return max(found.of(MomentsFigures).sibilant_over_db)


def range_lu(found: Survey) -> float:
    return found.of(LoudnessFigures).loudness_range_lu or 0.0


def offset(found: Survey) -> float:
    return max(abs(each) for each in found.of(OffsetFigures).means)


def bass_lost_in_mono(found: Survey) -> float:
    return -found.of(StereoFigures).low_correlation


def rumbling(music: Audio) -> Audio:
    rumble = shaped(np.random.default_rng(1).normal(size=music.shape), within(6, 16, 0.0))
    rumble = shaped(rumble, lambda hz: np.where((hz > 6) & (hz < 16), 0.0, -200.0))
    return np.asarray(music + rumble * (0.03 / rumble.std()))


def with_sub(music: Audio) -> Audio:
    return shaped(0.05 * music, within(22.0, 38.0, 44.0))


def booming(music: Audio) -> Audio:
    return shaped(music, within(89.0, 112.0, 13.0))


def ringing(music: Audio) -> Audio:
    ring = Cascade([bell(1500.0, 16.0, 10.0, sample_rate_hz=RATE_HZ)])
    return np.asarray(ring.process(np.array(music, order="C")))


def harsh(music: Audio) -> Audio:
    lifted = shaped(music, within(2000.0, 5000.0, 12.0))
    return np.where((TIME_S % 4.0 >= 3.0)[:, None], lifted, music)


def hissing(music: Audio) -> Audio:
    ess = shaped(
        np.random.default_rng(3).normal(size=music.shape),
        lambda hz: np.where((hz > 5200.0) & (hz < 8600.0), 0.0, -90.0),
    )
    on = sum((place <= TIME_S) & (place + 0.12 > TIME_S) for place in ESSES_S)
    return np.asarray(music + (0.05 / ess.std()) * ess * np.asarray(on)[:, None])


def soft_and_loud(music: Audio) -> Audio:
    # The loudness range looks at windows of 3 s, and at nothing 20 LU below the mean.
    steady = music / np.where(TIME_S % 4.0 < 3.0, 0.4, 1.0)[:, None]
    return steady * np.where(TIME_S < 8.7, 10.0 ** (-24.0 / 20.0), 1.0)[:, None]


def with_a_wide_bass(music: Audio) -> Audio:
    side = shaped(
        np.random.default_rng(4).normal(size=(len(music), 1)),
        lambda hz: np.where((hz > 30) & (hz < 120), 0.0, -120.0),
    )
    return np.asarray(music + side * (0.021 / side.std()) * [1.0, -1.0])


FAULTS: dict[str, tuple[Callable[[Audio], Audio], Measure, float]] = {
    "direct current": (lambda music: music + 0.01, offset, 0.005),
    "rumble": (rumbling, subsonic_db, 6.0),
    "rumble below": (with_sub, sub_db, 2.0),
    "bass": (lambda music: shaped(music, within(60, 125, 8.0)), bass_db, 0.7),
    "boom": (booming, boom_db, 0.5),
    "a resonance": (ringing, ringing_db, 1.0),
    "a bright top": (lambda m: shaped(m, lambda hz: 9.0 * (hz > 6500)), air_db, 1.0),
    "harshness": (harsh, build_up_db, 0.3),
    "esses": (hissing, sharpest_db, 1.0),
    "a wide range": (soft_and_loud, range_lu, 1.0),
    "a wide bass": (with_a_wide_bass, bass_lost_in_mono, 0.15),
}


EARS_OF: dict[Measure, str] = {
    offset: "offset",
    subsonic_db: "background",
    ringing_db: "resonance",
    sharpest_db: "moments",
    range_lu: "loudness",
    bass_lost_in_mono: "stereo",
}


def worked(audio: Audio, suggestion: Suggestion, ear: str) -> Survey:
    """Return what one listener hears of a mix behind the processor that was suggested."""
    chain = build_chain(describe([chain_item(suggestion)]), RATE_HZ)
    done = np.concatenate(list(stream([np.ascontiguousarray(audio)], chain)))
    wanted = Format(RATE_HZ, 2, len(done), 0, is_float=True)
    return hear(iter([done]), wanted, ears=tuple(each for each in EARS if each.name == ear))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_met_with_a_move_that_lessens_it(
    programme: Audio, spoilt: Spoilt, fault: str
) -> None:
    spoil, measure, least = FAULTS[fault]
    song = spoilt(fault)
    found = suggestions(song)
    suggestion = against(fault.removesuffix(" below"), found)
    assert suggestion.numbers
    mended = worked(spoil(programme), suggestion, EARS_OF.get(measure, "tone"))
    assert measure(song.survey) - measure(mended) > least
    # And all of them together need no guard rail.
    chain = tuple(chain_item(each) for each in found)
    assert not chain_findings(Worked(chain), track="tide", intent={})


@pytest.mark.parametrize("fault", FAULTS)
def test_what_the_chain_does_already_is_not_suggested_again(spoilt: Spoilt, fault: str) -> None:
    song = spoilt(fault)
    chain = tuple(chain_item(each) for each in suggestions(song))
    again = suggestions(Song(song.survey, song.findings, chain))
    assert not [each for each in again if each.topic.startswith(fault.removesuffix(" below"))]


@pytest.mark.parametrize("fault", FAULTS)
def test_every_move_is_small(spoilt: Spoilt, fault: str) -> None:
    for each in suggestions(spoilt(fault)):
        match each.written:
            case {"eq": band}:
                ((_, settings),) = band.items()
                assert 0.5 <= abs(float(settings["gain"].removesuffix(" dB"))) <= 2.0
            case {"dynamic_eq": {"bands": {"range": moved}}}:
                assert moved == "-2 dB"
            case {"compressor": {"range": moved}} | {"deesser": {"range": moved}}:
                assert moved == "2 dB"
            case _:
                assert each.processor in {"dc_removal", "high_pass", "mono_bass"}


def test_equalisers_of_chain_and_suggestions_stay_within_the_guard_rails(
    programme: Audio, heard: Hear
) -> None:
    song = heard(shaped(programme, within(60, 125, 14.0)))
    assert against("bass", suggestions(song)).settings["low_shelf"]["gain"] == "-2 dB"
    own = read_item({"eq": {"low_shelf": {"at": "30 Hz", "gain": "-2.5 dB"}}}, parameters())
    both = suggestions(Song(song.survey, song.findings, (own,)))
    chain = (own, *(chain_item(each) for each in both))
    assert not chain_findings(Worked(chain), track="tide", intent={})
    assert [each for each in both if each.topic == "bass"]


def test_hum_is_taken_no_deeper_than_it_is_loud(programme: Audio, heard: Hear) -> None:
    hum = sum(0.003 * np.sin(2 * np.pi * each * 50.0 * TIME_S) for each in (1, 2, 3))
    rests = programme * (TIME_S % 6.0 < 3.0)[:, None]
    song = heard(rests + np.asarray(hum)[:, None])
    suggestion = against("hum", suggestions(song))
    assert suggestion.settings["mains"] == "50 Hz"
    up_to_dbfs = float(suggestion.settings["up_to"].removesuffix(" dBFS"))
    loudest_dbfs = 20.0 * np.log10(0.003)
    assert loudest_dbfs < up_to_dbfs < loudest_dbfs + 12.0


def test_a_written_reason_is_an_answer(spoilt: Spoilt) -> None:
    song = spoilt("rumble")
    waived = [
        Finding(
            each.severity, each.code, each.message, each.check, "", waived="meant",
            evidence=each.evidence,
        )
        for each in song.findings
    ]  # fmt: skip
    assert suggestions(Song(song.survey, waived)) == ()


def test_what_every_song_needs_is_said_once_for_the_album(
    programme: Audio, heard: Hear, spoilt: Spoilt
) -> None:
    rumble, plain = spoilt("rumble"), spoilt("a bright top")
    both = heard(shaped(rumbling(programme), within(60, 125, 8.0)))
    found = album_suggestions({"a": rumble, "b": both, "c": rumble})
    assert [each.topic for each in found.album] == ["rumble"]
    assert found.album[0].reason.startswith("in all 3 songs")
    assert {name: [each.topic for each in own] for name, own in found.songs.items()} == {
        "a": [],
        "b": ["bass"],
        "c": [],
    }
    assert album_suggestions({"a": rumble, "b": plain, "c": rumble}).album == ()
    assert album_suggestions({"a": rumble, "b": rumble}).album == ()


def test_a_dense_mix_is_told_that_it_may_do_without_its_compressor(
    programme: Audio, heard: Hear
) -> None:
    compressor = read_item({"compressor": {"threshold": "-18 dB", "ratio": "2"}}, parameters())
    steady = np.random.default_rng(2).normal(0.0, 0.1, programme.shape).clip(-0.2, 0.2)
    song = heard(steady)
    assert "compressed already" in remark(Song(song.survey, (), (compressor,)))
    assert not remark(song)
    assert not remark(Song(heard(programme).survey, (), (compressor,)))


def test_advice_on_what_may_be_cymbals_is_not_acted_on(spoilt: Spoilt) -> None:
    song = spoilt("esses")
    soft = [
        Finding(Severity.INFO, each.code, each.message, each.check, evidence=each.evidence)
        for each in song.findings
    ]
    assert not [each for each in suggestions(Song(song.survey, soft)) if each.topic == "esses"]
