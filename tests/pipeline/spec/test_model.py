from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from pipeline.spec.loader import LoadedSpec
from pipeline.spec.model import CdImage, LosslessFiles, Mp3Files, TrimSpan
from pipeline.units import Duration

Read = Callable[[str], LoadedSpec]
Problems = Callable[[str], list[str]]


def one(track: str) -> str:
    return f"tracks:\n  a: {{title: A, mix: a.wav, {track}}}\n  b: {{title: B, mix: b.wav}}\n"


def test_nothing_is_done_that_is_not_written(spec_of: Read) -> None:
    """Absent `chain`, `level`, `tone`, `limiter` mean: unity gain, no processing."""
    spec = spec_of("").spec
    assert (spec.level.match, spec.limiter, spec.album_chain) == ("off", None, ())
    for track in spec.tracks.values():
        assert (track.chain, track.level_db, track.fade_in, track.fade_out) == (
            (),
            0.0,
            None,
            None,
        )


def test_trim_none_by_default(spec_of: Read) -> None:
    """`trim: none` by default."""
    assert spec_of("").spec.tracks["tide"].trim == "none"


def test_a_gap_is_two_seconds_by_default(spec_of: Read) -> None:
    assert spec_of("").spec.tracks["tide"].gap == Duration(Fraction(2))


def test_a_crossfades_index_01_is_its_start(spec_of: Read) -> None:
    """A crossfade's INDEX 01 is its start (`cut: start | middle | end`)."""
    assert spec_of("").spec.tracks["tide"].cut == "start"


def test_end_silence_before_the_lead_out_2_s(spec_of: Read) -> None:
    """`end_silence` before the lead-out: 2 s; `start_offset` is nothing unless written."""
    disc = spec_of("deliverables: {cd: {kind: cd_image}}").spec.deliverables["cd"]
    assert isinstance(disc, CdImage)
    assert disc.end_silence == Duration(Fraction(2))
    assert disc.start_offset.first.amount == disc.start_offset.others.amount == 0


def test_24_bit_wav_is_the_stores_default(spec_of: Read) -> None:
    """24-bit WAV is the stores' default."""
    files = spec_of("deliverables: {s: {kind: files, format: wav}}").spec.deliverables["s"]
    assert isinstance(files, LosslessFiles)
    assert (files.bits, files.sample_rate_hz) == (24, None)


def test_an_mp3_has_320_kbps_by_default_and_no_word_length(
    spec_of: Read, problems_of: Problems
) -> None:
    files = spec_of("deliverables: {s: {kind: files, format: mp3}}").spec.deliverables["s"]
    assert isinstance(files, Mp3Files)
    assert files.kbps == 320
    (problem,) = problems_of("deliverables: {s: {kind: files, format: mp3, bits: 16}}")
    assert "'bits' is not a key here | it is a key of a deliverable of kind files" in problem


@pytest.mark.parametrize("written", ["1999", "NO", "true", "1e-3", "Null", "2026-03-06", "007"])
def test_a_title_is_what_was_written(spec_of: Read, written: str) -> None:
    assert spec_of(f"album: {{title: {written}, artist: X}}").spec.album.title == written


def test_titles_keep_their_letters(spec_of: Read) -> None:
    title = "Sigur Rós – 日本語 👩‍🚀 “AC/DC”: ½"
    assert spec_of(f'album: {{title: "{title}", artist: X}}').spec.album.title == title


def test_a_upc_keeps_its_zeros(spec_of: Read) -> None:
    spec = spec_of("products: {cd: {upc: 0012345678905}}").spec
    assert spec.products["cd"].upc == "0012345678905"


def test_an_isrc_is_kept_without_hyphens(spec_of: Read) -> None:
    assert spec_of(one("isrc: gb-aaa-26-00001")).spec.tracks["a"].isrc == "GBAAA2600001"


def test_a_track_knows_its_id(spec_of: Read) -> None:
    assert [track.id for track in spec_of("").spec.tracks.values()] == [
        "slipway",
        "tide",
        "undertow",
    ]


def test_a_key_without_a_value_is_not_written(spec_of: Read) -> None:
    with_empty_keys = spec_of(one("isrc: , gap: ~") + "limiter:\nproducts:\n")
    assert with_empty_keys.spec == spec_of(one("")).spec


def test_off_is_said_in_one_word(spec_of: Read) -> None:
    spec = spec_of("level: off\nlimiter: off\n").spec
    assert (spec.level.match, spec.limiter) == ("off", None)


def test_values_carry_their_units_in_their_names(spec_of: Read) -> None:
    spec = spec_of(
        one("level: -3 dB, trim: {from: 400 ms, to: 3:52}, fade_out: {from: 3:00, to: 3:10}")
        + "level: {match: integrated, at: -14 LUFS}\n"
        "limiter: {ceiling: -1 dBTP, max_reduction: 4 dB}\n"
    ).spec
    track, limiter = spec.tracks["a"], spec.limiter
    assert limiter is not None
    assert (spec.level.at_lufs, limiter.ceiling_dbtp, limiter.max_reduction_db) == (-14, -1, 4)
    assert track.level_db == -3
    assert isinstance(track.trim, TrimSpan)
    assert track.trim.start == Duration(Fraction(2, 5))
    assert track.fade_out is not None
    assert (track.fade_out.end, track.fade_out.shape) == (Duration(Fraction(190)), "cosine")


def test_a_chain_names_processors_and_their_settings(spec_of: Read) -> None:
    chain = spec_of("album_chain: [squeeze: {threshold: -18 dB}, trim: -2 dB]").spec.album_chain
    assert [item.name for item in chain] == ["squeeze", "trim"]
    assert chain[0].parameters.model_dump() == {"ratio": 2.0, "threshold": -18.0}


def test_routing_stands_beside_the_name_of_any_processor(spec_of: Read) -> None:
    text = "album_chain: [{trim: -2 dB, mix: 40 %, channels: side}, trim: -2 dB]"
    routed, plain = spec_of(text).spec.album_chain
    assert routed.parameters == plain.parameters
    assert (routed.routing.channels, routed.routing.mix) == ("side", 40.0)
    assert routed.routing.written() == {"channels": "side", "mix": "40 %"}
    assert (plain.routing.channels, plain.routing.mix) == ("stereo", 100.0)
    assert plain.routing.written() == {}


def test_a_mix_may_be_points_in_time(spec_of: Read) -> None:
    points = "[{at: 0:58, mix: 0 %}, {at: 59 s, mix: 80 %, shape: straight}]"
    (item,) = spec_of(f"album_chain: [{{trim: -2 dB, mix: {points}}}]").spec.album_chain
    assert item.routing.percents == (0.0, 80.0)
    assert item.routing.written()["mix"] == [
        {"at": "58 s", "mix": "0 %", "shape": "smooth"},
        {"at": "59 s", "mix": "80 %", "shape": "straight"},
    ]


def test_routing_that_changes_nothing_is_as_if_it_were_not_written(spec_of: Read) -> None:
    text = "album_chain: [{trim: -2 dB, mix: 100 percent, channels: stereo}, trim: -2 dB]"
    routed, plain = spec_of(text).spec.album_chain
    assert routed == plain


def test_what_was_read_can_be_written_and_read_again(spec_of: Read) -> None:
    text = one("level: as_mixed, gap: 12 sectors, trim: {to: 88200 samples}")
    text += "deliverables: {m: {kind: files, format: mp3, sample_rate: 44.1 kHz}}\n"
    spec = spec_of(text).spec
    assert (
        type(spec)
        .model_validate_json(spec.model_dump_json(by_alias=True), context=spec_of_context())
        .model_dump()
        == spec.model_dump()
    )


def spec_of_context() -> dict[str, object]:
    return {"processors": {}, "folder": Path("/albums/low-water")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (one("gap: −1 s"), "tracks.a.gap: '−1 s' begins with a typographic minus"),
        (one("gap: '1,5 s'"), "tracks.a.gap: '1,5 s' has a comma; write"),
        (one("gap: 2"), "tracks.a.gap: '2' has no unit; write 2 s"),
        (one("gap: 25:00:00"), "tracks.a.gap: '90000 s' is longer than a day"),
        (one("level: 3"), "tracks.a.level: '3' has no unit; write 3 dB"),
        (one("level: 30 dB"), "tracks.a.level: 30 dB is outside -24 dB to 24 dB"),
        (one("trim: both"), "tracks.a.trim: 'both' is not one of none, silence"),
        (one("cut: strat"), "tracks.a.cut: 'strat' is not one of start, middle, end | start?"),
        (one("isrc: USRC1760783"), "tracks.a.isrc: 'USRC1760783' has 11 characters, an ISRC h"),
        (one("chain: {trim: -1 dB}"), "tracks.a.chain: a mapping (key: value) stands where a"),
        (one("chain: [trimm: -1 dB]"), "tracks.a.chain[1]: there is no processor 'trimm' | tr"),
        (one("chain: [trim: -1]"), "tracks.a.chain[1].trim: '-1' has no unit; write -1 dB"),
        (one("chain: [squeeze: ]"), "tracks.a.chain[1].squeeze.threshold: is missing"),
        (one("chain: [squeeze: {ratio: 2:1}]"), "squeeze.ratio: '2:1' is not a plain number"),
        (one("chain: [{trim: 1 dB, squeeze: }]"), "tracks.a.chain[1]: 2 keys where one proces"),
        (one("chain: [{trim: 1 dB, mix: 2}]"), "chain[1].mix: '2' has no unit; write 2 %"),
        (one("chain: [{trim: 1 dB, mix: 101 %}]"), "mix: 101 % is outside 0 % to 100 %"),
        (one("chain: [{trim: 1 dB, mix: []}]"), "mix: no point stands here"),
        (
            one("chain: [{trim: 1 dB, mix: [{at: 1 s, mix: 101 %}]}]"),
            "mix[1].mix: 101 % is outside 0 % to 100 %",
        ),
        (
            one("chain: [{trim: 1 dB, mix: [{at: 1 s, mix: 1 %}, {at: 1 s, mix: 2 %}]}]"),
            "mix: 1 s comes less than 5 ms after 1 s",
        ),
        (one("chain: [{trim: 1 dB, channels: center}]"), "channels: 'center' is not one of s"),
        (one("chain: [{trim: 1 dB, chanels: mid}]"), "'chanels' is not a key here | channels?"),
        (one("chain: [{mix: 40 %}]"), "tracks.a.chain[1]: nothing where one processor is"),
        (one("chain: [squeeze: {mix: 4 %}]"), "'mix' is not a key here | it stands beside the"),
        (one("chain: [4]"), "tracks.a.chain[1]: '4' where one processor is meant; write"),
        (
            one("chain: [{swap: 1 dB, channels: mid}]"),
            "chain[1].channels: swap works between left and right; it cannot work on mid alone",
        ),
        (one("fade_in: 2 s"), "tracks.a.fade_in: '2 s' stands where keys with values are mean"),
        (one("fade_in: {form: 1 s, to: 2 s}"), "fade_in.form: 'form' is not a key here | from"),
        (one("stems: {}"), "tracks.a.stems: 'stems' is not a key of this version | take it ou"),
        (one("upc: 1"), "tracks.a.upc: 'upc' is not a key here | it is a key of a product"),
        (one("artist: [X]"), "tracks.a.artist: a list stands where text is meant | if the bra"),
        (one("artist: ''"), "tracks.a.artist: is empty"),
        (one('artist: "a\\nb"'), "tracks.a.artist: has a line break in it"),
        (one("intent: {low_end: []}"), "tracks.a.intent.low_end: a list stands where text"),
        ("products: {cd: {upc: 5012345678901}}", "products.cd.upc: '5012345678901' ends in 1"),
        ("products: [cd]", "products: a list stands where keys with values are meant"),
        ("products: {CD: {}}", "products.CD: 'CD' cannot be an id"),
        ("editions: {aux: {}}", "editions.aux: 'aux' cannot be an id: Windows keeps this name"),
        ("editions: {a: {limiter: on}}", "editions.a.limiter: 'on' does not say enough | writ"),
        ("deliverables: {../x: {kind: cd_image}}", "deliverables.../x: '../x' cannot be an id"),
        ("deliverables: {reports: {kind: cd_image}}", "the folder out/reports has it"),
        ("deliverables: {x: {kind: vinyl}}", "x.kind: 'vinyl' is not a kind of this version"),
        ("deliverables: {x: {kind: file}}", "x.kind: 'file' is no kind of deliverable | files"),
        ("deliverables: {x: }", "x.kind: is missing | allowed: cd_image, ddp, files"),
        ("deliverables: {x: {kind: files}}", "deliverables.x.format: is missing | allowed: wa"),
        ("deliverables: {x: {kind: files, format: ogg}}", "'ogg' is not one of wav, flac, mp3"),
        ("deliverables: {x: {kind: files, format: wav, bits: 32}}", "'32' is not one of 16, 2"),
        ("level: {match: integrated, at: -14 dB}", "level.at: '-14 dB' is in dB"),
        ("level: {at: -14 LUFS}", "level.match: is missing"),
        ("limiter: {ceiling: 1 dBTP}", "limiter.ceiling: 1 dBTP is outside -12 dBTP to 0 dBTP"),
        ("limiter: {ceiling: -0,5 dBTP}", "limiter.5 dBTP: a comma parts '5 dBTP' from what i"),
        ("album: {title: A, artist: B, release_date: 2026-02-30}", "is no day of the calendar"),
        ("album: {title: A, artist: B, release_date: 6.3.2026}", "write YYYY, YYYY-MM or YYYY"),
        ("album: {title: A, artist: B, artwork: a\\b.png}", "folders are parted by /"),
        ("album: {title: , artist: B}", "album.title: has no value"),
        ("masters: {}", "masters: 'masters' is not a key here"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_in_words(problems_of: Problems, text: str, said: str) -> None:
    problems = problems_of(text)
    assert any(said in problem for problem in problems), problems


@pytest.mark.parametrize("rate", ["44 kHz", "32 kHz", "8000 Hz", "48001 Hz", "47999.5 Hz"])
def test_a_delivery_rate_that_75_does_not_divide_is_refused(
    problems_of: Problems, rate: str
) -> None:
    """A delivery rate that 75 does not divide is refused."""
    text = f"deliverables: {{x: {{kind: files, format: flac, sample_rate: {rate}}}}}"
    (problem,) = problems_of(text)
    assert problem.startswith("deliverables.x.sample_rate: ")


@pytest.mark.parametrize(
    ("rate", "rate_hz"), [("44.1 kHz", 44_100), ("96000 Hz", 96_000), ("album", None)]
)
def test_a_delivery_rate_that_75_divides_is_fine(
    spec_of: Read, rate: str, rate_hz: int | None
) -> None:
    text = f"deliverables: {{x: {{kind: files, format: flac, sample_rate: {rate}}}}}"
    files = spec_of(text).spec.deliverables["x"]
    assert isinstance(files, LosslessFiles)
    assert files.sample_rate_hz == rate_hz


def test_an_mp3_has_a_rate_that_mp3_knows(problems_of: Problems) -> None:
    (problem,) = problems_of(
        "deliverables: {x: {kind: files, format: mp3, sample_rate: 96 kHz}}"
    )
    assert "'96 kHz' is no rate for MP3" in problem
