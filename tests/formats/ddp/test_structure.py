"""A fileset in which two things differ, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from formats.cdtext import encode_cdtext
from formats.ddp.reader import read_fileset
from formats.ddp.records import ID_CD, MAP, PQ, Layout
from formats.ddp.structure import disagreements, pause_disagreements
from formats.disc import Disc

Put = tuple[str, int, str, str]
LAYOUTS: dict[str, Layout] = {"DDPID": ID_CD, "DDPMS": MAP, "PQDESCR": PQ}


def put(folder: Path, file: str, at: int, field: str, value: str) -> None:
    layout = LAYOUTS[file]
    place = layout.by_name[field]
    assert len(value) == place.size
    data = bytearray((folder / file).read_bytes())
    begin = at * layout.n_bytes + place.offset
    data[begin : begin + place.size] = value.encode("latin-1")
    (folder / file).write_bytes(data)


@pytest.mark.parametrize(
    ("file", "at", "field", "value", "code"),
    [
        ("DDPID", 0, "DDPID", "DDP 2.09", "ddpid/ddpid"),
        ("DDPID", 0, "UPC", "501234567890X", "ddpid/upc"),
        ("DDPID", 0, "UPC", "4006381333931", "catalog/differs"),
        ("DDPID", 0, "TYPE", "  ", "ddpid/type"),
        ("DDPID", 0, "BK", "R", "ddpid/bk"),
        ("DDPID", 0, "SIDE", "2", "ddpid/side"),
        ("DDPID", 0, "MSL", "0000025x", "unreadable"),
        ("DDPID", 0, "MID", "CAT\xff".ljust(48), "ddpid/mid"),
        ("DDPID", 0, "SIZ", " 3", "ddpid/siz"),
        ("DDPID", 0, "TXT", "?".ljust(33), "ddpid/siz"),
        ("DDPMS", 0, "MPV", "VVVS", "ddpms/mpv"),
        ("DDPMS", 0, "SUB", "RW24XX  ", "ddpms/sub"),
        ("DDPMS", 0, "SIZ", "016", "ddpms/siz"),
        ("DDPMS", 0, "DSL", "00000287", "file/size"),
        ("DDPMS", 0, "DSI", "PQDESCR".ljust(17), "map/same-file"),
        ("DDPMS", 1, "SSM", "7", "ddpms/ssm"),
        ("DDPMS", 1, "TRK", "02", "ddpms/trk"),
        ("DDPMS", 2, "SSM", "4", "ddpms/ssm"),
        ("DDPMS", 2, "SCR", "2", "ddpms/scr"),
        ("DDPMS", 2, "SUB", "PQ DESCR", "ddpms/sub"),
        ("DDPMS", 2, "PRE1", " 150", "ddpms/pre1"),
        ("DDPMS", 2, "PRE2", " 151", "ddpms/pre2"),
        ("DDPMS", 2, "OFS", "000000004", "ddpms/ofs"),
        ("DDPMS", 2, "DSL", "00001649", "ends/lead-out"),
        ("DDPMS", 2, "DSS", "00000001", "ends/lead-out"),
        ("DDPMS", 2, "DSS", "0000015x", "unreadable"),
        ("DDPMS", 2, "DSI", "IMAGE.DAX".ljust(17), "file/missing"),
        ("DDPMS", 2, "CDM", "DB", "unreadable"),
        ("PQDESCR", 0, "FRM", "01", "pq/min"),
        ("PQDESCR", 0, "TRK", "01", "pq/trk"),
        ("PQDESCR", 0, "UPC", " " * 13, "catalog/not-in-pq"),
        ("PQDESCR", 0, "ISRC", "GBAAA2400001", "pq/isrc"),
        ("PQDESCR", 0, "CB1", "41", "pq/cb1"),
        ("PQDESCR", 1, "SPV", "VVVM", "pq/spv"),
        ("PQDESCR", 1, "FRM", "01", "pq/min"),
        ("PQDESCR", 1, "CB2", "11", "pq/cb2"),
        ("PQDESCR", 2, "IDX", "02", "pq/trk"),
        ("PQDESCR", 4, "CB1", "21", "pq/cb1"),
        ("PQDESCR", 4, "ISRC", "GBAAA2400009", "pq/isrc"),
        ("PQDESCR", 6, "ISRC", "GBAAA240000X", "pq/isrc"),
        ("PQDESCR", 6, "ISRC", "GBAAA2400009", "text/code"),
        ("PQDESCR", 4, "SEC", "07", "pq/min"),
        ("PQDESCR", 4, "SEC", "08", "pq/empty-pause"),
        ("PQDESCR", 6, "TRK", "04", "text/tracks"),
        ("PQDESCR", 7, "SEC", "23", "pq/min"),
        ("PQDESCR", 7, "IDX", "00", "pq/trk"),
    ],
)  # fmt: skip
def test_what_differs_is_said(
    fileset: Path, file: str, at: int, field: str, value: str, code: str
) -> None:
    put(fileset, file, at, field, value)
    found = disagreements(read_fileset(fileset))
    assert code in {each.code for each in found}, found
    assert all(each.said for each in found)


def test_where_it_is_said(fileset: Path) -> None:
    put(fileset, "PQDESCR", 4, "CB1", "21")
    (found,) = disagreements(read_fileset(fileset))
    assert (found.where, found.said) == (
        "PQDESCR[5] CB1",
        "must be the same on all packets of a track, not '21'",
    )


def test_a_third_lead_out_is_one_too_many(fileset: Path) -> None:
    data = (fileset / "PQDESCR").read_bytes()
    (fileset / "PQDESCR").write_bytes(data + data[-64:])
    put(fileset, "DDPMS", 1, "DSL", "00000640")
    assert [each.code for each in disagreements(read_fileset(fileset))] == ["pq/lead-out"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda block: replace(block, disc=replace(block.disc, code="4006381333931")),
            "the disc",
        ),
        (lambda block: replace(block, tracks=block.tracks[:2]), "has tracks 1 to 2"),
        (
            lambda block: replace(
                block, tracks=(replace(block.tracks[0], code="GBAAA2400009"), *block.tracks[1:])
            ),
            "track no. 1",
        ),
    ],
)
def test_text_that_is_of_another_disc_is_said(
    fileset: Path, disc: Disc, change: Callable[..., object], said: str
) -> None:
    data = encode_cdtext([change(disc.cd_text[0])])  # type: ignore[list-item]
    (fileset / "CDTEXT.BIN").write_bytes(data)
    put(fileset, "DDPMS", 0, "DSL", f"{len(data):08d}")
    found = disagreements(read_fileset(fileset))
    assert any(said in each.said for each in found), found
    assert {each.code for each in found} <= {"text/code", "text/tracks"}


def test_codes_in_text_may_have_hyphens_or_be_none(fileset: Path, disc: Disc) -> None:
    block = disc.cd_text[0]
    codes = ("GB-AAA-24-00001", "", "000000000000")
    tracks = tuple(
        replace(each, code=code) for each, code in zip(block.tracks, codes, strict=True)
    )
    data = encode_cdtext([replace(block, tracks=tracks)])
    (fileset / "CDTEXT.BIN").write_bytes(data)
    put(fileset, "DDPMS", 0, "DSL", f"{len(data):08d}")
    assert disagreements(read_fileset(fileset)) == ()


def test_sound_where_no_player_gets_is_said(fileset: Path) -> None:
    assert pause_disagreements(read_fileset(fileset)) == ()
    data = bytearray((fileset / "IMAGE.DAT").read_bytes())
    data[150 * 2_352 - 1] = 1
    (fileset / "IMAGE.DAT").write_bytes(data)
    (found,) = pause_disagreements(read_fileset(fileset))
    assert found.code == "image/pause"
