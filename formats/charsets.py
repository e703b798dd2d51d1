"""Texts in the narrow character sets of CD-Text, and what stands for what they lack.

Nothing is dropped unseen: `spell` tells of every character that it had to replace.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from formats.disc import Charset

UNREADABLE = "?"
"""What is written for a character that nothing stands for."""

_HALF_WIDTH_KANA = re.compile("[\uff61-\uff9f]+")
_TO_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
# JIS X 0208 has typographic quotes; the straight ones are a vendor's extension to it.
_TO_FULL_WIDTH |= {ord('"'): ord("”"), ord("'"): ord("’")}
# Signs whose compatible form is none or the wrong one. Looked up only for what a set lacks.
_STAND_INS = {
    "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "″": '"',
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "‹": "'", "›": "'", "´": "'", "ʼ": "'",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "·": "-", "•": "·",
    "€": "EUR", "£": "GBP", "¥": "JPY", "¢": "c", "™": "(TM)", "©": "(C)", "®": "(R)",
    "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "ß": "ss", "ẞ": "SS",
    "Þ": "Th", "þ": "th", "Ð": "D", "ð": "d", "Đ": "D", "đ": "d", "Ł": "L", "ł": "l",
    "Ħ": "H", "ħ": "h", "Ŋ": "NG", "ŋ": "ng", "Ŧ": "T", "ŧ": "t", "ı": "i", "ƒ": "f",
    "¡": "!", "¿": "?", "×": "x", "÷": "/", "⁄": "/", "±": "+/-", "°": "o", "¦": "|",
    "♭": "b", "♯": "#", "\u00ad": "", "\u200b": "",
}  # fmt: skip
# Code page 932 has these at other code points than JIS X 0208 (Microsoft's mapping).
_JIS_STAND_INS = {
    "〜": "～", "−": "－", "–": "－", "—": "―", "‖": "∥",
    "¢": "￠", "£": "￡", "¬": "￢", "¥": "￥", "·": "・", "•": "・",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Swap:
    """A character that a set lacks, and what is written for it; nothing, if it is empty."""

    character: str
    written: str

    @property
    def is_unreadable(self) -> bool:
        """Whether nothing could stand for the character."""
        return self.written in (UNREADABLE, "？") and self.character != "¿"


@dataclass(frozen=True, slots=True)
class Spelling:
    """A text as a set can hold it, and what was replaced for that, once each and in order."""

    text: str
    written: str
    swaps: tuple[Swap, ...] = ()


@dataclass(frozen=True, slots=True)
class Loss:
    """A text that cannot be written as it is: where it stands, what is written, and why."""

    field: str
    text: str
    written: str
    swaps: tuple[Swap, ...] = ()


def spell(text: str, charset: Charset) -> Spelling:
    """Return a text as a character set can hold it.

    Parameters
    ----------
    text : str
        Any text. Composed and decomposed accents mean the same and are no loss.
    charset : Charset
        MS-JIS is written in double-byte characters alone: narrow letters become wide ones,
        because two NULs end such a text (a decision of ours; the set would allow both).
    """
    composed = unicodedata.normalize("NFC", text)
    source = _wide_kana(composed) if charset is Charset.MS_JIS else composed
    pieces = [(each, _written(each, charset)) for each in source]
    swaps = dict.fromkeys(Swap(each, written) for each, written in pieces if each != written)
    if source != composed:
        kana = (each[0] for each in _HALF_WIDTH_KANA.finditer(composed))
        swaps = dict.fromkeys(Swap(each, _wide_kana(each)) for each in kana) | swaps
    return Spelling(text, "".join(written for _, written in pieces), tuple(swaps))


def encode_text(text: str, charset: Charset) -> bytes:
    """Return the bytes of a text, spelled as the set can."""
    return spell(text, charset).written.encode(_codec(charset))


def decode_text(data: bytes, charset: Charset) -> str:
    """Return the text that bytes stand for.

    Raises
    ------
    UnicodeDecodeError
        If they are none in MS-JIS. The other sets take any byte: what is sent as ASCII is
        often Latin-1.
    """
    return data.decode("cp932" if charset is Charset.MS_JIS else "latin-1")


def _codec(charset: Charset) -> str:
    return {Charset.LATIN_1: "latin-1", Charset.ASCII: "ascii", Charset.MS_JIS: "cp932"}[
        charset
    ]


def _wide_kana(text: str) -> str:
    # As runs: a half-width voicing mark is a character of its own.
    return _HALF_WIDTH_KANA.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text)


def _written(character: str, charset: Charset) -> str:
    written = _stand_in(character, charset)
    return written.translate(_TO_FULL_WIDTH) if charset is Charset.MS_JIS else written


def _stand_in(character: str, charset: Charset) -> str:
    """Return the character, or what is nearest to it of the characters that a set has."""
    if _has(charset, character):
        return character
    category = unicodedata.category(character)
    if category == "Cc":
        return " "
    instead = _JIS_STAND_INS.get(character) if charset is Charset.MS_JIS else None
    if instead is None:
        instead = _STAND_INS.get(character)
    if instead is None:
        instead = unicodedata.normalize("NFKD", character)
        if instead == character:
            return "" if category[0] == "M" or category == "Cf" else UNREADABLE
    spelled = "".join(_stand_in(each, charset) for each in instead)
    # A syllable of Hangul comes apart into several letters, of which none may be there.
    return spelled if spelled.strip(UNREADABLE) else spelled[:1]


def _has(charset: Charset, character: str) -> bool:
    if "\x20" <= character <= "\x7e":
        return True
    match charset:
        case Charset.ASCII:
            return False
        case Charset.LATIN_1:
            # A soft hyphen has no width where it is understood, and is shown where it is not.
            return "\xa0" <= character <= "\xff" and character != "\xad"
        case Charset.MS_JIS:
            return _is_double_byte(character)


def _is_double_byte(character: str) -> bool:
    try:
        encoded = character.encode("cp932")
    except UnicodeEncodeError:
        return False
    return len(encoded) == 2 and encoded.decode("cp932") == character
