"""Each sentence of "Semantics that must not be guessed" and its neighbours, quoted, proved."""

from __future__ import annotations

import itertools
import json
import math
import shutil
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from formats.cue import CueSheet
from formats.payload import payload_digest
from pipeline.assemble.cd import StartOffset, lay_out_cd
from pipeline.assemble.timeline import Join, Take, lay_out
from pipeline.dsp.dither import Quantiser
from pipeline.dsp.limiter import Limiter, LimiterSettings
from pipeline.dsp.truepeak import TruePeakMeter
from pipeline.errors import SpecError
from pipeline.findings import Severity

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.dsp import Audio
    from pipeline.report.data import EditionReport, TrackReport
    from tests.conftest import Album, MakeMix, NewAlbum

TOO_SHORT = "intent: {loudness: a gap counts behind so short a sound}\n"
FLAC = "deliverables: {lossless: {kind: files, format: flac}}\n"


def spec(
    *tracks: str, level: str = "", limiter: str = "", more: str = "", deliverables: str = FLAC
) -> str:
    """Return a spec: ``spec("dawn: {title: Dawn, mix: mixes/dawn.wav}", level="…")``."""
    lines = ["album: {title: T, artist: A}"]
    lines += [f"level: {level}"] * bool(level) + [f"limiter: {limiter}"] * bool(limiter)
    lines += ["tracks:", *(f"  {track}" for track in tracks)]
    return "\n".join([*lines, more, deliverables])


def song(name: str, more: str = "") -> str:
    extra = f", {more}" if more else ""
    return f"{name}: {{title: {name.title()}, mix: mixes/{name}.wav{extra}}}"


def report_of(album: Album, edition: str = "", *names: str) -> EditionReport:
    built = album.build(*names)
    return next(each for each in built.report.editions if each.id == edition)


def tracks_of(edition: EditionReport) -> dict[str, TrackReport]:
    return {each.id: each for each in edition.tracks}


def lufs(path: Path, *, without_s: float = 0.0) -> float:
    """Measure a file by a meter that is not ours."""
    import pyloudnorm

    audio, rate = soundfile.read(path, always_2d=True)
    end = len(audio) - round(without_s * rate)
    return float(pyloudnorm.Meter(rate).integrated_loudness(audio[:end]))


def dbtp(path: Path) -> float:
    audio, rate = soundfile.read(path, always_2d=True)
    meter = TruePeakMeter(rate, audio.shape[1])
    meter.update(audio)
    return meter.true_peak_dbtp


def sounding(samples: Any) -> tuple[int, int]:
    """Return where samples that are not zero begin and end."""
    places = np.flatnonzero(np.asarray(samples).any(axis=1))
    return int(places[0]), int(places[-1]) + 1


def steady(
    path: Path, seconds: float, sample_rate_hz: int = 48_000, *, db: float = -12.0
) -> Path:
    """Write a tone of a steady level that starts and ends at once."""
    time_s = np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz
    tone = 10 ** (db / 20) * np.cos(2 * np.pi * 440.0 * time_s)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.stack((tone, tone), 1), sample_rate_hz, "PCM_24")
    return path


# --- joins ------------------------------------------------------------------------------------


@pytest.mark.parametrize("overlay", ["drop: [dusk]", "order: [dusk, dawn, night]"])
@pytest.mark.parametrize("join", ["segue_from: dusk", "crossfade_from: dusk, crossfade: 1 s"])
def test_an_edition_that_parts_two_joined_tracks_is_an_error(
    new_album: NewAlbum, overlay: str, join: str
) -> None:
    """**Joins name their partner** (`segue_from: ID`, `crossfade_from: ID` with
    `crossfade: 6 s` and a curve): an edition that parts the two must say what happens instead,
    or it is an error with the place.
    """
    album = new_album(
        spec(
            song("dawn"),
            song("dusk"),
            song("night", join),
            more=f"editions:\n  short: {{{overlay}}}\n",
            deliverables="deliverables: {x: {kind: files, format: flac, edition: short}}",
        )
    )
    with pytest.raises(SpecError) as caught:
        album.build()
    (problem,) = caught.value.problems
    line = album.text.splitlines()[problem.mark.line - 1]
    assert line.strip().startswith("short:")
    assert "dusk" in str(problem)


@pytest.mark.parametrize("instead", ["segue_from: dawn", "segue_from: null, gap: 1 s"])
def test_an_edition_that_says_what_happens_instead_is_built(
    new_album: NewAlbum, instead: str
) -> None:
    """an edition that parts the two must say what happens instead"""
    album = new_album(
        spec(
            song("dawn"),
            song("dusk"),
            song("night", "segue_from: dusk"),
            more=f"editions:\n  short: {{drop: [dusk], tracks: {{night: {{{instead}}}}}}}\n",
            deliverables="deliverables: {x: {kind: files, format: flac, edition: short}}",
        )
    )
    night = tracks_of(report_of(album, "short"))["night"]
    assert night.gap_before_s == pytest.approx(1.0 if "gap" in instead else 0.0, abs=1 / 75)


def test_index_01_of_a_crossfade_is_its_start_unless_cut_says_otherwise() -> None:
    """A crossfade's INDEX 01 is its start (`cut: start | middle | end`)."""
    starts = {}
    for cut in ("start", "middle", "end"):
        first = Take("a", 48_000, 0, 480_000, Join(Fraction(2)))
        join = Join(Fraction(0), Fraction(4), "auto", cut)
        timeline = lay_out([first, Take("b", 48_000, 0, 480_000, join)])
        starts[cut] = timeline.spans[1].start_sectors / 75
    assert starts == {"start": 6.0, "middle": 8.0, "end": 10.0}


# --- level ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory, built_once: Album, mixes: Path) -> Album:
    """Return an album driven into its limiter, with an edition that has none; built."""
    folder = tmp_path_factory.mktemp("pushed")
    shutil.copytree(mixes, folder / "mixes")
    album = type(built_once)(folder)
    album.spec.write_text(
        spec(
            song("dawn"),
            song("noon", "level: -3 dB"),
            song("dusk", "level: 1.5 dB"),
            level="{match: integrated, at: -11 LUFS}",
            limiter="{ceiling: -1 dBTP}",
            more="editions: {open: {limiter: off}, quiet: {limiter: off, "
            "level: {match: integrated, at: -30 LUFS}}}",
            deliverables="deliverables:\n"
            "  lossless: {kind: files, format: flac}\n"
            "  open: {kind: files, format: flac, edition: open}\n"
            "  quiet: {kind: files, format: flac, edition: quiet}\n",
        ),
        encoding="utf-8",
    )
    assert album.build().report.is_released
    return album


AIMS = {"dawn": -11.0, "noon": -14.0, "dusk": -9.5}


def heard_lufs(album: Album, deliverable: str, track: str) -> float:
    """Return the loudness of a delivered song by a meter that is not ours, without its gap."""
    gap_s = 0.0 if track == "dusk" else 2.0
    return lufs(album.file_of(deliverable, track), without_s=gap_s)


@pytest.mark.parametrize("track", AIMS)
def test_at_is_where_each_song_goes(pushed: Album, track: str) -> None:
    """**Level** `at` is where each song goes, plus the song's own `level`"""
    assert heard_lufs(pushed, "lossless", track) == pytest.approx(AIMS[track], abs=0.1)


def test_the_aim_is_met_by_the_limited_result(pushed: Album) -> None:
    """The aim is met by the *limited* result."""
    dusk = tracks_of(report_of(pushed))["dusk"]
    assert dusk.max_reduction_db is not None
    assert dusk.max_reduction_db > 2.0
    assert heard_lufs(pushed, "lossless", "dusk") == pytest.approx(-9.5, abs=0.1)
    assert dbtp(pushed.file_of("lossless", "dusk")) <= -0.95


def test_the_pooled_loudness_is_reported_and_moves_nobody(
    pushed: Album, new_album: NewAlbum
) -> None:
    """the album's pooled loudness is reported, never aimed at behind the songs' backs"""
    edition = report_of(pushed)
    assert edition.album_integrated_lufs is not None
    assert -14.0 < edition.album_integrated_lufs < -9.5
    alone = new_album(
        spec(
            song("dawn"),
            level="{match: integrated, at: -11 LUFS}",
            limiter="{ceiling: -1 dBTP}",
        )
    )
    alone.build()
    together = pushed.lock.edition("base").levels["dawn"]
    assert alone.lock.edition("base").levels["dawn"].gain_db == together.gain_db


def two_songs(album: Album, make_mix: MakeMix) -> None:
    """Write a song that is loud all through, and the same with a quiet first half."""
    half, rate = soundfile.read(make_mix(album.mix("half"), 6.0, 48_000, seed=5))
    soundfile.write(album.mix("loud"), np.concatenate((half, half)), rate, "PCM_24")
    soundfile.write(album.mix("verse"), np.concatenate((0.4 * half, half)), rate, "PCM_24")


def gains_db(album: Album) -> dict[str, float]:
    album.build()
    levels = album.lock.edition("base").levels
    return {name: each.gain_db for name, each in levels.items()}


def test_each_match_compares_what_it_says(new_album: NewAlbum, make_mix: MakeMix) -> None:
    """`loud_passages` compares the top short-term percentile, `integrated` the whole song,
    `keep` applies one gain to the album.
    """
    gains = {}
    for match in ("loud_passages", "integrated", "keep"):
        level = f"{{match: {match}, at: -20 LUFS}}"
        album = new_album(spec(song("loud"), song("verse"), level=level), name=match)
        two_songs(album, make_mix)
        gains[match] = gains_db(album)
        if match == "keep":
            edition = report_of(album)
            assert edition.album_integrated_lufs == pytest.approx(-20.0, abs=0.1)
    lifted_db = {match: each["verse"] - each["loud"] for match, each in gains.items()}
    assert lifted_db["loud_passages"] == pytest.approx(0.0, abs=0.3)
    assert lifted_db["integrated"] > 1.5
    assert lifted_db["keep"] == 0.0


def test_without_a_limiter_one_gain_brings_the_highest_peak_under_the_ceiling(
    pushed: Album,
) -> None:
    """An edition with `limiter: off` is levelled again without it, by one gain for the whole
    edition when its peaks demand it.
    """
    common = pushed.lock.edition("open").common
    assert common is not None
    assert common.gain_db < -2.0
    heard = {track: heard_lufs(pushed, "open", track) for track in AIMS}
    for track, aim in AIMS.items():
        assert heard[track] == pytest.approx(aim + common.gain_db, abs=0.1)
    highest = max(dbtp(pushed.file_of("open", track)) for track in AIMS)
    assert highest == pytest.approx(-1.0, abs=0.1)


def test_without_a_limiter_nothing_is_turned_down_that_has_room(pushed: Album) -> None:
    """by one gain for the whole edition when its peaks demand it"""
    common = pushed.lock.edition("quiet").common
    assert common is None or common.gain_db == 0.0
    heard = heard_lufs(pushed, "quiet", "dawn")
    assert heard == pytest.approx(-30.0, abs=0.1)


def test_a_changed_mix_goes_where_the_lock_has_its_track(
    new_album: NewAlbum, make_mix: MakeMix
) -> None:
    """A changed mix is brought to the *limited loudness that is locked for that track*
    (`level: as_mixed` keeps its gain instead).
    """
    text = spec(
        song("dawn"),
        song("dusk", "level: as_mixed"),
        level="{match: integrated, at: -12 LUFS}",
        limiter="{ceiling: -1 dBTP, max_reduction: 1 dB}",
    )
    album = new_album(text)
    album.build()
    before = album.lock.edition("base").levels
    # One that the cap held below its aim: the new mix must go there, not to the aim.
    for name, seed in (("dawn", 91), ("dusk", 92)):
        make_mix(album.mix(name), 4.4, 48_000, seed=seed)
    album.build()
    now = album.lock.edition("base").levels
    assert now["dawn"].limited_lufs == pytest.approx(before["dawn"].limited_lufs, abs=0.05)
    assert now["dawn"].gain_db != before["dawn"].gain_db
    assert now["dusk"].gain_db == before["dusk"].gain_db


def test_nothing_in_the_lock_depends_on_a_neighbour(album: Album, make_mix: MakeMix) -> None:
    """Nothing in the lock depends on a neighbour unless the spec says so: that is why a
    revision of one track cannot move the others.
    """
    before = album.lock.edition("base").levels
    make_mix(album.mix("dawn"), 5.0, 48_000, seed=93)
    make_mix(album.mix("noon"), 5.0, 48_000, seed=94)
    album.build("lossless")
    now = album.lock.edition("base").levels
    for track in ("dusk", "night"):
        assert now[track] == before[track]


def test_a_decision_is_made_afresh_against_the_frozen_rest(
    album: Album, make_mix: MakeMix
) -> None:
    """A decision is reused while what it was decided from is unchanged; when it is not, that
    decision alone is made afresh, against the frozen rest
    """
    before = album.lock.edition("base").levels
    make_mix(album.mix("dusk"), 4.3, 48_000, seed=95)  # night touches it
    report = album.build("lossless").report
    now = album.lock.edition("base").levels
    assert now["dusk"] != before["dusk"]
    for track in ("dawn", "noon", "night"):
        assert now[track] == before[track]
    frozen = {
        each.id: each.level and each.level.is_frozen for each in report.editions[0].tracks
    }
    assert frozen == {"dawn": True, "noon": True, "dusk": False, "night": True}


def test_editions_inherit_decisions_unless_they_re_target(album: Album) -> None:
    """Editions inherit the base's decisions unless they re-target"""
    album.change(
        "deliverables:\n",
        "editions:\n  same: {drop: [noon]}\n"
        "  soft: {level: {match: integrated, at: -20 LUFS}}\n"
        "deliverables:\n  same: {kind: files, format: flac, edition: same}\n"
        "  soft: {kind: files, format: flac, edition: soft}\n",
    )
    album.build("same", "soft")
    base = album.lock.edition("base").levels
    same, soft = (album.lock.edition(name).levels for name in ("same", "soft"))
    assert same == {name: base[name] for name in ("dawn", "dusk", "night")}
    for track, decision in soft.items():
        assert decision.limited_lufs == pytest.approx(-20.0, abs=0.05)
        assert decision.gain_db < base[track].gain_db


def test_nothing_is_done_that_is_not_written(new_album: NewAlbum) -> None:
    """Absent `chain`, `level`, `tone`, `limiter` mean: unity gain, no processing; peaks over
    the ceiling are findings.
    """
    album = new_album(spec(song("dawn")))
    album.build()
    mix, _ = soundfile.read(album.mix("dawn"), dtype="int32", always_2d=True)
    np.testing.assert_array_equal(album.pcm("lossless", "dawn"), mix >> 8)


# --- trim and gap -----------------------------------------------------------------------------


def with_silence(path: Path, before_s: float, after_s: float) -> None:
    audio, rate = soundfile.read(steady(path, 4.1))
    ends = [np.zeros((round(each * rate), 2)) for each in (before_s, after_s)]
    soundfile.write(path, np.concatenate((ends[0], audio, ends[1])), rate, "PCM_24")


def test_trim_is_none_by_default(new_album: NewAlbum) -> None:
    """**Trim and gap**: `trim: none` by default"""
    album = new_album(spec(song("dawn")))
    with_silence(album.mix("dawn"), 0.5, 0.7)
    album.build()
    begin, end = sounding(album.pcm("lossless", "dawn"))
    assert begin == 24_000
    assert end == 24_000 + round(4.1 * 48_000)
    assert len(album.pcm("lossless", "dawn")) == math.ceil(5.3 * 75) * 640


@pytest.mark.parametrize(("trim", "trimmed_s"), [("none", 0.0), ("silence", 0.7)])
def test_a_gap_counts_from_trimmed_end_to_trimmed_start(
    new_album: NewAlbum, trim: str, trimmed_s: float
) -> None:
    """a gap counts from the (trimmed) end of a track to the (trimmed) start of the next;
    track 1 takes none; the report prints the gap that is heard.
    """
    songs = [song(name, f"gap: 1.51 s, trim: {trim}") for name in ("dawn", "dusk")]
    album = new_album(spec(*songs, more=TOO_SHORT))
    for name in ("dawn", "dusk"):
        with_silence(album.mix(name), 0.5 if trim == "silence" else 0.0, trimmed_s)
    built = album.build()
    joined = np.concatenate([album.pcm("lossless", name) for name in ("dawn", "dusk")])
    first = album.pcm("lossless", "dawn")
    assert sounding(first)[0] == 0, "track 1 takes no gap"
    start = sounding(first)[1]
    end = len(first) + sounding(album.pcm("lossless", "dusk"))[0]
    heard_s = (end - start) / 48_000
    assert 1.51 <= heard_s < 1.51 + 1 / 75
    assert not joined[start:end].any()
    tracks = tracks_of(built.report.editions[0])
    assert tracks["dusk"].gap_before_s == pytest.approx(heard_s, abs=1e-4)
    assert tracks["dawn"].gap_before_s == 0.0


def test_fade_times_are_times_of_the_mix_file(new_album: NewAlbum) -> None:
    """Fade times are times of the mix file"""
    fade_in = "fade_in: {from: 1 s, to: 2 s, shape: linear}"
    fades = f"trim: {{from: 1 s}}, {fade_in}, fade_out: {{from: 4 s, to: 6 s}}"
    album = new_album(spec(song("dawn", fades)))
    steady(album.mix("dawn"), 8.0)
    album.build()
    heard = album.pcm("lossless", "dawn")
    mix, _ = soundfile.read(album.mix("dawn"), dtype="int32", always_2d=True)
    mix = mix[48_000:] >> 8  # the trimmed mix
    assert len(heard) == 5 * 48_000
    full = slice(48_000, 3 * 48_000)
    np.testing.assert_allclose(heard[full], mix[full], atol=2)
    half = np.abs(heard[24_000 - 200 : 24_000 + 200]).max()
    assert half / np.abs(mix).max() == pytest.approx(0.5, abs=0.02)
    half = np.abs(heard[4 * 48_000 - 200 : 4 * 48_000 + 200]).max()
    assert half / np.abs(mix).max() == pytest.approx(0.5, abs=0.02)
    assert np.abs(heard[-50:]).max() < 10


def test_a_new_mix_whose_start_moved_is_a_finding(new_album: NewAlbum) -> None:
    """a new mix whose start moved is a finding"""
    album = new_album(spec(song("dawn", "fade_out: {from: 3 s, to: 4 s}")))
    with_silence(album.mix("dawn"), 0.5, 0.0)
    assert "start-moved" not in {each.code for each in album.build().report.findings}
    with_silence(album.mix("dawn"), 0.55, 0.0)
    (finding,) = (each for each in album.build().report.findings if each.code == "start-moved")
    assert "50 ms later" in finding.message
    assert finding.track == "dawn"


# --- positions --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def at_all_rates(
    tmp_path_factory: pytest.TempPathFactory, built_once: Album, mixes: Path
) -> Album:
    """Return an album with a crossfade and odd gaps at three rates and on CD; built."""
    folder = tmp_path_factory.mktemp("rates")
    shutil.copytree(mixes, folder / "mixes")
    album = type(built_once)(folder)
    album.spec.write_text(
        spec(
            song("dawn"),
            song("noon", "gap: 1.234 s"),
            song("dusk", "gap: 1111 samples, trim: {to: 4.2345 s}"),
            song("night", "crossfade_from: dusk, crossfade: 0.177 s"),
            level="{match: integrated, at: -12 LUFS}",
            limiter="{ceiling: -1 dBTP}",
            more=TOO_SHORT,
            deliverables="deliverables:\n"
            "  cd: {kind: cd_image, start_offset: {first: 20 sectors, others: 5 sectors}}\n"
            "  r44: {kind: files, format: flac, bits: 16, sample_rate: 44.1 kHz}\n"
            "  r48: {kind: files, format: flac}\n"
            "  r96: {kind: files, format: wav, sample_rate: 96 kHz}\n",
        ),
        encoding="utf-8",
    )
    album.build()
    return album


TRACKS = ("dawn", "noon", "dusk", "night")


def test_all_rates_cut_at_the_same_places(at_all_rates: Album) -> None:
    """Every segment starts on the 1/75 s grid (588 samples at 44.1 kHz, 640 at 48, 1280 at 96;
    a delivery rate that 75 does not divide is refused); gaps are rounded up to it. Cuts inside
    a segment fall on it too: there the mark is rounded down and the audio does not move. So
    all rates cut at the same places.
    """
    lengths = {}
    for name, samples_per_sector in (("r44", 588), ("r48", 640), ("r96", 1280)):
        n_samples = [len(at_all_rates.pcm(name, track)) for track in TRACKS]
        assert not any(each % samples_per_sector for each in n_samples)
        lengths[name] = [each // samples_per_sector for each in n_samples]
    assert lengths["r44"] == lengths["r48"] == lengths["r96"]
    noon = round(4.2 * 75) + math.ceil(1.234 * 75)
    assert lengths["r48"][0] == noon, "the gap is rounded up"
    mark = math.floor((Fraction("4.2345") - Fraction("0.177")) * 75)
    assert lengths["r48"][2] == mark, "the mark is rounded down"


@pytest.mark.parametrize("rate", ["32 kHz", "44.056 kHz", "50 kHz"])
def test_a_delivery_rate_off_the_grid_is_refused(new_album: NewAlbum, rate: str) -> None:
    """a delivery rate that 75 does not divide is refused"""
    deliverables = f"deliverables: {{x: {{kind: files, format: flac, sample_rate: {rate}}}}}"
    album = new_album(spec(song("dawn"), deliverables=deliverables))
    with pytest.raises(SpecError, match="sample_rate"):
        album.build()


def test_the_mark_moves_and_the_audio_does_not(at_all_rates: Album) -> None:
    """there the mark is rounded down and the audio does not move"""
    before, after = (at_all_rates.pcm("r48", track) for track in ("dusk", "night"))
    joined = np.concatenate((before, after))
    mix, _ = soundfile.read(at_all_rates.mix("dusk"), always_2d=True)
    gain = 10 ** (at_all_rates.lock.edition("base").levels["dusk"].gain_db / 20)
    alone = slice(4_800, 43_200)  # before the crossfade, where little is limited
    ratio = joined[alone] / 2**23 - gain * mix[alone]
    assert np.median(np.abs(ratio)) < 1e-3


def test_start_offset_moves_marks_only(at_all_rates: Album) -> None:
    """**Positions**: on the 1/75 s grid in every edition (audio rules). `start_offset` moves CD
    marks only
    """
    image = at_all_rates.image()
    files = np.concatenate([at_all_rates.pcm("r44", track) for track in TRACKS])
    lead = 20 * 588
    assert not image[:lead].any()
    np.testing.assert_array_equal(image[lead : lead + len(files)], files)


def test_start_offset_is_zero_at_joins_and_ends_where_the_silence_does(
    at_all_rates: Album,
) -> None:
    """is zero at joins, and is limited by the silence there"""
    sheet = CueSheet.decode(at_all_rates.files("cd")["T.cue"].read_bytes())
    marks = [
        next(index.sectors for index in track.indexes if index.number == 1)
        for track in sheet.tracks
    ]
    starts = [0, *itertools.accumulate(len(at_all_rates.pcm("r44", t)) // 588 for t in TRACKS)]
    moved = [20 + start - mark for start, mark in zip(starts, marks, strict=False)]
    silence = math.ceil(Fraction(1111, 48_000) * 75)  # 2 sectors at most lie before dusk
    assert moved[:2] == [20, 5]
    assert moved[2] <= silence
    assert moved[3] == 0


def test_start_offset_takes_no_more_than_the_silence() -> None:
    """is limited by the silence there"""
    takes = [
        Take("a", 44_100, 0, 441_000, Join(Fraction(0))),
        Take("b", 44_100, 0, 441_000, Join(Fraction(3, 75))),
        Take("c", 44_100, 0, 441_000, Join(Fraction(0))),
        Take("d", 44_100, 0, 441_000, Join(Fraction(2))),
    ]
    layout = lay_out_cd(
        lay_out(takes),
        offset=StartOffset(20, 5),
        end_silence_sectors=150,
        is_hidden_first=False,
    )
    assert [each.offset_sectors for each in layout.tracks] == [20, 3, 0, 5]


def test_two_seconds_of_silence_stand_before_the_lead_out(album: Album) -> None:
    """`end_silence` before the lead-out: 2 s."""
    image = album.image()
    programme = sum(len(album.pcm("lossless", track)) // 640 for track in TRACKS) * 588
    assert len(image) - programme == 2 * 44_100
    assert not image[programme:].any()


def test_cut_files_joined_again_equal_the_disc(at_all_rates: Album) -> None:
    """A gap is written once and becomes a CD pre-gap, a stretch of vinyl, the tail of the
    previous file, or nothing, as each medium needs. Cut files joined again equal the album,
    sample for sample.
    """
    files = np.concatenate([at_all_rates.pcm("r44", track) for track in TRACKS])
    image = at_all_rates.image()[20 * 588 : -150 * 588]
    np.testing.assert_array_equal(files, image)


def test_cut_files_joined_again_equal_a_render_that_was_never_cut(album: Album) -> None:
    """Cut files joined again equal the album, sample for sample."""
    joined = np.concatenate([album.pcm("lossless", track) for track in ("dusk", "night")])
    levels = album.lock.edition("base").levels
    mixes = [
        soundfile.read(album.mix(name), always_2d=True)[0] * 10 ** (levels[name].gain_db / 20)
        for name in ("dusk", "night")
    ]
    uncut = np.concatenate(mixes)
    uncut = np.pad(uncut, ((0, -len(uncut) % 640), (0, 0)))
    np.testing.assert_array_equal(joined, delivered(uncut, ceiling_dbtp=-1.0, bits=24))


def delivered(audio: Audio, *, ceiling_dbtp: float, bits: int) -> Any:
    """Limit and dither 48 kHz audio in one piece."""
    limiter = Limiter(LimiterSettings(ceiling_dbtp), sample_rate_hz=48_000, n_channels=2)
    late = np.concatenate((limiter.process(audio), limiter.flush()))
    limited = late[limiter.latency_samples :][: len(audio)]
    return Quantiser(bits, 2).process(limited.astype(np.float32).astype(np.float64))


# --- rate, ceiling ----------------------------------------------------------------------------


def test_auto_is_the_rate_of_most_of_the_playing_time(new_album: NewAlbum) -> None:
    """**Rate**: `sample_rate: auto` is the rate of most of the playing time; a track that is
    upsampled is named in the report.
    """
    album = new_album(spec(song("noon"), song("short"), song("other")))
    steady(album.mix("noon"), 4.2, 44_100)
    steady(album.mix("short"), 1.9, 96_000)  # two of three, but not most of the time
    steady(album.mix("other"), 1.9, 96_000)
    built = album.build()
    assert built.report.editions[0].sample_rate_hz == 44_100
    steady(album.mix("other"), 4.9, 96_000)
    (album.folder / "album.lock").unlink()
    built = album.build()
    assert built.report.editions[0].sample_rate_hz == 96_000
    upsampled = {
        each.id for each in built.report.editions[0].tracks if each.source.is_upsampled
    }
    assert upsampled == {"noon"}
    assert "upsampled" in built.page.read_text(encoding="utf-8").lower()


def test_files_have_24_bits_by_default(new_album: NewAlbum) -> None:
    """24-bit WAV is the stores' default."""
    deliverables = "deliverables: {stores: {kind: files, format: wav}}"
    album = new_album(spec(song("dawn"), deliverables=deliverables))
    album.build()
    assert soundfile.info(album.file_of("stores", "dawn")).subtype == "PCM_24"


def test_an_edition_has_one_ceiling(album: Album) -> None:
    """**Ceiling**: one value per edition; `auto_ceiling` is off by default and lowers that one
    value, never one file's.
    """
    for deliverable in ("cd", "lossless", "promo"):
        ceilings = {album.promise(deliverable, track)[1].ceiling_dbtp for track in TRACKS}
        assert ceilings == {-1.0}
    album.change("deliverables:\n", "auto_ceiling: -2 dBTP\ndeliverables:\n")
    with pytest.raises(SpecError, match="auto_ceiling"):  # a key enters when it works
        album.build()


def test_overs_of_a_lossy_file_are_warnings_with_figures(new_album: NewAlbum) -> None:
    """Lossy overs are warnings with figures."""
    text = spec(
        song("noise"),
        level="{match: integrated, at: -9 LUFS}",
        limiter="{ceiling: 0 dBTP}",
        deliverables="deliverables: {promo: {kind: files, format: mp3, kbps: 128}}",
    )
    album = new_album(text)
    rng = np.random.default_rng(3)
    noise = np.cumsum(rng.normal(size=(48_000 * 8, 2)), axis=0)
    noise = np.diff(noise - np.mean(noise, axis=0), axis=0, prepend=0.0)
    noise = np.apply_along_axis(lambda x: np.convolve(x, np.ones(8) / 8, "same"), 0, noise)
    soundfile.write(album.mix("noise"), 0.9 * noise / np.abs(noise).max(), 48_000, "PCM_24")
    built = album.build()
    (promo,) = built.report.deliverables
    overs = [each for each in promo.findings if each.check == "audio/true_peak"]
    assert [each.severity for each in overs] == [Severity.WARN]
    assert any(character.isdigit() for character in overs[0].message)
    assert "dBTP" in overs[0].message
    assert promo.is_released


# --- finished masters, words ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bits", "rate", "deliverable"),
    [
        (24, 48_000, "{kind: files, format: flac}"),
        (24, 48_000, "{kind: files, format: wav}"),
        (16, 44_100, "{kind: cd_image}"),
        (16, 44_100, "{kind: files, format: flac, bits: 16}"),
    ],
)
def test_a_finished_master_passes_bit_for_bit(
    new_album: NewAlbum, make_mix: MakeMix, bits: int, rate: int, deliverable: str
) -> None:
    """a track given as `master: FILE` instead of `mix:` is finished elsewhere: no chain, gain,
    tone, trim or limiter touches it; assembly, QC and delivery are ours
    """
    text = spec(
        "done: {title: Done, master: mixes/done.wav}",
        level="{match: integrated, at: -9 LUFS}",
        limiter="{ceiling: -6 dBTP}",
        more="album_chain: [{gain: -3 dB}]\ndefaults: {trim: silence, level: -2 dB}\n",
        deliverables=f"deliverables: {{x: {deliverable}}}",
    )
    album = new_album(text)
    make_mix(album.mix("done"), 4.4, rate, seed=8, subtype=f"PCM_{bits}")
    album.build()
    wanted = soundfile.read(album.mix("done"), dtype="int32", always_2d=True)[0] >> (32 - bits)
    heard = album.image("x") if "cd" in deliverable else album.pcm("x", "done")
    np.testing.assert_array_equal(heard[: len(wanted)], wanted)
    assert not heard[len(wanted) :].any()


def test_what_needs_no_change_of_word_length_keeps_every_bit(
    new_album: NewAlbum, make_mix: MakeMix
) -> None:
    """What needs no change of word length keeps every bit."""
    text = spec(
        song("dawn"), deliverables="deliverables: {x: {kind: files, format: flac, bits: 16}}"
    )
    album = new_album(text)
    make_mix(album.mix("dawn"), 4.4, 48_000, seed=8, subtype="PCM_16")
    album.build()
    wanted = soundfile.read(album.mix("dawn"), dtype="int16", always_2d=True)[0]
    np.testing.assert_array_equal(album.pcm("x", "dawn"), wanted)


@pytest.fixture(scope="module")
def dithered(tmp_path_factory: pytest.TempPathFactory, built_once: Album, mixes: Path) -> Album:
    folder = tmp_path_factory.mktemp("dithered") / "album"
    shutil.copytree(mixes, folder / "mixes")
    album = type(built_once)(folder)
    files = "{kind: files, format: flac, bits: 16, sample_rate: 48 kHz"
    album.spec.write_text(
        spec(
            song("dawn", "gap: 0.2 s"),
            song("noon", "gap: 0.2 s"),
            song("dusk", "gap: 0.2 s"),
            song("night", "segue_from: dusk"),
            more="editions: {turned: {order: [noon, dusk, night, dawn]}}\n",
            deliverables="deliverables:\n"
            f"  x: {files}}}\n"
            f"  turned: {files}, edition: turned}}\n",
        ),
        encoding="utf-8",
    )
    album.build()
    return album


def test_an_order_changes_nothing_of_the_dither(dithered: Album) -> None:
    """Dither noise has a constant seed per channel and word length and a counter that is the
    sample's place in its segment: equal inputs give equal bytes, an edit changes only what it
    touches, a title or an order changes nothing.
    """
    for track in TRACKS:
        one, other = (dithered.pcm(name, track) for name in ("x", "turned"))
        shorter = min(len(one), len(other))  # the gap behind is another
        np.testing.assert_array_equal(one[:shorter], other[:shorter])
        assert not one[shorter:].any()
        assert not other[shorter:].any()


def test_a_title_changes_nothing_of_the_dither(dithered: Album, tmp_path: Path) -> None:
    """a title or an order changes nothing"""
    shutil.copytree(dithered.folder, tmp_path / "album")
    album = type(dithered)(tmp_path / "album")
    album.change("title: Noon", "title: Another")
    album.build()
    for track in TRACKS:
        one, other = (each.file_of("x", track) for each in (dithered, album))
        assert payload_digest(one) == payload_digest(other)


def test_an_edit_changes_only_what_it_touches(dithered: Album, tmp_path: Path) -> None:
    """an edit changes only what it touches"""
    shutil.copytree(dithered.folder, tmp_path / "album")
    album = type(dithered)(tmp_path / "album")
    audio, rate = soundfile.read(album.mix("night"), always_2d=True)
    audio[100_000:100_100] *= 0.5
    soundfile.write(album.mix("night"), audio, rate, "PCM_24")
    album.build()
    for track in ("dawn", "noon", "dusk"):
        np.testing.assert_array_equal(album.pcm("x", track), dithered.pcm("x", track))
    is_new = (album.pcm("x", "night") != dithered.pcm("x", "night")).any(axis=1)
    assert is_new.any()
    begin, end = sounding(is_new[:, None])
    assert end - begin <= 700  # the join of dusk and night is rounded to the grid


def test_what_comes_before_a_segment_cannot_change_its_bytes(
    album: Album, built_once: Album, make_mix: MakeMix
) -> None:
    """All processing state is indexed from the *segment's* start, so what comes before a
    segment cannot change its bytes.
    """
    make_mix(album.mix("dawn"), 4.9, 48_000, seed=99)
    album.build("lossless")
    for track in ("noon", "dusk", "night"):
        one, other = (each.file_of("lossless", track) for each in (album, built_once))
        assert payload_digest(one) == payload_digest(other)


# --- release ----------------------------------------------------------------------------------


def test_a_failure_without_intent_still_builds_proofs_and_reports(new_album: NewAlbum) -> None:
    """A fail-level finding without an `intent` still builds proofs and reports, marked NOT FOR
    RELEASE, but no package to send.
    """
    from pipeline.build import Settings
    from pipeline.build.proof import proof_album

    album = new_album(spec(song("loud"), song("dawn")))
    square = np.sign(np.sin(2 * np.pi * 440.0 * np.arange(48_000 * 4) / 48_000))
    soundfile.write(album.mix("loud"), np.stack((square, square), 1), 48_000, "PCM_24")
    proofs = proof_album(album.spec, (), settings=Settings(), teller=album.heard)
    assert all(path.exists() for path in proofs)
    assert len(proofs) == 1
    built = album.build()
    assert not built.report.is_released
    assert "NOT FOR RELEASE" in built.page.read_text(encoding="utf-8")
    data = json.loads((album.out / "reports" / "album.json").read_text(encoding="utf-8"))
    assert data["is_released"] is False
    assert (album.out / "lossless" / "papers").is_dir()
    assert not (album.out / "lossless" / "SEND").exists()
