"""The lists of checksums that programs put beside a fileset. DDP itself has none.

Read are those of ``md5sum`` in any of its forms, under any name, and the CRC-32 lists that
cue2ddp and GEAR PRO write as ``NAME=XXXXXXXX`` below a line in brackets.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from formats.checksums import decode_checksums, file_digest
from formats.ddp.image import file_blocks
from formats.errors import FormatError

MD5_NAME = "CHECKSUM.MD5"
CRC_NAME = "CHECKSUM.TXT"
Kind = Literal["md5", "crc32"]

_LIST_NAME = re.compile(r"(?i).*(checksum|md5|crc).*|.*\.(chk|sfv)")
_CRC_LINE = re.compile(r"(.+?)\s*=\s*([0-9A-Fa-f]{8})")
_MAX_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class ChecksumList:
    """A list: the file it stands in, what kind of sums, and file name to sum."""

    name: str
    kind: Kind
    sums: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WrongSum:
    """A file that is not what a list says; `found` is empty if there is no such file."""

    list_name: str
    file: str
    promised: str
    found: str


def find_checksums(folder: Path) -> tuple[ChecksumList, ...]:
    """Return the lists of checksums in a folder, by name of their files.

    A list in a form that is not read comes without sums: some programs have forms of their own
    (WaveLab, Sequoia, Pyramix; none of these was seen).
    """
    names = sorted(each.name for each in folder.iterdir() if each.is_file())
    return tuple(_read_list(folder / name) for name in names if _LIST_NAME.fullmatch(name))


def wrong_sums(folder: Path, lists: Iterable[ChecksumList]) -> tuple[WrongSum, ...]:
    """Return the files in a folder that differ from what the lists say, reading each once.

    Only the last part of a name counts: it is looked for in the folder, in capitals or not.
    """
    files = {each.name.casefold(): each for each in folder.iterdir() if each.is_file()}
    sums: dict[tuple[str, Kind], str] = {}
    wrong = []
    for each in lists:
        for name, promised in each.sums.items():
            path = files.get(re.split(r"[/\\]", name)[-1].casefold())
            found = ""
            if path:
                key = (path.name, each.kind)
                found = sums[key] = sums.get(key) or _sum(path, each.kind)
            if found != promised.lower():
                wrong.append(WrongSum(each.name, name, promised, found))
    return tuple(wrong)


def encode_crc_list(sums: Mapping[str, int]) -> bytes:
    """Return CRC-32 sums as cue2ddp writes them."""
    lines = [f"{name}={value:08X}\n" for name, value in sums.items()]
    return ("[CRC32 Checksum]\n" + "".join(lines)).encode("ascii")


def decode_list(data: bytes, *, name: str) -> ChecksumList:
    """Read a list of either kind.

    Raises
    ------
    FormatError
        If it is none.
    """
    text = data.decode("latin-1")
    if re.search(r"(?im)^\[.*crc.*\]\s*$", text):
        return ChecksumList(name, "crc32", _crc_sums(text))
    sums = decode_checksums(data, "md5")
    if not sums:
        raise FormatError(f"{name} holds no checksum")
    return ChecksumList(name, "md5", sums)


def _read_list(path: Path) -> ChecksumList:
    with path.open("rb") as file:
        data = file.read(_MAX_BYTES + 1)
    try:
        return decode_list(data[:_MAX_BYTES], name=path.name)
    except FormatError:
        return ChecksumList(path.name, "md5", {})


def _crc_sums(text: str) -> dict[str, str]:
    sums = {}
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("["):
            continue
        match = _CRC_LINE.fullmatch(stripped)
        if match is None:
            raise FormatError(f"line {number}: {stripped[:80]!r} is no NAME=XXXXXXXX")
        sums[match[1]] = match[2].lower()
    return sums


def _sum(path: Path, kind: Kind) -> str:
    if kind == "md5":
        return file_digest(path, "md5")
    crc = 0
    for block in file_blocks(path):
        crc = zlib.crc32(block, crc)
    return f"{crc:08x}"
