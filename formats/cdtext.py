"""CD-TEXT packs: MMC-3, Annex J (CD-TEXT in the lead-in area).

A pack has 18 bytes, a block of at most 256 packs is one language, and each block ends with
three packs that count it. Read is what any program writes; written is what all programs read:
strings in full, and the marker for a repeated one only where a block would overflow without it.
"""

from __future__ import annotations

import binascii
import struct
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import accumulate
from typing import ClassVar, Self

from formats.cdtime import MAX_TRACKS
from formats.charsets import Loss, Swap, decode_text, encode_text, spell
from formats.disc import MAX_TEXT_BLOCKS, Charset, Genre, RawPack, TextBlock, Texts
from formats.errors import DecodeError, EncodeError, UnsupportedError

PACK_BYTES = 18
MAX_PACKS = 256
"""Packs of one block, size record included: the number of a pack is one byte."""

_PAYLOAD_BYTES = 12
_HEADER_BYTES = 4
_MAX_POSITION = 15
_SIZE_RECORD_BYTES = 3 * _PAYLOAD_BYTES


class PackKind(IntEnum):
    """What a pack holds: its first byte."""

    TITLE = 0x80
    PERFORMER = 0x81
    SONGWRITER = 0x82
    COMPOSER = 0x83
    ARRANGER = 0x84
    MESSAGE = 0x85
    DISC_ID = 0x86
    GENRE = 0x87
    TOC = 0x88
    TOC_2 = 0x89
    RESERVED_1 = 0x8A
    RESERVED_2 = 0x8B
    RESERVED_3 = 0x8C
    CLOSED = 0x8D
    CODE = 0x8E
    SIZE = 0x8F


_NAMES = ("title", "performer", "songwriter", "composer", "arranger", "message")
_RAW_KINDS = range(PackKind.TOC, PackKind.CLOSED)


@dataclass(frozen=True, slots=True)
class Pack:
    """One pack.

    Parameters
    ----------
    kind : PackKind
        What it holds.
    track : int
        Whose string its first byte belongs to; 0 is the disc. Of a size record, its part.
    sequence : int
        Its number within the block.
    block : int
        Which language, 0 to 7.
    position : int
        How many characters of that string earlier packs have; 15 stands for more.
    is_double_byte : bool
        Whether characters have two bytes.
    payload : bytes
        12 bytes.
    """

    kind: PackKind
    track: int
    sequence: int
    block: int
    position: int
    is_double_byte: bool
    payload: bytes

    _LAYOUT: ClassVar[struct.Struct] = struct.Struct(">BBBB12s")

    def encode(self) -> bytes:
        """Return the 18 bytes as they go into the lead-in.

        Raises
        ------
        EncodeError
            If a value does not fit.
        """
        if not 0 <= self.track <= MAX_TRACKS:
            raise EncodeError("ID2 (track)", self.track, "must be 0 to 99 (MMC-3 Annex J)")
        if not 0 <= self.sequence < MAX_PACKS:
            raise EncodeError("ID3 (sequence)", self.sequence, "must be 0 to 255")
        if not (0 <= self.block < MAX_TEXT_BLOCKS and 0 <= self.position <= _MAX_POSITION):
            found = (self.block, self.position)
            raise EncodeError("ID4 (block, position)", found, "must be 0 to 7 and 0 to 15")
        if len(self.payload) != _PAYLOAD_BYTES:
            raise EncodeError("text", self.payload, "must be 12 bytes (MMC-3 Annex J)")
        flags = self.is_double_byte << 7 | self.block << 4 | self.position
        body = self._LAYOUT.pack(self.kind, self.track, self.sequence, flags, self.payload)
        return body + _crc(body)

    @classmethod
    def decode(cls, data: bytes, *, offset: int = 0) -> Self:
        """Read the pack that starts at `offset`.

        Raises
        ------
        DecodeError
            If it is none: cut short, damaged, or of no known type.
        """
        body, crc = data[offset : offset + 16], data[offset + 16 : offset + PACK_BYTES]
        if len(crc) != 2:
            raise DecodeError(offset, "a pack of 18 bytes", f"{len(body) + len(crc)}")
        if crc != _crc(body):
            raise DecodeError(offset + 16, f"CRC {_crc(body).hex()}", crc.hex())
        kind, track, sequence, flags, payload = cls._LAYOUT.unpack(body)
        if kind < PackKind.TITLE or kind > PackKind.SIZE:
            raise DecodeError(offset, "a pack type, 80 to 8f", f"{kind:02x}")
        if track > MAX_TRACKS:
            raise DecodeError(offset + 1, "a track, 0 to 99", str(track))
        block, position = flags >> 4 & 7, flags & 15
        return cls(PackKind(kind), track, sequence, block, position, bool(flags >> 7), payload)


@dataclass(frozen=True, slots=True)
class SizeRecord:
    """What the three packs at the end of a block say of it, and of the other blocks."""

    charset: int
    first_track: int
    last_track: int
    copyright: int
    n_packs: tuple[int, ...]
    last_sequences: tuple[int, ...]
    languages: tuple[int, ...]

    _LAYOUT: ClassVar[struct.Struct] = struct.Struct(">4B16s8s8s")

    def encode(self) -> bytes:
        """Return its 36 bytes."""
        return self._LAYOUT.pack(
            self.charset,
            self.first_track,
            self.last_track,
            self.copyright,
            bytes(self.n_packs),
            bytes(self.last_sequences),
            bytes(self.languages),
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read its 36 bytes."""
        charset, first, last, copyrighted, counts, lasts, languages = cls._LAYOUT.unpack(data)
        return cls(
            charset, first, last, copyrighted, tuple(counts), tuple(lasts), tuple(languages)
        )


def _crc(body: bytes) -> bytes:
    # The disc carries the complement of CRC-16/XMODEM (polynomial 0x1021, start 0).
    return struct.pack(">H", binascii.crc_hqx(body, 0) ^ 0xFFFF)


# --- What will be shown ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """A text, where it stands, and how it will read on a player that shows CD-Text."""

    field: str
    text: str
    written: str
    swaps: tuple[Swap, ...] = ()


def character_plan(block: TextBlock, *, first_track: int = 1) -> tuple[Shown, ...]:
    """Return how each text of a block will be shown, in the order of the disc."""
    return tuple(_planned(block, first_track))


def losses(block: TextBlock, *, first_track: int = 1) -> tuple[Loss, ...]:
    """Return every text of a block that is shown otherwise than it is, and how."""
    return tuple(
        Loss(each.field, each.text, each.written, each.swaps)
        for each in _planned(block, first_track)
        if each.written != unicodedata.normalize("NFC", each.text)
    )


def _planned(block: TextBlock, first_track: int) -> Iterator[Shown]:
    ascii_texts = (("disc id", block.disc_id), ("genre", block.genre and block.genre.text))
    fields = [(name, text or "", Charset.ASCII) for name, text in ascii_texts]
    fields.append(("closed information", block.closed, Charset.LATIN_1))
    places = [("", block.disc)]
    places += [(f"track {n:02d} ", texts) for n, texts in enumerate(block.tracks, first_track)]
    for place, texts in places:
        fields += [(place + name, getattr(texts, name), block.charset) for name in _NAMES]
        fields.append((place + "code", texts.code, Charset.ASCII))
    for field, text, charset in fields:
        if text:
            spelled = spell(text, charset)
            yield Shown(field, text, spelled.written, spelled.swaps)


# --- Writing ---------------------------------------------------------------------------------


def encode_cdtext(
    blocks: Sequence[TextBlock], *, first_track: int = 1, always_mark_repeats: bool = False
) -> bytes:
    """Return the packs of up to eight languages: CDTEXT.BIN.

    Parameters
    ----------
    blocks : sequence of TextBlock
        Put the one in Latin letters first: many players show no other.
    first_track : int
        Number of the first track of the disc.
    always_mark_repeats : bool
        Write the marker for a string that is that of the track before wherever it is one. By
        default only in a block that would overflow, because some readers take it for a text.

    Raises
    ------
    EncodeError
        If a block has more than 256 packs even so, or a value does not fit.
    """
    if len(blocks) > MAX_TEXT_BLOCKS:
        raise EncodeError("CD-Text", len(blocks), "languages must be at most 8 (MMC-3)")
    bodies = [
        _body(block, number, first_track=first_track, always_mark=always_mark_repeats)
        for number, block in enumerate(blocks)
    ]
    lasts, languages = [len(body) + 2 for body in bodies], _languages(blocks)
    packs = [
        pack
        for number, (block, body) in enumerate(zip(blocks, bodies, strict=True))
        for pack in (
            *body,
            *_size_packs(
                body, number, _size_record(block, body, first_track, lasts, languages)
            ),
        )
    ]
    return b"".join(pack.encode() for pack in packs)


@dataclass(frozen=True, slots=True)
class _Strings:
    """The strings of one type, that of the disc first, without the NULs that end them."""

    kind: PackKind
    texts: tuple[bytes, ...]
    char_bytes: int = 1
    prefix: bytes = b""

    def packs(self, block: int, first_track: int, *, mark_repeats: bool) -> Iterator[Pack]:
        """Yield the packs; their number within the block is for whoever knows the block."""
        end, marker = b"\0" * self.char_bytes, b"\t" * self.char_bytes
        texts = list(self.texts)
        for at in range(2, len(texts)) if mark_repeats else ():
            if len(self.texts[at]) > len(marker) and self.texts[at] == self.texts[at - 1]:
                texts[at] = marker
        stream = self.prefix + b"".join(text + end for text in texts)
        # Binary bytes before the first text are no characters of it: so it starts behind them.
        starts = list(
            accumulate((len(text + end) for text in texts[:-1]), initial=len(self.prefix))
        )
        for at in range(0, len(stream), _PAYLOAD_BYTES):
            owner = max(0, bisect_right(starts, at) - 1)
            yield Pack(
                self.kind,
                first_track + owner - 1 if owner else 0,
                0,
                block,
                min(_MAX_POSITION, max(0, at - starts[owner]) // self.char_bytes),
                self.char_bytes == 2,
                stream[at : at + _PAYLOAD_BYTES].ljust(_PAYLOAD_BYTES, b"\0"),
            )


def _body(block: TextBlock, number: int, *, first_track: int, always_mark: bool) -> list[Pack]:
    """Return the packs of a block without its size record, as few as it takes."""
    packs = _packs(block, number, first_track=first_track, mark_repeats=always_mark)
    if len(packs) + 3 > MAX_PACKS:
        packs = _packs(block, number, first_track=first_track, mark_repeats=True)
    if len(packs) + 3 > MAX_PACKS:
        raise EncodeError(
            f"CD-Text, language {number + 1}",
            len(packs) + 3,
            "packs must be at most 256: shorten or leave out texts (MMC-3 Annex J)",
        )
    return [replace(pack, sequence=sequence) for sequence, pack in enumerate(packs)]


def _packs(
    block: TextBlock, number: int, *, first_track: int, mark_repeats: bool
) -> list[Pack]:
    return [
        pack
        for each in _contents(block)
        for pack in (
            each.packs(number, first_track, mark_repeats=mark_repeats)
            if isinstance(each, _Strings)
            else _raw_packs(each, number)
        )
    ]


def _contents(block: TextBlock) -> list[_Strings | RawPack]:
    """Return what the block holds, by type."""
    char_bytes = 2 if block.charset is Charset.MS_JIS else 1
    of_all = (block.disc, *block.tracks)
    found: list[_Strings | RawPack] = []
    for kind, name in enumerate(_NAMES, start=PackKind.TITLE):
        texts = tuple(encode_text(getattr(each, name), block.charset) for each in of_all)
        found.append(_Strings(PackKind(kind), texts, char_bytes))
    disc_id, closed = (
        encode_text(block.disc_id, Charset.ASCII),
        encode_text(block.closed, Charset.LATIN_1),
    )
    codes = tuple(encode_text(each.code, Charset.ASCII) for each in of_all)
    found += [
        _Strings(PackKind.DISC_ID, (disc_id,)),
        _Strings(PackKind.CLOSED, (closed,)),
        _Strings(PackKind.CODE, codes),
    ]
    present = [
        each for each in found if isinstance(each, _Strings) and any(each.texts)
    ] + _genre(block.genre)
    return sorted([*present, *block.raw], key=lambda each: each.kind)


def _genre(genre: Genre | None) -> list[_Strings]:
    if genre is None:
        return []
    if not 0 <= genre.code <= 0xFFFF:
        raise EncodeError("genre", genre.code, "must be 0 to 65535")
    text = encode_text(genre.text, Charset.ASCII)
    return [_Strings(PackKind.GENRE, (text,), prefix=struct.pack(">H", genre.code))]


def _raw_packs(raw: RawPack, block: int) -> Iterator[Pack]:
    if raw.kind not in _RAW_KINDS:
        raise EncodeError("raw pack", f"{raw.kind:02x}", "must be of type 88 to 8c")
    yield Pack(PackKind(raw.kind), raw.track, 0, block, raw.position, False, raw.payload)


def _languages(blocks: Sequence[TextBlock]) -> list[int]:
    languages = [block.language for block in blocks]
    for language in languages:
        if not 0 <= language <= 0x7F:
            raise EncodeError("language", language, "must be 0 to 127 (EBU Tech 3264)")
    return languages


def _size_record(
    block: TextBlock, body: list[Pack], first_track: int, lasts: list[int], languages: list[int]
) -> bytes:
    counts = [sum(pack.kind == kind for pack in body) for kind in PackKind]
    return SizeRecord(
        block.charset,
        first_track,
        first_track + len(block.tracks) - 1,
        3 if block.is_copyrighted else 0,
        (*counts[:-1], 3),
        tuple(lasts + [0] * (MAX_TEXT_BLOCKS - len(lasts))),
        tuple(languages + [0] * (MAX_TEXT_BLOCKS - len(languages))),
    ).encode()


def _size_packs(body: list[Pack], number: int, record: bytes) -> Iterator[Pack]:
    for part in range(3):
        payload = record[part * _PAYLOAD_BYTES : (part + 1) * _PAYLOAD_BYTES]
        yield Pack(PackKind.SIZE, part, len(body) + part, number, 0, False, payload)


# --- Reading ---------------------------------------------------------------------------------


def decode_packs(data: bytes) -> tuple[Pack, ...]:
    """Return the packs of a file.

    A zero byte behind them (Sonoris), zeros that fill up the file, and the four bytes that a
    drive sends before them are passed over.

    Raises
    ------
    DecodeError
        If what is left is not made of packs.
    """
    begin, end = pack_range(data)
    return tuple(
        Pack.decode(data[:end], offset=offset) for offset in range(begin, end, PACK_BYTES)
    )


def pack_range(data: bytes) -> tuple[int, int]:
    """Return where the packs of a file begin and end."""
    begin = _HEADER_BYTES if len(data) % PACK_BYTES in (_HEADER_BYTES, _HEADER_BYTES + 1) else 0
    end = len(data)
    if (end - begin) % PACK_BYTES == 1 and data.endswith(b"\0"):
        end -= 1
    while end - begin >= PACK_BYTES and not any(data[end - PACK_BYTES : end]):
        end -= PACK_BYTES
    return begin, end


def decode_cdtext(data: bytes) -> tuple[TextBlock, ...]:
    """Return the languages of a CDTEXT.BIN of any program.

    Raises
    ------
    DecodeError
        If a pack is damaged, or texts are none in their charset.
    UnsupportedError
        If a block is in a charset that no standard defines: Korean, Mandarin.
    """
    packs = decode_packs(data)
    numbers = dict.fromkeys(pack.block for pack in packs)
    return tuple(_read_block([each for each in packs if each.block == n]) for n in numbers)


def size_record(packs: Sequence[Pack]) -> SizeRecord | None:
    """Return the size record of the packs of a block; None if it is missing or not whole."""
    parts = {pack.track: pack.payload for pack in packs if pack.kind == PackKind.SIZE}
    data = b"".join(parts.get(part, b"") for part in range(3))
    return SizeRecord.decode(data) if len(data) == _SIZE_RECORD_BYTES else None


def strings_of(packs: Sequence[Pack], *, char_bytes: int) -> list[bytes]:
    """Return the strings of the packs of one type, repeats written out.

    The last may be zeros that fill up the last pack.
    """
    stream = b"".join(pack.payload for pack in packs)
    found = [b""]
    for at in range(0, len(stream), char_bytes):
        if any(character := stream[at : at + char_bytes]):
            found[-1] += character
        else:
            found.append(b"")
    for at in range(1, len(found)):
        if found[at] == b"\t" * char_bytes:
            found[at] = found[at - 1]
    return found


def _read_block(packs: list[Pack]) -> TextBlock:
    size = size_record(packs)
    tracks = [pack.track for pack in packs if pack.kind != PackKind.SIZE]
    first, last = (size.first_track, size.last_track) if size else (1, max(tracks, default=0))
    if size and not 1 <= first <= last <= MAX_TRACKS:
        raise DecodeError(0, "a first and a last track, 1 to 99", f"{first} and {last}")
    charset = _charset(size.charset if size else Charset.LATIN_1)
    read = {
        kind: _read_strings(packs, kind, first, charset if kind <= PackKind.MESSAGE else None)
        for kind in PackKind
        if kind not in (*_RAW_KINDS, PackKind.SIZE, PackKind.GENRE)
    }

    def texts(track: int) -> Texts:
        code = read[PackKind.CODE].get(track, "")
        kinds = enumerate(_NAMES, start=PackKind.TITLE)
        named = {name: read[PackKind(kind)].get(track, "") for kind, name in kinds}
        return Texts(code=code, **named)

    return TextBlock(
        texts(0),
        tuple(texts(track) for track in range(first, last + 1)),
        language=size.languages[packs[0].block] if size else 0,
        charset=charset,
        is_copyrighted=bool(size and size.copyright),
        disc_id=read[PackKind.DISC_ID].get(0, ""),
        genre=_read_genre([pack for pack in packs if pack.kind == PackKind.GENRE]),
        closed=read[PackKind.CLOSED].get(0, ""),
        raw=tuple(
            RawPack(pack.kind, pack.track, pack.payload, pack.position)
            for pack in packs
            if pack.kind in _RAW_KINDS
        ),
    )


def _charset(number: int) -> Charset:
    try:
        return Charset(number)
    except ValueError:
        raise UnsupportedError(
            f"CD-Text in the character set {number:#04x}; read are 0x00 (ISO 8859-1), "
            "0x01 (ASCII) and 0x80 (MS-JIS)"
        ) from None


def _read_strings(
    packs: list[Pack], kind: PackKind, first_track: int, charset: Charset | None
) -> dict[int, str]:
    """Return track to text; track 0 is the disc."""
    of_kind = [pack for pack in packs if pack.kind == kind]
    if not of_kind:
        return {}
    char_bytes = 2 if of_kind[0].is_double_byte and charset is Charset.MS_JIS else 1
    begin = of_kind[0].track
    texts: dict[int, str] = {}
    for at, string in enumerate(strings_of(of_kind, char_bytes=char_bytes)):
        track = begin + at if begin or not at else first_track + at - 1
        try:
            texts[track] = decode_text(string, charset or Charset.LATIN_1)
        except UnicodeDecodeError:
            found = string.hex(" ")
            raise DecodeError(0, f"MS-JIS in {kind.name} of track {track}", found) from None
    return texts


def _read_genre(packs: list[Pack]) -> Genre | None:
    if not packs:
        return None
    stream = b"".join(pack.payload for pack in packs)
    return Genre(
        int.from_bytes(stream[:2], "big"), stream[2:].split(b"\0")[0].decode("latin-1")
    )
