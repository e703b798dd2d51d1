"""The CD_TEXT blocks of a TOC file: what languages say of a disc and of its tracks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from formats.charsets import decode_text, spell
from formats.disc import ENGLISH, MAX_TEXT_BLOCKS, Charset, Genre, TextBlock, Texts
from formats.errors import EncodeError, UnsupportedError
from formats.toc_tokens import TocError, Tokens

TEXT_ITEMS = ("TITLE", "PERFORMER", "SONGWRITER", "COMPOSER", "ARRANGER", "MESSAGE")

_CODE_OF_DISC, _CODE_OF_TRACK = "UPC_EAN", "ISRC"
_OTHER_ITEMS = ("DISC_ID", "GENRE", _CODE_OF_DISC, _CODE_OF_TRACK, "CLOSED", "SIZE_INFO")
# Tables of contents and reserved packs; cdrdao makes them afresh.
_UNUSED_ITEMS = ("TOC_INFO1", "TOC_INFO2", "RESERVED1", "RESERVED2", "RESERVED3", "RESERVED4")
# cdrdao after 1.2.5.
_CHARSETS = {
    "ENCODING_ISO_8859_1": Charset.LATIN_1,
    "ENCODING_ASCII": Charset.ASCII,
    "ENCODING_MS_JIS": Charset.MS_JIS,
}
_UNREAD_CHARSETS = ("ENCODING_KOREAN", "ENCODING_MANDARIN")


# --- Writing ---------------------------------------------------------------------------------


def disc_lines(blocks: Sequence[TextBlock]) -> Iterator[str]:
    """Yield the CD_TEXT of the disc, if there are languages at all.

    Raises
    ------
    EncodeError
        If a language cannot be written.
    """
    if not blocks:
        return
    _refuse_blocks(blocks)
    # libcdio refuses a map of several lines, cuetools a name instead of the number.
    pairs = " ".join(f"{number} : {block.language}" for number, block in enumerate(blocks))
    yield "CD_TEXT {"
    yield f"  LANGUAGE_MAP {{ {pairs} }}"
    for number, block in enumerate(blocks):
        yield f"  LANGUAGE {number} {{"
        yield from _text_lines(block, block.disc)
        if block.disc_id:
            yield f"    DISC_ID {_quoted(block.disc_id, Charset.ASCII)}"
        if block.disc.code:
            yield f"    {_CODE_OF_DISC} {_quoted(block.disc.code, Charset.ASCII)}"
        if block.genre:
            yield f"    GENRE {{ {', '.join(map(str, _genre_bytes(block.genre)))} }}"
        yield "  }"
    yield "}"


def track_lines(blocks: Sequence[TextBlock], position: int) -> Iterator[str]:
    """Yield the CD_TEXT of the track at a position, from 0."""
    if not blocks:
        return
    yield "CD_TEXT {"
    for number, block in enumerate(blocks):
        texts = block.tracks[position]
        yield f"  LANGUAGE {number} {{"
        yield from _text_lines(block, texts)
        if texts.code:  # libcdio refuses an empty one
            yield f"    {_CODE_OF_TRACK} {_quoted(texts.code, Charset.ASCII)}"
        yield "  }"
    yield "}"


def _text_lines(block: TextBlock, texts: Texts) -> Iterator[str]:
    # One item per line: libcdio and whipper lose what shares one. An item that anything has,
    # everything must have, or cdrdao refuses the language.
    for item in TEXT_ITEMS:
        name = item.lower()
        if any(getattr(each, name) for each in (block.disc, *block.tracks)):
            yield f"    {item} {_quoted(getattr(texts, name), block.charset)}"


def _quoted(text: str, charset: Charset) -> str:
    escaped = spell(text, charset).written.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(map(_octal, escaped)) + '"'


def _octal(character: str) -> str:
    return character if character < "\x7f" else f"\\{ord(character):03o}"


def _genre_bytes(genre: Genre) -> bytes:
    text = spell(genre.text, Charset.ASCII).written.encode("ascii")
    return genre.code.to_bytes(2, "big") + text + b"\0"


def _refuse_blocks(blocks: Sequence[TextBlock]) -> None:
    if len(blocks) > MAX_TEXT_BLOCKS:
        raise EncodeError("LANGUAGE_MAP", len(blocks), "languages must be at most 8 (MMC-3)")
    for block in blocks:
        if not 0 <= block.language <= 0xFF:
            raise EncodeError("LANGUAGE_MAP", block.language, "must be 0 to 255")
        if block.charset is Charset.MS_JIS:
            allowed = "must be Latin-1 or ASCII: cdrdao 1.2 has no other"
            raise EncodeError("LANGUAGE charset", "MS-JIS", allowed)
        if block.genre and not 0 <= block.genre.code <= 0xFFFF:
            raise EncodeError("GENRE", block.genre.code, "must be 0 to 65535")


# --- Reading ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Language:
    """One LANGUAGE as it stands: bytes, for the character set may be told at its end."""

    line: int
    items: dict[str, bytes | str] = field(default_factory=dict)
    charset: Charset | None = None

    def text(self, item: str, charset: Charset) -> str:
        """Return an item as text; empty if it is not there."""
        found = self.items.get(item, "")
        if isinstance(found, str):
            return found
        try:
            return decode_text(found, charset)
        except UnicodeDecodeError:
            hint = "the character set is that of the disc's LANGUAGE"
            raise TocError(self.line, f"{item} in MS-JIS", repr(found[:20]), hint) from None

    def texts(self, charset: Charset, code: str) -> Texts:
        """Return what it says of the disc or of a track."""
        named = {item.lower(): self.text(item, charset) for item in TEXT_ITEMS}
        return Texts(**named, code=self.text(code, Charset.LATIN_1))


Languages = Mapping[int, Language]


def read_cd_text(tokens: Tokens) -> tuple[dict[int, int], dict[int, Language]]:
    """Return the codes of the languages, which only a disc has, and the languages.

    Raises
    ------
    TocError
        If something is not what it should be.
    UnsupportedError
        If a language is in a character set that no standard defines.
    """
    codes: dict[int, int] = {}
    languages: dict[int, Language] = {}
    tokens.sign("{")
    while not tokens.take_if("}"):
        if tokens.take_if("LANGUAGE_MAP"):
            codes |= _read_map(tokens)
        elif opened := tokens.take_if("LANGUAGE"):
            number = tokens.number("a language number", most=MAX_TEXT_BLOCKS - 1)
            languages[number] = _read_language(tokens, opened.line)
        else:
            raise tokens.error("LANGUAGE or '}'", "texts stand in LANGUAGE 0 { ... }")
    return codes, languages


def blocks_of(
    codes: Mapping[int, int], disc: Languages, tracks: Sequence[Languages]
) -> tuple[TextBlock, ...]:
    """Return what was read, language by language; one that the map leaves out has code 0.

    Raises
    ------
    TocError
        If a text is none in the character set of its language.
    """
    numbers = set(codes).union(disc, *tracks)
    return tuple(
        _block(number, codes.get(number, 0), disc, tracks) for number in sorted(numbers)
    )


def _block(number: int, code: int, disc: Languages, tracks: Sequence[Languages]) -> TextBlock:
    nothing = Language(0)
    head = disc.get(number, nothing)
    of_tracks = [track.get(number, nothing) for track in tracks]
    told = (each.charset for each in (head, *of_tracks))
    charset = next((each for each in told if each is not None), Charset.LATIN_1)
    size = head.items.get("SIZE_INFO", b"")
    return TextBlock(
        head.texts(charset, _CODE_OF_DISC),
        tuple(track.texts(track.charset or charset, _CODE_OF_TRACK) for track in of_tracks),
        language=code,
        charset=charset,
        is_copyrighted=isinstance(size, bytes) and any(size[3:4]),
        disc_id=head.text("DISC_ID", Charset.LATIN_1),
        genre=_genre(head.items.get("GENRE", b"")),
        closed=head.text("CLOSED", Charset.LATIN_1),
    )


def _genre(found: bytes | str) -> Genre | None:
    data = found if isinstance(found, bytes) else found.encode()
    if not data:
        return None
    text = data[2:].split(b"\0")[0].decode("latin-1")
    return Genre(int.from_bytes(data[:2].ljust(2, b"\0"), "big"), text)


def _read_map(tokens: Tokens) -> dict[int, int]:
    codes = {}
    tokens.sign("{")
    while not tokens.take_if("}"):
        number = tokens.number("a language number", most=MAX_TEXT_BLOCKS - 1)
        tokens.sign(":")
        is_english = tokens.take_if("EN")
        codes[number] = ENGLISH if is_english else tokens.number("a code", most=0xFF)
        tokens.take_if(",")
    return codes


def _read_language(tokens: Tokens, line: int) -> Language:
    language = Language(line)
    tokens.sign("{")
    while not tokens.take_if("}"):
        if encoding := tokens.take_if(*_CHARSETS):
            language.charset = _CHARSETS[encoding.text]
        elif other := tokens.take_if(*_UNREAD_CHARSETS):
            allowed = "read are ISO 8859-1, ASCII and MS-JIS"
            raise UnsupportedError(f"line {other.line}: CD-Text in {other.text}; {allowed}")
        elif item := tokens.take_if(*TEXT_ITEMS, *_OTHER_ITEMS, *_UNUSED_ITEMS):
            is_binary = tokens.next.kind == "sign" and tokens.next.text == "{"
            found = _read_binary(tokens) if is_binary else tokens.string(item.text)
            language.items[item.text] = found
        else:
            raise tokens.error(
                "an item of CD-Text or '}'", f"items are {', '.join(TEXT_ITEMS)}"
            )
    size = language.items.get("SIZE_INFO", b"")
    if language.charset is None and isinstance(size, bytes) and size:
        language.charset = _charset(size[0], line)
    return language


def _charset(number: int, line: int) -> Charset:
    """Return what the first byte of a size record says (MMC-3, annex J)."""
    try:
        return Charset(number)
    except ValueError:
        allowed = "read are 0 (ISO 8859-1), 1 (ASCII) and 128 (MS-JIS)"
        raise UnsupportedError(
            f"line {line}: CD-Text in the character set {number}; {allowed}"
        ) from None


def _read_binary(tokens: Tokens) -> bytes:
    numbers = []
    tokens.sign("{")
    while not tokens.take_if("}"):
        numbers.append(tokens.number("a byte", most=0xFF))
        tokens.take_if(",")
    return bytes(numbers)
