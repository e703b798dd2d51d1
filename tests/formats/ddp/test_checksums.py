from __future__ import annotations

import hashlib
import re
import zlib
from pathlib import Path

import pytest

from formats.ddp.checksums import WrongSum, decode_list, find_checksums, wrong_sums
from formats.ddp.reader import read_fileset
from formats.ddp.structure import checksum_disagreements
from formats.errors import FormatError

FILES = {"DDPID": b"identity", "IMAGE.DAT": b"sound"}
MD5 = {name: hashlib.md5(data).hexdigest() for name, data in FILES.items()}
CRC = {name: f"{zlib.crc32(data):08X}" for name, data in FILES.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def md5_lines(form: str) -> str:
    return "".join(form.format(MD5[name], name) for name in FILES)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CHECKSUM.MD5", md5_lines("{} *{}\n")),
        ("MD5-Checksum.md5", md5_lines("{} *{}\n").upper()),
        ("MD5_CHECKSUM.MD5", md5_lines("{} *{}\r\n")),
        ("CHECKSUM.MD5", md5_lines("{}  {}\n")),
        ("Checksum.chk", "# by hand\n" + md5_lines("{}  ./{}\n")),
        ("checksum.md5", md5_lines("{} *MASTER\\{}\r\n")),
        ("CHECKSUM.TXT", "[CRC32 Checksum]\n" + "".join(f"{n}={c}\n" for n, c in CRC.items())),
        ("checksum.txt", "[crc32]\r\n" + "".join(f"{n} = {CRC[n]}\r\n" for n in CRC).lower()),
    ],
)  # fmt: skip
def test_lists_of_other_programs_are_read(folder: Path, name: str, text: str) -> None:
    (folder / name).write_bytes(text.encode())
    (found,) = find_checksums(folder)
    assert (found.name, len(found.sums)) == (name, 2)
    assert found.kind == ("crc32" if "crc" in text.lower() else "md5")
    assert wrong_sums(folder, [found]) == ()
    (folder / "IMAGE.DAT").write_bytes(b"noise")
    (folder / "DDPID").unlink()
    changed, missing = sorted(wrong_sums(folder, [found]), key=lambda each: not each.found)
    assert re.search("(?i)image.dat$", changed.file)
    assert changed.found not in ("", changed.promised)
    assert missing == WrongSum(name, missing.file, missing.promised, "")


def test_a_list_in_another_form_has_no_sums(folder: Path) -> None:
    (folder / "Checksum.txt").write_text("WaveLab, as nobody has seen it\n")
    (found,) = find_checksums(folder)
    assert found.sums == {}


@pytest.mark.parametrize("text", ["", "\n", "[CRC32]\nDDPID: 1234", "[CRC32]\nDDPID=123"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        decode_list(text.encode(), name="CHECKSUM.TXT")


def test_what_a_list_leaves_out_and_what_cannot_be_read_is_said(fileset: Path) -> None:
    read = read_fileset(fileset)
    assert checksum_disagreements(read) == ()
    listed = (fileset / "CHECKSUM.MD5").read_text().splitlines(keepends=True)
    (fileset / "CHECKSUM.MD5").write_text("".join(listed[1:]))
    assert [(each.code, each.where) for each in checksum_disagreements(read)] == [
        ("checksum/missing", "DDPID")
    ]
    (fileset / "CHECKSUM.MD5").write_text("nothing\n")
    codes = {each.code for each in checksum_disagreements(read)}
    assert codes == {"checksum/unread", "checksum/missing"}
