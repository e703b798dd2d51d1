"""Every field of a fileset, as text to read and as JSON that gives back the bytes.

The image is not in it, only its name and size.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from formats.cdtext import PACK_BYTES, Pack, pack_range
from formats.ddp.reader import Fileset
from formats.ddp.records import Record, RecordFile
from formats.errors import DecodeError, FormatError


def dump_text(fileset: Fileset) -> str:
    """Return a line per field: file and record, field, offset, bytes between quotes.

    A byte that is no printable ASCII is written as in Python; nothing is stripped.
    """
    return "".join(f"{line}\n" for line in _lines(fileset))


def dump_json(fileset: Fileset) -> str:
    """Return all records as JSON: a list of files, each with its records field by field.

    Fields are strings of Latin-1, one character for each byte.
    """
    files = [_file_fields(each) for each in _record_files(fileset)]
    audio = [
        {"name": each.name, "n_bytes": each.n_bytes}
        for each in fileset.streams
        if each.is_audio
    ]
    dumped: dict[str, Any] = {"records": files, "images": audio}
    if fileset.cdtext_name:
        dumped["cd_text"] = {"name": fileset.cdtext_name, **_packs(fileset.cdtext)}
    return json.dumps(dumped, indent=2)


def restore_dump(text: str) -> dict[str, bytes]:
    """Return file name to bytes of what `dump_json` has written.

    Raises
    ------
    FormatError
        If it is something else.
    """
    try:
        dumped = json.loads(text)
        files = {each["name"]: _restored(each) for each in dumped["records"]}
        if found := dumped.get("cd_text"):
            packs = [found["before"], *found["packs"], found["after"]]
            files[found["name"]] = bytes.fromhex("".join(packs))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(f"this is no dump of a fileset: {error}") from None
    return files


def _record_files(fileset: Fileset) -> Iterator[RecordFile]:
    yield from (fileset.identity, fileset.map, fileset.pq, *fileset.texts)


def _file_fields(file: RecordFile) -> dict[str, Any]:
    return {
        "name": file.name,
        "fields": [
            {each.name: record.raw(each.name) for each in record.layout.fields}
            for record in file
        ],
        "rest": file.rest.decode("latin-1"),
    }


def _restored(file: dict[str, Any]) -> bytes:
    values = [value for fields in file["fields"] for value in fields.values()]
    return "".join([*values, file["rest"]]).encode("latin-1")


def _lines(fileset: Fileset) -> Iterator[str]:
    for file in _record_files(fileset):
        for number, record in enumerate(file, start=1):
            yield from _record_lines(f"{file.name}[{number}]", record)
        if file.rest:
            yield f"{file.name} rest {_quoted(file.rest.decode('latin-1'))}"
    if fileset.cdtext_name:
        yield from _pack_lines(fileset.cdtext_name, fileset.cdtext)
    for stream in fileset.streams:
        if stream.is_audio:
            yield f"{stream.name} {stream.n_bytes} bytes"


def _record_lines(place: str, record: Record) -> Iterator[str]:
    for field in record.layout.fields:
        yield f"{place} {field.name:<8} {field.offset:3d} {_quoted(record.raw(field.name))}"


def _quoted(text: str) -> str:
    shown = (each if " " <= each <= "~" and each not in '"\\' else None for each in text)
    return '"' + "".join(
        each or f"\\x{ord(text[at]):02x}" for at, each in enumerate(shown)
    ) + '"'  # fmt: skip


def _packs(data: bytes) -> dict[str, Any]:
    begin, end = pack_range(data)
    return {
        "before": data[:begin].hex(),
        "packs": [data[at : at + PACK_BYTES].hex() for at in range(begin, end, PACK_BYTES)],
        "after": data[end:].hex(),
    }


def _pack_lines(name: str, data: bytes) -> Iterator[str]:
    begin, end = pack_range(data)
    if begin:
        yield f"{name} before {data[:begin].hex(' ')}"
    for number, at in enumerate(range(begin, end, PACK_BYTES), start=1):
        pack = data[at : min(end, at + PACK_BYTES)]
        yield f"{name}[{number}] {pack.hex(' ')}  {_reading(pack)}"
    if end < len(data):
        yield f"{name} after {data[end:].hex(' ')}"


def _reading(data: bytes) -> str:
    try:
        pack = Pack.decode(data)
    except DecodeError as error:
        return f"damaged: {error}"
    width = " double-byte" if pack.is_double_byte else ""
    head = f"{pack.kind.name} track {pack.track} no. {pack.sequence} block {pack.block}"
    return f"{head}{width} position {pack.position} {_quoted(pack.payload.decode('latin-1'))}"
