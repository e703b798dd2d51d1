"""What is written, against files that other programs wrote or have read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.ddp.image import file_blocks, silence
from formats.ddp.reader import disc_of, read_audio, read_fileset
from formats.ddp.structure import (
    checksum_disagreements,
    disagreements,
    pause_disagreements,
)
from formats.ddp.writer import CUE2DDP, DIALECTS, PLANT, Dialect, encode_records, write_fileset
from formats.disc import Disc, DiscIndex, DiscTrack, Genre, TextBlock, Texts
from formats.errors import EncodeError

SECTOR = 2_352


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def track(number: int, *places: tuple[int, int], **what: Any) -> DiscTrack:
    return DiscTrack(number, tuple(DiscIndex(*place) for place in places), **what)


def shown(data: bytes, size: int) -> list[str]:
    """Return the records as the reference prints them."""
    records = [data[at : at + size].decode("ascii") for at in range(0, len(data), size)]
    return [each.rstrip(" ").replace(" ", "·") for each in records]


# --- The dialect for plants -------------------------------------------------------------------


def test_the_example_of_the_dialect_for_plants(disc: Disc) -> None:
    files = encode_records(disc)
    assert {name: md5(data) for name, data in files.items()} == {
        "DDPID": "e68ff9fbaeb31c2578426ba36b709dc5",
        "DDPMS": "de38a752f4823c40c0f050ea7ea9c2d2",
        "CDTEXT.BIN": "53ff7e2e6756fbbd6b1b98e5795f9292",
        "PQDESCR": "b690cef79e338881ff964b4bf3ce01f3",
    }
    assert shown(files["DDPMS"], 128) == [
        "VVVMS0········00000288········CDTEXT···················00··············017CDTEXT.BIN",
        "VVVMS0········00000576········PQ·DESCR·································017PQDESCR",
        "VVVMD0········0000165000000000········DA70·····150·····················017IMAGE.DAT",
    ]
    assert shown(files["PQDESCR"], 64) == [
        "VVVS0000··00000001··············5012345678900",
        "VVVS0100··00000001··GBAAA2400001",
        "VVVS0101··00020001··GBAAA2400001",
        "VVVS0200··00080031··GBAAA2400002",
        "VVVS0201··00090031··GBAAA2400002",
        "VVVS0202··00120031",
        "VVVS0301··00170001··GBAAA2400003",
        "VVVSAA01··00220001",
        "VVVSAA01··00220001",
    ]


# --- cue2ddp, bit for bit ---------------------------------------------------------------------

NO_UPC = "187970110683c92c25bdb82256354780"
ONE_TRACK = Disc((track(1, (0, 0), (1, 150)),), 900)
ONE_TRACK_MAP = "4ddcd3c75e054c6685453524a0973a1a"
ONE_TRACK_IMAGE = "bcebec4d225e28c6899a24a4c5b968b3"


@dataclass(frozen=True)
class Experiment:
    """A disc, the silent sectors before the pattern, and the sums of its files."""

    number: str
    disc: Disc
    n_silent: int
    sums: dict[str, str]


EXPERIMENTS = [
    Experiment(
        "005",
        replace(
            ONE_TRACK,
            tracks=(track(1, (0, 0), (1, 150), isrc="USABC1234567"),),
            catalog="0123456789012",
        ),
        150,
        {
            "DDPID": "dd89c874714f94418b20feea4d9b2ac6",
            "DDPMS": ONE_TRACK_MAP,
            "SD": "e6d506c61b61150a572f5290379e47d9",
            "IMAGE.DAT": ONE_TRACK_IMAGE,
        },
    ),
    Experiment(
        "007",
        replace(ONE_TRACK, master_id="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijkl"),
        150,
        {
            "DDPID": "6c197ff2f20c4631faaf09aa8a18c9d3",
            "DDPMS": ONE_TRACK_MAP,
            "SD": "efb6f54229b585f060c421277c8003e0",
            "IMAGE.DAT": ONE_TRACK_IMAGE,
        },
    ),
    Experiment(
        "009",
        Disc((track(1, (0, 0), (1, 225)),), 750),
        0,
        {
            "DDPID": NO_UPC,
            "DDPMS": "33271a39835f8d735b7e02f8a9d8823f",
            "SD": "87cb4e54c49bf4f79a8216aec39da777",
            "IMAGE.DAT": "2f7a0d68e4be5408bb7bf6448f64823a",
        },
    ),
    Experiment(
        "010",
        replace(ONE_TRACK, tracks=(track(1, (0, 0), (1, 150), scms=True),)),
        150,
        {
            "DDPID": NO_UPC,
            "DDPMS": ONE_TRACK_MAP,
            "SD": "acea67698513e018c099c4a349d97d2c",
            "IMAGE.DAT": ONE_TRACK_IMAGE,
        },
    ),
    Experiment(
        "011",
        Disc(
            (track(1, (0, 0), (1, 150)), track(2, (1, 900))),
            1_650,
            cd_text=(
                TextBlock(
                    Texts("Disc Title", "Disc Performer", "Disc Writer"),
                    (
                        Texts("Track One", "Perf One", "Writer One"),
                        Texts("Track Two", "Perf Two"),
                    ),
                ),
            ),
        ),
        150,
        {
            "DDPID": NO_UPC,
            "DDPMS": "7764f19ca0f898e45c666538e101fb20",
            "CDTEXT.BIN": "6446664ada333c1e8ffca967c4ceed42",
            "SD": "705ac1ddd23cde9d353cb4c70283318d",
            "IMAGE.DAT": "7b4dad7a5114569b4e25550ca6278dda",
        },
    ),
    Experiment(
        "014",
        Disc(
            (
                track(1, (0, 0), (1, 150)),
                track(2, (0, 750), (1, 825), (2, 1_125)),
                track(3, (0, 1_500), (1, 1_650)),
            ),
            2_250,
        ),
        0,
        {
            "DDPID": NO_UPC,
            "DDPMS": "7f773da844b9b1091352eab67fb9e670",
            "SD": "2bec8bd934a93dbdfb982c209865b7d6",
            "IMAGE.DAT": "16551afeac0b9d80e6d90af18c8a8d7e",
        },
    ),
]


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda each: str(each.number))
def test_files_of_cue2ddp_are_reproduced(
    tmp_path: Path, pattern: Callable[[int], bytes], experiment: Experiment
) -> None:
    n_heard = experiment.disc.lead_out_sector - experiment.n_silent
    written = write_fileset(
        tmp_path,
        experiment.disc,
        chain(silence(experiment.n_silent), [pattern(n_heard)]),
        dialect=CUE2DDP,
    )
    assert dict(written.digests) == experiment.sums
    names = {*experiment.sums, "CHECKSUM.MD5", "CHECKSUM.TXT"}
    assert {path.name for path in tmp_path.iterdir()} == names
    on_disk = {name: md5((tmp_path / name).read_bytes()) for name in experiment.sums}
    assert on_disk == experiment.sums
    lines = "".join(f"{digest} *{name}\n" for name, digest in experiment.sums.items())
    assert (tmp_path / "CHECKSUM.MD5").read_text() == lines


def test_its_list_of_crcs_is_reproduced(
    tmp_path: Path, pattern: Callable[[int], bytes]
) -> None:
    blocks = chain(silence(150), [pattern(750)])
    write_fileset(tmp_path, EXPERIMENTS[0].disc, blocks, dialect=CUE2DDP)
    assert (tmp_path / "CHECKSUM.TXT").read_text() == (
        "[CRC32 Checksum]\nDDPID=7C7CF497\nDDPMS=EA0D5627\nSD=F08A87A6\nIMAGE.DAT=5D3DE4A4\n"
    )


# --- The image --------------------------------------------------------------------------------


def test_audio_is_written_as_it_is_low_byte_first(
    tmp_path: Path, disc: Disc, audio: bytes
) -> None:
    write_fileset(tmp_path, disc, [audio[:1_000], b"", audio[1_000:]])
    image = (tmp_path / "IMAGE.DAT").read_bytes()
    assert image == audio
    # Sample 70000 behind the pause: 70000 = 1 x 65536 + 4464, and 4464 = 0x1170.
    at = 150 * SECTOR + 70_000 * 4
    assert image[at : at + 4] == b"\x70\x11\x01\x00"


def test_a_last_sector_that_is_not_full_is_filled_up_with_silence(
    tmp_path: Path, disc: Disc, audio: bytes
) -> None:
    write_fileset(tmp_path, disc, [audio[: -SECTOR + 4]])
    image = (tmp_path / "IMAGE.DAT").read_bytes()
    assert image == audio[: -SECTOR + 4] + bytes(SECTOR - 4)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda audio: audio[:-SECTOR], "audio: '1649' sectors must be 1650"),
        (lambda audio: audio + bytes(4), "audio: 'more' sectors must be 1650"),
        (lambda audio: b"", "audio: '0' sectors must be 1650"),
    ],
)
def test_audio_of_another_length_is_refused_and_leaves_nothing(
    tmp_path: Path, disc: Disc, audio: bytes, change: Callable[[bytes], bytes], said: str
) -> None:
    with pytest.raises(EncodeError, match=said):
        write_fileset(tmp_path / "ddp", disc, [change(audio)])
    assert list((tmp_path / "ddp").iterdir()) == []


def test_audio_may_come_from_behind_the_header_of_a_file(
    tmp_path: Path, disc: Disc, audio: bytes
) -> None:
    source = tmp_path / "disc.wav"
    source.write_bytes(b"x" * 44 + audio[150 * SECTOR :])
    blocks = chain(silence(150), file_blocks(source, begin_bytes=44))
    write_fileset(tmp_path / "ddp", disc, blocks)
    assert (tmp_path / "ddp/IMAGE.DAT").read_bytes() == audio


# --- What is refused, and what is not left ----------------------------------------------------


def test_what_would_corrupt_a_disc_is_refused_before_anything_is_written(
    tmp_path: Path, disc: Disc
) -> None:
    with pytest.raises(EncodeError, match="99:59:74"):
        write_fileset(tmp_path / "ddp", replace(disc, lead_out_sector=450_000), [])
    long = tuple(Texts(f"{number}" + "x" * 1_500) for number in range(3))
    block = replace(disc.cd_text[0], tracks=long)
    with pytest.raises(EncodeError, match="packs must be at most 256"):
        write_fileset(tmp_path / "ddp", replace(disc, cd_text=(block,)), [])
    assert not (tmp_path / "ddp").exists()


def test_a_fileset_is_never_written_over_another(fileset: Path, disc: Disc) -> None:
    before = (fileset / "DDPID").read_bytes()
    with pytest.raises(EncodeError, match="must not hold a DDPID already"):
        write_fileset(fileset, replace(disc, master_id="OTHER"), [])
    assert (fileset / "DDPID").read_bytes() == before


def test_equal_discs_give_equal_bytes(
    tmp_path: Path, disc: Disc, audio: bytes, dialect: Dialect
) -> None:
    for name in ("a", "b"):
        write_fileset(tmp_path / name, disc, [audio], dialect=dialect)
    first, second = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in "ab"
    )
    assert first == second


def test_the_zero_byte_behind_the_text_is_a_choice(tmp_path: Path, disc: Disc) -> None:
    plain, ended = (
        encode_records(disc, ends_text_with_zero=wanted)["CDTEXT.BIN"]
        for wanted in (False, True)
    )
    assert ended == plain + b"\0"
    without = encode_records(replace(disc, cd_text=()), ends_text_with_zero=True)
    assert "CDTEXT.BIN" not in without


def test_isrcs_stand_on_both_indexes_for_plants_and_once_for_cue2ddp(disc: Disc) -> None:
    for dialect, n_codes in ((PLANT, 5), (CUE2DDP, 3)):
        pq = encode_records(disc, dialect=dialect)[dialect.pq_name]
        assert pq.count(b"GBAAA24") == n_codes


def test_a_hidden_song_longer_than_its_field_leaves_the_field_blank() -> None:
    for start, field in ((9_999, b"9999"), (10_000, b"    ")):
        hidden = Disc((track(1, (0, 0), (1, start)),), 20_000)
        assert encode_records(hidden)["DDPMS"][128 + 46 : 128 + 50] == field


def test_dialects_are_found_by_name() -> None:
    assert DIALECTS == {"plant": PLANT, "cue2ddp": CUE2DDP}


# --- Any disc ---------------------------------------------------------------------------------

CODES = st.text(st.sampled_from("ABCXYZ0123456789"), min_size=3, max_size=3)
ISRCS = st.one_of(
    st.just(""), st.builds("{}{}{:07d}".format, st.just("GB"), CODES, st.integers(0, 9_999_999))
)
WORDS = st.text(st.characters(codec="latin-1", exclude_categories=["Cc", "Cf"]), max_size=20)


@st.composite
def discs(draw: st.DrawFn) -> Disc:
    first = draw(st.integers(1, 3) | st.just(96))
    n_tracks = draw(st.integers(1, 4))
    start = draw(st.integers(150, 12_000))
    steps = st.integers(1, 1_000)
    tracks, sector = [], start
    for number in range(first, first + n_tracks):
        places = [(0, 0)] if number == first else []
        if number > first and draw(st.booleans()):
            places.append((0, sector))
            sector += draw(steps)
        for index in range(1, 1 + draw(st.integers(1, 4) | st.sampled_from([1, 1, 1, 99]))):
            places.append((index, sector))
            sector += draw(steps)
        is_copy_permitted, scms = draw(
            st.sampled_from([(False, False), (True, False), (False, True)])
        )
        tracks.append(
            track(
                number,
                *places,
                isrc=draw(ISRCS),
                has_pre_emphasis=draw(st.booleans()),
                is_copy_permitted=is_copy_permitted,
                scms=scms,
            )
        )
    catalog = draw(st.just("") | st.integers(0, 10**13 - 1).map("{:013d}".format))
    return Disc(
        tuple(tracks),
        sector,
        catalog,
        draw(st.from_regex(r"([!-~]([ -~]{0,46}[!-~])?)?", fullmatch=True)),
        draw(st.just(()) | _texts([each.isrc for each in tracks], catalog)),
    )


@st.composite
def _texts(draw: st.DrawFn, isrcs: list[str], catalog: str) -> tuple[TextBlock, ...]:
    genre = st.none() | st.builds(Genre, st.integers(0, 28), st.just("Folk"))
    blocks = []
    for language in range(draw(st.integers(1, 3))):
        each = [
            Texts(draw(WORDS), draw(WORDS), composer=draw(WORDS), code=isrc) for isrc in isrcs
        ]
        of_disc = Texts(draw(WORDS), draw(WORDS), code=catalog)
        blocks.append(TextBlock(of_disc, tuple(each), 9 + language, genre=draw(genre)))
    return tuple(blocks)


@given(discs(), st.sampled_from([PLANT, CUE2DDP]), st.booleans())
@settings(max_examples=100, deadline=None)
def test_any_disc_is_read_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, disc: Disc, dialect: Dialect, zero: bool
) -> None:
    folder = tmp_path_factory.mktemp("any")
    files = encode_records(disc, dialect=dialect, ends_text_with_zero=zero)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    with (folder / "IMAGE.DAT").open("wb") as image:
        image.truncate(disc.lead_out_sector * SECTOR)  # a hole in the file: no disk is needed
    fileset = read_fileset(folder)
    assert disc_of(fileset) == disc
    assert disagreements(fileset) == ()
    (folder / "IMAGE.DAT").unlink()
    # What was read is written as the same bytes.
    assert encode_records(disc_of(fileset), dialect=dialect, ends_text_with_zero=zero) == files


def test_what_is_written_is_sound_and_reads_as_it_was(
    tmp_path: Path, disc: Disc, audio: bytes, dialect: Dialect
) -> None:
    write_fileset(tmp_path, disc, [audio], dialect=dialect)
    fileset = read_fileset(tmp_path)
    assert disc_of(fileset) == disc
    assert b"".join(read_audio(fileset, 0, disc.lead_out_sector)) == audio
    assert b"".join(read_audio(fileset, 700, 710)) == audio[700 * SECTOR : 710 * SECTOR]
    assert disagreements(fileset) == ()
    assert checksum_disagreements(fileset) == ()
    assert pause_disagreements(fileset) == ()


def test_99_tracks_and_99_indexes(tmp_path: Path) -> None:
    tracks = [track(1, (0, 0), *((n, 150 + 3 * n) for n in range(1, 100)))]
    tracks += [
        track(n, (0, n * 1_000 - 5), (1, n * 1_000), isrc=f"GBAAA24{n:05d}")
        for n in range(2, 100)
    ]
    full = Disc(tuple(tracks), 100_000)
    for name, data in encode_records(full).items():
        (tmp_path / name).write_bytes(data)
    with (tmp_path / "IMAGE.DAT").open("wb") as image:
        image.truncate(100_000 * SECTOR)
    fileset = read_fileset(tmp_path)
    assert disc_of(fileset) == full
    assert disagreements(fileset) == ()
