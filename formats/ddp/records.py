"""The fixed-width records of a DDP fileset for CD: fields by name, offset and size.

DDP's own text is not public; the fields are those that independent readers and writers agree
on. Text stands left in its field, numbers stand right; both are filled up with spaces, numbers
by many programs with zeros, and unused rests by some with NUL. An unset field is blank.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from formats.errors import EncodeError, FormatError


class RecordError(FormatError):
    """A field of a record is not what it should be."""

    def __init__(self, file: str, offset: int, field: str, expected: str, found: str) -> None:
        super().__init__(file, offset, field, expected, found)
        self.file, self.offset, self.field = file, offset, field
        self.expected, self.found = expected, found

    def __str__(self) -> str:
        place = f"{self.file}, byte {self.offset}, {self.field}"
        return f"{place}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record: where it begins and how many bytes it has."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of a kind of record, which together are all of its bytes."""

    name: str
    fields: tuple[Field, ...]
    n_bytes: int
    by_name: dict[str, Field] = field(repr=False, compare=False)

    def encode(self, **values: str) -> bytes:
        """Return a record with these fields; the others are blank.

        Raises
        ------
        EncodeError
            If a value is not ASCII or too long.
        """
        data = bytearray(b" " * self.n_bytes)
        for name, value in values.items():
            at = self.by_name[name]
            if not value.isascii() or len(value) > at.size:
                place = f"{self.name} {name}"
                raise EncodeError(place, value, f"must be ASCII, at most {at.size} characters")
            data[at.offset : at.offset + at.size] = value.encode().ljust(at.size)
        return bytes(data)


def _layout(name: str, sizes: str) -> Layout:
    """Return the layout of ``NAME size, NAME size``."""
    fields, offset = [], 0
    for part in sizes.split(","):
        field_name, size = part.split()
        fields.append(Field(field_name, offset, int(size)))
        offset += int(size)
    return Layout(name, tuple(fields), offset, {each.name: each for each in fields})


_ID_HEAD = "DDPID 8, UPC 13, MSS 8, MSL 8, MED 1, MID 48, "
_ID_2 = _ID_HEAD + "BK 1, TYPE 2, NSIDE 1, SIDE 1, NLAYER 1, LAYER 1, "
_MAP_HEAD = (
    "MPV 4, DST 2, DSP 8, DSL 8, DSS 8, SUB 8, CDM 2, SSM 1, SCR 1, PRE1 4, PRE2 4, PST 4, "
    "MED 1, TRK 2, IDX 2, ISRC 12, SIZ 3, DSI 17, "
)
ID_CD = _layout("DDPID", _ID_2 + "SIZ 2, TXT 33")
ID_CD_LATE = _layout("DDPID", _ID_2 + "PAD 1, SIZ 2, TXT 32")
"""Sonoris and HOFA put the user text one byte later."""
ID_DVD = _layout("DDPID", _ID_2 + "DIR 1, DSIZE 1, SSCRST 1, SSCRMD 1, SIZ 2, TXT 29")
ID_1 = _layout("DDPID", _ID_HEAD + "SIZ 2, TXT 40")
MAP = _layout("DDPMS", _MAP_HEAD + "NEW 1, PRE1NXT 4, PAUSEADD 8, OFS 9, PAD 15")
MAP_1 = _layout("DDPMS", _MAP_HEAD + "PAD 37")
PQ = _layout(
    "PQ",
    "SPV 4, TRK 2, IDX 2, HRS 2, MIN 2, SEC 2, FRM 2, CB1 2, CB2 2, ISRC 12, UPC 13, TXT 19",
)
TEXT = _layout("text", "TPV 4, TRK 2, IDX 2, SIZ 3, TXT 117")
"""Packets of a text stream, which no audio disc that was seen has (single source)."""


@dataclass(frozen=True, slots=True)
class Record:
    """The bytes of one record, where they come from, and what their fields are."""

    layout: Layout
    data: bytes
    file: str
    offset: int = 0

    def raw(self, name: str) -> str:
        """Return a field byte by byte, as Latin-1."""
        at = self.layout.by_name[name]
        return self.data[at.offset : at.offset + at.size].decode("latin-1")

    def text(self, name: str) -> str:
        """Return a field without what fills it up; a field that the layout lacks is blank."""
        if name not in self.layout.by_name:
            return ""
        return self.raw(name).replace("\0", " ").strip(" ")

    def number(self, name: str) -> int | None:
        """Return a decimal number; None if the field is blank.

        Raises
        ------
        RecordError
            If it is something else.
        """
        text = self.text(name)
        if not text:
            return None
        if not (text.isascii() and text.isdecimal()):
            raise self.error(name, "a number")
        return int(text)

    def error(self, name: str, expected: str) -> RecordError:
        """Return an error about a field, with its place in the file."""
        offset = self.offset + self.layout.by_name[name].offset
        return RecordError(self.file, offset, name, expected, repr(self.raw(name)))


@dataclass(frozen=True, slots=True)
class RecordFile:
    """A file of records, and what stands behind the last of them."""

    name: str
    records: tuple[Record, ...]
    rest: bytes = b""

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)


def split_records(data: bytes, layout: Layout, *, file: str) -> RecordFile:
    """Return the records of a file; blanks behind the last are passed over.

    Raises
    ------
    FormatError
        If there is no record, or something else behind them.
    """
    end = len(data.rstrip(b" \0\r\n\x1a"))
    n_records = -(-end // layout.n_bytes)
    if n_records * layout.n_bytes > len(data) or not n_records:
        found = f"{len(data)} bytes"
        raise FormatError(f"{file} has {found}; its records have {layout.n_bytes} each")
    records = tuple(
        Record(layout, data[at : at + layout.n_bytes], file, at)
        for at in range(0, n_records * layout.n_bytes, layout.n_bytes)
    )
    return RecordFile(file, records, data[n_records * layout.n_bytes :])


def id_layout(data: bytes) -> Layout:
    """Return which of its layouts a DDPID has."""
    if data.startswith(b"DDP 1"):
        return ID_1
    if data[87:89] == b"DV":
        return ID_DVD
    is_late = data[93:94] == b" " and data[94:96].isdigit()
    return ID_CD_LATE if is_late else ID_CD
