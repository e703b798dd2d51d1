"""ZIP files for upload: equal files give equal bytes (PKWARE APPNOTE 6.3.10).

Members are stored, not compressed: audio hardly shrinks, and what a compressor makes depends on
its version. All have one date, the earliest that the format knows, and come in a given order.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from formats.errors import FormatError, UnsupportedError

_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_RW_R_R = 0o100644 << 16
_BLOCK_BYTES = 1 << 20
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a ZIP file: its path there with forward slashes, and its length."""

    name: str
    size_bytes: int


def write_zip(path: Path, members: Mapping[str, Path]) -> None:
    """Write files into a ZIP file.

    Parameters
    ----------
    path : Path
        Where to.
    members : mapping of str to Path
        Path in the ZIP file to the file, in the order in which they are written.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, strict_timestamps=True) as out:
        for name, source in members.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.create_system, info.external_attr = _UNIX, _RW_R_R
            info.file_size = source.stat().st_size  # tells whether it needs ZIP64
            with source.open("rb") as file, out.open(info, "w") as member:
                shutil.copyfileobj(file, member, _BLOCK_BYTES)


def members_of(path: Path) -> tuple[Member, ...]:
    """Return what a ZIP file holds, in its order; folders are left out.

    Raises
    ------
    FormatError
        If it is none, or damaged.
    UnsupportedError
        If a member is encrypted, or would land outside of a folder it is unpacked into.
    """
    with _opened(path) as archive:
        return tuple(Member(each.filename, each.file_size) for each in _files(archive))


def member_digests(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each member with its SHA-256; its own CRC is compared on the way.

    Raises
    ------
    FormatError
        As `members_of`; or if what a member holds is not what was packed.
    """
    with _opened(path) as archive:
        for each in _files(archive):
            hasher = hashlib.sha256()
            try:
                with archive.open(each) as member:
                    while block := member.read(_BLOCK_BYTES):
                        hasher.update(block)
            except _DAMAGE as error:
                raise FormatError(f"{each.filename} in it is damaged: {error}") from error
            yield each.filename, hasher.hexdigest()


def unpack(path: Path, folder: Path) -> None:
    """Unpack a ZIP file into a folder.

    Raises
    ------
    FormatError
        As `member_digests`; or if it promises more than the disk has room for.
    OSError
        If the disk refuses.
    """
    with _opened(path) as archive:
        files = _files(archive)
        needed, free = sum(each.file_size for each in files), shutil.disk_usage(folder).free
        if needed > free:
            raise UnsupportedError(f"{needed} bytes come out of it, the disk has {free} left")
        for each in files:
            target = folder / each.filename
            target.parent.mkdir(parents=True, exist_ok=True)
            left = each.file_size
            try:
                with archive.open(each) as member, target.open("xb") as out:
                    # No more than promised: what unpacks without end fills no disk.
                    while left >= 0 and (block := member.read(_BLOCK_BYTES)):
                        left -= len(block)
                        out.write(block)
            except _DAMAGE as error:
                raise FormatError(f"{each.filename} in it is damaged: {error}") from error
            except FileExistsError:
                raise FormatError(f"{each.filename} is in it twice") from None
            if left:
                raise FormatError(f"{each.filename} in it is not as long as it says")


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except _DAMAGE as error:
        raise FormatError(f"is no ZIP file that can be read: {error}") from error


def _files(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    files = [each for each in archive.infolist() if not each.is_dir()]
    for each in files:
        parts = PurePosixPath(each.filename).parts
        is_outside = ".." in parts or each.filename.startswith("/") or ":" in each.filename
        if is_outside or "\\" in each.filename or "\0" in each.filename or not parts:
            raise UnsupportedError(f"{each.filename!r} in it would land outside of its folder")
        if each.flag_bits & 1:
            raise UnsupportedError(f"{each.filename} in it is encrypted")
    return files
