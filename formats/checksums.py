"""Checksums of files, and lists of them as ``md5sum`` and ``sha256sum`` write them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Literal

from formats.errors import EncodeError, FormatError

Algorithm = Literal["md5", "sha256"]

_HEX_DIGITS: dict[Algorithm, int] = {"md5": 32, "sha256": 64}
# Hash, two characters (the second says text or binary), name. A backslash in front tells that
# the name is escaped (GNU coreutils, md5sum invocation).
_LINE = re.compile(r"(\\?)([0-9A-Fa-f]+) [ *](.+)")
_ESCAPES = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}


def file_digest(path: Path, algorithm: Algorithm = "sha256") -> str:
    """Return the checksum of a file as lower-case hexadecimal; memory does not grow with it."""
    # MD5 guards against accidents here, not against attackers; FIPS machines ask to be told.
    hasher = partial(hashlib.new, algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        return hashlib.file_digest(file, hasher).hexdigest()


def encode_checksums(digests: Mapping[str, str], algorithm: Algorithm = "md5") -> bytes:
    """Return a list of checksums in the binary form, ``<hash> *<name>``, one line per file.

    Parameters
    ----------
    digests : mapping of str to str
        File name to checksum; the order is kept.
    algorithm : {"md5", "sha256"}
        What the checksums are.

    Raises
    ------
    EncodeError
        If a checksum is not one of `algorithm`, or a name is empty or holds NUL.
    """
    lines = [_encode_line(name, digest, algorithm) for name, digest in digests.items()]
    return "".join(lines).encode()


def decode_checksums(data: bytes, algorithm: Algorithm = "md5") -> dict[str, str]:
    """Return file name to checksum, in the order of the list.

    Text and binary form, either kind of line end, upper case and comments (``#``, ``;``) are
    read; names are UTF-8, or else Latin-1. Names come back as written: whoever opens them
    keeps them inside the folder.

    Raises
    ------
    FormatError
        If a line is something else, or a name comes twice with different checksums; the
        message has the number of the line.
    """
    digests: dict[str, str] = {}
    for number, line in enumerate(re.split("\r\n|\n|\r", _text(data)), start=1):
        if not line.strip() or line.startswith(("#", ";")):
            continue
        name, digest = _decode_line(line, algorithm, number=number)
        if digests.setdefault(name, digest) != digest:
            raise FormatError(f"line {number}: {name!r} comes twice with different checksums")
    return digests


def _encode_line(name: str, digest: str, algorithm: Algorithm) -> str:
    n_digits = _HEX_DIGITS[algorithm]
    if not re.fullmatch(rf"[0-9a-f]{{{n_digits}}}", digest):
        raise EncodeError(algorithm, digest, f"must be {n_digits} lower-case hex digits")
    if not name or "\0" in name:
        raise EncodeError("file name", name, "must not be empty nor hold NUL")
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    mark = "\\" if escaped != name else ""
    return f"{mark}{digest} *{escaped}\n"


def _decode_line(line: str, algorithm: Algorithm, *, number: int) -> tuple[str, str]:
    match = _LINE.fullmatch(line)
    if match is None or len(match[2]) != _HEX_DIGITS[algorithm]:
        allowed = f"{_HEX_DIGITS[algorithm]} hexadecimal digits, two characters, a file name"
        raise FormatError(f"line {number}: {line[:80]!r} is no {algorithm} line ({allowed})")
    name = match[3]
    if match[1]:
        name = re.sub(r"\\[\\nr]", lambda escape: _ESCAPES[escape[0]], name)
    return name, match[2].lower()


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")
