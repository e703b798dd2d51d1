from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from formats.cdtext import encode_cdtext
from formats.ddp.dump import dump_json, dump_text, restore_dump
from formats.ddp.reader import disc_of, read_audio, read_fileset
from formats.ddp.records import (
    ID_1,
    ID_CD,
    ID_CD_LATE,
    ID_DVD,
    MAP,
    MAP_1,
    PQ,
    TEXT,
    Layout,
    RecordError,
)
from formats.ddp.structure import checksum_disagreements, disagreements, pause_disagreements
from formats.disc import Disc, DiscIndex, TextBlock, Texts
from formats.errors import DecodeError, EncodeError, FormatError, UnsupportedError

SECTOR = 2_352
IMAGE_PACKET, PQ_PACKET, TEXT_PACKET = 2, 1, 0
# 20,000 before a release.
FUZZED_INPUTS = int(os.environ.get("FUZZED_INPUTS", "1000"))

Edit = Callable[[Path], None]


def put(file: str, layout: Layout, at: int, **fields: str) -> Edit:
    """Return what writes fields into a record as they are, byte by byte."""

    def edit(folder: Path) -> None:
        data = bytearray((folder / file).read_bytes())
        for name, value in fields.items():
            place = layout.by_name[name]
            assert len(value) == place.size, (name, value)
            begin = at * layout.n_bytes + place.offset
            data[begin : begin + place.size] = value.encode("latin-1")
        (folder / file).write_bytes(data)

    return edit


def in_map(at: int, **fields: str) -> Edit:
    return put("DDPMS", MAP, at, **fields)


def in_pq(at: int, **fields: str) -> Edit:
    return put("PQDESCR", PQ, at, **fields)


def in_id(**fields: str) -> Edit:
    return put("DDPID", ID_CD, 0, **fields)


def change(file: str, how: Callable[[bytes], bytes]) -> Edit:
    def edit(folder: Path) -> None:
        (folder / file).write_bytes(how((folder / file).read_bytes()))

    return edit


def rename(old: str, new: str) -> Edit:
    def edit(folder: Path) -> None:
        (folder / old).rename(folder / new)

    return edit


def both(*edits: Edit) -> Edit:
    def edit(folder: Path) -> None:
        for each in edits:
            each(folder)

    return edit


# --- Layouts ----------------------------------------------------------------------------------


def test_fields_follow_one_another_to_the_end_of_the_record() -> None:
    for layout, n_bytes in [
        *((each, 128) for each in (ID_1, ID_CD, ID_CD_LATE, ID_DVD, MAP, MAP_1, TEXT)),
        (PQ, 64),
    ]:
        assert layout.n_bytes == n_bytes
        at = 0
        for field in layout.fields:
            assert field.offset == at
            at += field.size
        assert at == n_bytes


def test_fields_are_where_the_reference_has_them() -> None:
    places = {name: MAP.by_name[name].offset for name in ("DSL", "SUB", "PRE2", "DSI", "OFS")}
    assert places == {"DSL": 14, "SUB": 30, "PRE2": 46, "DSI": 74, "OFS": 104}
    assert (ID_CD.by_name["MID"].offset, ID_CD.by_name["TXT"].offset) == (38, 95)
    assert (ID_CD_LATE.by_name["SIZ"].offset, ID_1.by_name["TXT"].offset) == (94, 88)
    assert (PQ.by_name["CB1"].offset, PQ.by_name["UPC"].offset) == (16, 32)


@pytest.mark.parametrize("value", ["Ä", "x" * 14])
def test_a_value_that_does_not_fit_its_field_is_refused(value: str) -> None:
    with pytest.raises(EncodeError, match="DDPID UPC"):
        ID_CD.encode(UPC=value)


# --- What other programs write ----------------------------------------------------------------


@pytest.mark.parametrize(
    "edit",
    [
        in_map(IMAGE_PACKET, DSL="    1650", SIZ=" 17", DSS=" " * 8, SCR="1"),
        in_map(IMAGE_PACKET, SSM="0"),
        in_map(IMAGE_PACKET, DSL=" " * 8),
        in_map(TEXT_PACKET, TRK="  "),
        in_map(IMAGE_PACKET, PAD="\0" * 15, OFS="\0" * 9),
        both(*(in_pq(at, HRS="00") for at in range(9))),
        both(change("PQDESCR", lambda data: data[:-64]), in_map(1, DSL="00000512")),
        both(change("PQDESCR", lambda data: data + bytes(1_472)), in_map(1, DSL="00002048")),
        change("DDPID", lambda data: data + b"\r\n"),
        change("DDPMS", lambda data: data + b" " * 128),
        both(rename("PQDESCR", "SUBCODES.DAT"), in_map(1, DSI="SUBCODES.DAT".ljust(17))),
        both(rename("IMAGE.DAT", "IC01.TRK"), in_map(2, DSI="IC01.TRK".ljust(17))),
        both(rename("IMAGE.DAT", "image.dat"), rename("DDPID", "ddpid")),
        both(change("CDTEXT.BIN", lambda data: data + b"\0"), in_map(0, DSL="00000289")),
        both(
            change("CDTEXT.BIN", lambda data: b"\x01\x22\0\0" + data), in_map(0, DSL="00000292")
        ),
        both(
            change("IMAGE.DAT", lambda data: b"RIFF" + data), in_map(2, OFS="        4")
        ),
        in_pq(2, ISRC=" " * 12),
        both(*(in_pq(at, UPC="5012345678900") for at in range(1, 9))),
        in_id(MSL="00000384", BK="O"),
        in_id(SIZ=" 7", TXT="A label".ljust(33)),
        put("DDPID", ID_CD_LATE, 0, SIZ="07", TXT="A label".ljust(32)),
        change("DDPMS", lambda data: data[256:] + data[:256]),
    ],
)  # fmt: skip
def test_habits_of_other_programs_mean_the_same(fileset: Path, disc: Disc, edit: Edit) -> None:
    edit(fileset)
    read = read_fileset(fileset)
    assert disc_of(read) == disc
    found = [each for each in disagreements(read) if each.code != "ddpms/ofs"]
    assert found == []
    assert sum(map(len, read_audio(read, 0, 1_650))) == 1_650 * SECTOR


def test_ddp_1_01_has_no_type_and_a_shorter_map(fileset: Path, disc: Disc) -> None:
    change("DDPID", lambda data: b"DDP 1.01" + data[8:86] + b"04Text".ljust(42))(fileset)
    in_map(0, NEW="x", OFS="not yet  ")(fileset)  # padding then
    read = read_fileset(fileset)
    assert disc_of(read) == disc
    assert read.identity.records[0].text("TXT") == "Text"


def test_the_text_file_is_found_although_the_map_does_not_name_it(
    fileset: Path, disc: Disc
) -> None:
    change("DDPMS", lambda data: data[128:])(fileset)
    read = read_fileset(fileset)
    assert disc_of(read) == disc
    assert [each.code for each in disagreements(read)] == ["map/undeclared"]
    (fileset / "CDTEXT.BIN").unlink()
    assert disc_of(read_fileset(fileset)) == replace(disc, cd_text=())


def test_an_image_without_the_pause_begins_at_sector_150(
    fileset: Path, disc: Disc, audio: bytes
) -> None:
    in_map(2, DSS="00000150", DSL="00001500", PRE2="    ")(fileset)
    change("IMAGE.DAT", lambda data: data[150 * SECTOR :])(fileset)
    read = read_fileset(fileset)
    assert disc_of(read) == disc
    assert disagreements(read) == ()
    assert pause_disagreements(read) == ()
    assert b"".join(read_audio(read, 0, 1_650)) == audio
    assert b"".join(read_audio(read, 149, 152)) == audio[149 * SECTOR : 152 * SECTOR]
    assert b"".join(read_audio(read, 20, 30)) == bytes(10 * SECTOR)


def test_a_upc_of_12_digits_is_filled_up(fileset: Path, disc: Disc) -> None:
    upc = "012345678905 "
    both(in_id(UPC=upc), in_pq(0, UPC=upc), change("CDTEXT.BIN", _with_code(disc)))(fileset)
    read = read_fileset(fileset)
    assert disc_of(read).catalog == "0012345678905"
    assert disagreements(read) == ()


def _with_code(disc: Disc) -> Callable[[bytes], bytes]:
    block = disc.cd_text[0]
    changed = replace(block, disc=replace(block.disc, code="0012345678905"))
    return lambda _: encode_cdtext([changed])


def test_a_pause_of_no_length_is_none(fileset: Path, disc: Disc) -> None:
    in_pq(3, SEC="09")(fileset)
    read = read_fileset(fileset)
    assert disc_of(read).tracks[1].indexes == (DiscIndex(1, 675), DiscIndex(2, 900))
    assert [each.code for each in disagreements(read)] == ["pq/empty-pause"]


def test_text_that_cannot_be_read_does_not_hide_the_disc(fileset: Path, disc: Disc) -> None:
    change("CDTEXT.BIN", lambda data: data[:20] + b"?" + data[21:])(fileset)
    read = read_fileset(fileset)
    with pytest.raises(DecodeError, match="CRC"):
        disc_of(read)
    assert disc_of(read, with_text=False) == replace(disc, cd_text=())
    assert any("CRC" in each.said for each in disagreements(read))


def test_a_text_stream_is_dumped_and_says_nothing_of_the_disc(
    fileset: Path, disc: Disc
) -> None:
    packet = MAP.encode(MPV="VVVM", DST="T1", DSL="00000128", SIZ="017", DSI="COMMENT")
    change("DDPMS", lambda data: packet + data)(fileset)
    text = TEXT.encode(TPV="VVVT", TRK="01", IDX="01", SIZ=" 11", TXT="A long fade")
    (fileset / "COMMENT").write_bytes(text)
    read = read_fileset(fileset)
    assert disc_of(read) == disc
    assert disagreements(read) == ()
    assert 'COMMENT[1] SIZ        8 " 11"' in dump_text(read)
    assert restore_dump(dump_json(read))["COMMENT"] == text


# --- What is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "kind", "said"),
    [
        (lambda folder: (folder / "DDPID").unlink(), FormatError, "DDPID is not in the folder"),
        (lambda folder: (folder / "PQDESCR").unlink(), FormatError, "PQDESCR is not in the fo"),
        (change("DDPID", lambda data: data[:100]), FormatError, "DDPID has 100 bytes"),
        (change("DDPID", lambda data: data * 2), FormatError, "must be one record"),
        (in_id(DDPID="RIFF1234"), FormatError, "that begins with DDP"),
        (change("DDPMS", lambda data: b""), FormatError, "DDPMS has 0 bytes"),
        (change("DDPMS", lambda data: data + b"x"), FormatError, "DDPMS has 385 bytes"),
        (in_map(1, SUB="PQ DESCX"), FormatError, "names no PQ DESCR"),
        (in_map(0, SUB="PQ DESCR"), UnsupportedError, "names 2 streams PQ DESCR"),
        (in_map(2, DSI="../secret".ljust(17)), RecordError, "DDPMS, byte 330, DSI"),
        (in_map(2, CDM="10"), UnsupportedError, "has the data streams D0 10"),
        (change("DDPMS", lambda data: data + data[256:]), UnsupportedError, "D0 DA, D0 DA"),
        (in_id(TYPE="DV"), UnsupportedError, "is of the type 'DV'"),
        (in_pq(3, MIN="0x"), RecordError, "PQDESCR, byte 202, MIN: expected a number"),
        (in_pq(3, SEC="60"), RecordError, "SEC: expected 00 to 59, found '60'"),
        (in_pq(3, FRM="75"), RecordError, "FRM: expected 00 to 74"),
        (in_pq(3, FRM="  "), RecordError, "FRM: expected 00 to 74"),
        (in_pq(3, HRS="01"), RecordError, "HRS: expected blank or 00"),
        (in_pq(3, IDX="  "), RecordError, "IDX: expected 00 to 99"),
        (in_pq(3, TRK="0B"), RecordError, "TRK: expected a number"),
        (in_pq(3, CB1="0X"), RecordError, "CB1: expected a hexadecimal digit"),
        (in_pq(3, CB1="41"), UnsupportedError, "track 02 is data"),
        (in_pq(3, CB1="81"), UnsupportedError, "track 02 is in four channels"),
        (change("PQDESCR", lambda data: data[:-128]), FormatError, "has no lead-out"),
        (change("PQDESCR", lambda data: data[:64] + data[-64:]), FormatError, "has no track"),
        (change("CDTEXT.BIN", lambda data: bytes(1_000_001)), FormatError, "far too long"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_with_its_place(
    fileset: Path, edit: Edit, kind: type[FormatError], said: str
) -> None:
    edit(fileset)
    with pytest.raises(kind, match=re.escape(said)):
        disc_of(read_fileset(fileset))


def test_an_image_that_is_missing_or_short_is_said_when_it_is_read(fileset: Path) -> None:
    change("IMAGE.DAT", lambda data: data[: 1_000 * SECTOR])(fileset)
    with pytest.raises(DecodeError, match="at byte 2352000: expected 1528800 more"):
        list(read_audio(read_fileset(fileset), 0, 1_650))
    (fileset / "IMAGE.DAT").unlink()
    with pytest.raises(FormatError, match="names 'IMAGE"):
        list(read_audio(read_fileset(fileset), 0, 1))


def test_a_folder_that_is_none_holds_no_fileset(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(FormatError, match="DDPID is not in the folder"):
            read_fileset(folder)


# --- The dump ---------------------------------------------------------------------------------


def test_the_dump_gives_back_every_byte(fileset: Path) -> None:
    both(
        change("PQDESCR", lambda data: data + bytes(7)),
        in_map(1, DSL="00000583"),
        change("CDTEXT.BIN", lambda data: b"\x01\x22\0\0" + data + b"\0"),
        in_map(0, DSL="00000293"),
        in_id(MID='B\xf6rk\\"\0'.ljust(48)),
    )(fileset)
    dumped = dump_json(read_fileset(fileset))
    restored = restore_dump(dumped)
    assert set(restored) == {"DDPID", "DDPMS", "PQDESCR", "CDTEXT.BIN"}
    for name, data in restored.items():
        assert data == (fileset / name).read_bytes(), name


def test_the_text_dump_has_a_line_for_every_field(fileset: Path) -> None:
    lines = dump_text(read_fileset(fileset)).splitlines()
    assert 'DDPID[1] UPC        8 "5012345678900"' in lines
    assert 'DDPMS[3] DSL       14 "00001650"' in lines
    assert 'PQDESCR[4] CB1       16 "31"' in lines
    assert "IMAGE.DAT 3880800 bytes" in lines
    (pack,) = (line for line in lines if line.startswith("CDTEXT.BIN[1] "))
    assert pack.endswith('TITLE track 0 no. 0 block 0 position 0 "Test Album\\x00F"')
    n_fields = len(ID_CD.fields) + 3 * len(MAP.fields) + 9 * len(PQ.fields)
    assert len(lines) == n_fields + 16 + 1


def test_the_text_dump_shows_damage_where_it_is(fileset: Path) -> None:
    change("CDTEXT.BIN", lambda data: data[:20] + b"?" + data[21:] + b"\0")(fileset)
    in_map(0, DSL="00000289")(fileset)
    lines = dump_text(read_fileset(fileset)).splitlines()
    assert any("CDTEXT.BIN[2]" in line and "damaged: at byte 16" in line for line in lines)
    assert "CDTEXT.BIN after 00" in lines


@pytest.mark.parametrize(
    "text", ["", "[]", '{"records": [{"name": 1}]}', '{"records": 3}', "{"]
)
def test_what_is_no_dump_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match="no dump of a fileset"):
        restore_dump(text)


# --- Any bytes --------------------------------------------------------------------------------


def damaged(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    alphabet = b"0123456789 AVSDP\0\xff"
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(changed) + 1)
        match rng.randrange(12):
            case 0:
                del changed[at : at + rng.choice((1, 64, 128))]
            case 1:
                changed[at:at] = rng.randbytes(rng.choice((1, 64)))
            case _:
                changed[at : at + 1] = bytes([rng.choice(alphabet)])
    return bytes(changed)


def test_damaged_filesets_raise_nothing_but_format_errors(fileset: Path) -> None:
    block = TextBlock(Texts("日本"), (Texts("歌"), Texts(), Texts("次")))
    (fileset / "CDTEXT.BIN").write_bytes(encode_cdtext([block]))
    rng = random.Random(5)
    good = {name: (fileset / name).read_bytes() for name in ("DDPID", "DDPMS", "PQDESCR")}
    good["CDTEXT.BIN"] = (fileset / "CDTEXT.BIN").read_bytes()
    n_read = 0
    for _ in range(FUZZED_INPUTS):
        name = rng.choice(list(good))
        (fileset / name).write_bytes(damaged(rng, good[name]))
        try:
            read = read_fileset(fileset)
            disagreements(read)
            assert restore_dump(dump_json(read))["DDPID"]
            dump_text(read)
            disc_of(read)
            for _block in read_audio(read, 0, 2):
                pass
        except FormatError:
            pass
        else:
            n_read += 1
        (fileset / name).write_bytes(good[name])
    assert FUZZED_INPUTS / 20 < n_read < FUZZED_INPUTS


def test_damaged_lists_of_checksums_raise_nothing_but_format_errors(fileset: Path) -> None:
    (fileset / "IMAGE.DAT").write_bytes(bytes(SECTOR))
    good = (fileset / "CHECKSUM.MD5").read_bytes()
    rng = random.Random(6)
    for _ in range(300):
        (fileset / "CHECKSUM.MD5").write_bytes(damaged(rng, good))
        checksum_disagreements(read_fileset(fileset))
