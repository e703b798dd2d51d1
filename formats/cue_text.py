"""The character sets of cue sheets: what is written for a text, and which set a sheet is in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from formats.charsets import Swap, spell
from formats.disc import Charset
from formats.errors import FormatError

CHARSETS = ("latin-1", "utf-8", "utf-8-sig", "cp932")
"""What sheets are written in; the third has a byte order mark, the last is Shift-JIS."""

_DOUBLE_BYTE_RUN = re.compile("[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff5e]{2,}")


def written(text: str, charset: str) -> str:
    """Return `text` as it stands between double quotes, for which no program has an escape."""
    return "".join(each.written for each in _spelled(text, charset, may_quote=False))


def written_remark(text: str, charset: str) -> str:
    """Return a remark as it is written, which may hold quotes."""
    spelled = _spelled(text, charset, may_quote=True)
    return "".join(each.written for each in spelled).strip(" ")


def swaps(text: str, charset: str, *, may_quote: bool) -> tuple[Swap, ...]:
    """Return what stands for characters of a text, once each; quotes may be among them."""
    spelled = _spelled(text, charset, may_quote=may_quote)
    return tuple(dict.fromkeys(each for each in spelled if each.written != each.character))


def _spelled(text: str, charset: str, *, may_quote: bool) -> Iterator[Swap]:
    for character in unicodedata.normalize("NFC", text):
        written = _stand_in(character, charset)
        yield Swap(character, written if may_quote else written.replace('"', "'"))


def _stand_in(character: str, charset: str) -> str:
    if charset == "latin-1" or unicodedata.category(character) == "Cc":
        return spell(character, Charset.LATIN_1).written
    try:
        is_held = character.encode(charset).decode(charset) == character
    except UnicodeEncodeError:
        is_held = False
    return character if is_held else spell(character, Charset.ASCII).written


def read_text(data: bytes, charset: str | None) -> str:
    """Return the text of a sheet in a character set, or in the likeliest one.

    Raises
    ------
    FormatError
        If it is not written in that set.
    """
    if charset is None and data.startswith((b"\xff\xfe", b"\xfe\xff")):
        charset = "utf-16"
    if charset is None:
        charset = next(
            each for each in ("utf-8-sig", "cp932", "cp1252", "latin-1") if _is_in(data, each)
        )
    try:
        return data.decode(charset)
    except (UnicodeDecodeError, LookupError):
        raise FormatError(f"the sheet is not written in {charset}") from None


def _is_in(data: bytes, charset: str) -> bool:
    try:
        text = data.decode(charset)
    except UnicodeDecodeError:
        return False
    # Words in Shift-JIS also pass for others, and "é" before a letter for Shift-JIS. But its
    # first bytes are mostly control characters in Latin-1, and it comes in runs, which the
    # quotes of Windows-1252 in that range do not.
    return charset != "cp932" or any(
        any(0x81 <= each <= 0x9F for each in run[0].encode("cp932")[::2])
        for run in _DOUBLE_BYTE_RUN.finditer(text)
    )
