"""The words of a TOC file of cdrdao, one after the other, each with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from formats.cdtime import SAMPLES_PER_SECTOR, msf_to_sectors
from formats.errors import FormatError, LineError

_TOKEN = re.compile(
    r"""  (?P<skip>[ \t\f]+|//[^\n]*)
        | (?P<line>\n)
        | "(?P<string>(?:[^"\\\n]|\\[^\n])*)"
        | (?P<time>[0-9]+:[0-9]+:[0-9]+)
        | (?P<number>[0-9]+)
        | (?P<word>[A-Z_][A-Z0-9_]*)
        | (?P<sign>[{}:,#])
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_ESCAPE = re.compile(r"\\([0-9]{3}|.)", re.ASCII)
_MAX_NUMBER = 10**10


class TocError(LineError):
    """Something in a TOC file is not what it should be; lines count from 1."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number, time, sign or string of a TOC file; the last one is the end."""

    line: int
    kind: str
    text: str

    @property
    def shown(self) -> str:
        """The token for people."""
        if self.kind == "end":
            return "the end of the file"
        return f'"{self.text[:40]}"' if self.kind == "string" else self.text[:40]


class Tokens:
    """The tokens of a file, taken one after the other; `next` is the one to come.

    Raises
    ------
    TocError
        From any of its methods: if the next token is not the one that is asked for, or no
        token at all.
    """

    def __init__(self, data: bytes) -> None:
        # Latin-1 is a window on the bytes: what they mean depends on where they stand.
        text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
        self._text = text.replace("\r\n", "\n").replace("\r", "\n")
        self._place, self._line = 0, 1
        self.next = self._scan()

    def take(self) -> Token:
        """Return the next token and go on."""
        token, self.next = self.next, self._scan()
        return token

    def take_if(self, *texts: str) -> Token | None:
        """Take the next token if it is one of these words or signs."""
        is_one = self.next.kind in ("word", "sign") and self.next.text in texts
        return self.take() if is_one else None

    def sign(self, text: str) -> None:
        """Take a brace, colon or comma."""
        if not self.take_if(text):
            raise self.error(f"'{text}'")

    def string(self, of: str) -> bytes | str:
        """Take a text in double quotes; bytes, where its character set is told elsewhere."""
        return _unescaped(self._take("string", f'{of} "..."').text)

    def number(self, of: str, *, most: int = _MAX_NUMBER) -> int:
        """Take a number."""
        token = self._take("number", of)
        # Python refuses to read thousands of digits, and no field has use for more than ten.
        if len(token.text) > 10 or int(token.text) > most:
            raise TocError(token.line, f"{of}, at most {most}", token.shown)
        return int(token.text)

    def sectors(self) -> int:
        """Take a time."""
        token = self._take("time", "a time mm:ss:ff")
        try:
            return msf_to_sectors(token.text)
        except FormatError:
            expected = "a time mm:ss:ff, at most 99:59:74"
            hint = "seconds end at 59, sectors at 74"
            raise TocError(token.line, expected, token.shown, hint) from None

    def samples(self) -> int:
        """Take a length or place, which may also be a number of samples."""
        if self.next.kind == "number":
            return self.number("a number of samples")
        return self.sectors() * SAMPLES_PER_SECTOR

    def error(self, expected: str, hint: str = "") -> TocError:
        """Return what to raise if the next token is not the expected one."""
        return TocError(self.next.line, expected, self.next.shown, hint)

    def _take(self, kind: str, expected: str) -> Token:
        if self.next.kind != kind:
            raise self.error(expected)
        return self.take()

    def _scan(self) -> Token:
        while self._place < len(self._text):
            match = _TOKEN.match(self._text, self._place)
            if match is None:
                raise self._unreadable()
            self._place = match.end()
            kind = match.lastgroup or ""
            if kind == "line":
                self._line += 1
            elif kind != "skip":
                text = match[kind].upper() if kind == "word" else match[kind]
                return Token(self._line, kind, text)
        return Token(self._line, "end", "")

    def _unreadable(self) -> TocError:
        rest = self._text[self._place :].partition("\n")[0]
        if rest.startswith('"'):
            hint = r"a quote within a text is written \""
            return TocError(self._line, "a closing double quote", repr(rest[:40]), hint)
        return TocError(self._line, "a statement", repr(rest[:40]), "leave it out")


def _unescaped(text: str) -> bytes | str:
    """Return what stands between quotes: text where it is plain UTF-8, else its bytes."""

    def character(escape: re.Match[str]) -> str:
        digits = escape[1]
        is_octal = len(digits) == 3 and all(digit in "01234567" for digit in digits)
        return chr(int(digits, 8) & 0xFF) if is_octal else digits

    data = _ESCAPE.sub(character, text).encode("latin-1")
    is_octal = any(each[1].isdigit() for each in _ESCAPE.finditer(text))
    if text.isascii() or is_octal:
        return data
    try:
        return data.decode()  # newer cdrdao writes UTF-8
    except UnicodeDecodeError:
        return data
