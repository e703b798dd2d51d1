"""What can go wrong with bytes.

FormatError
├── EncodeError        a value that the format cannot hold
├── DecodeError        bytes that are not what the standard says
├── LineError          a line of a text that is not what the format asks for
└── UnsupportedError   well-formed, but of a kind this library does not read
ToolError              an outside program is missing, failed or took too long
"""

from __future__ import annotations


class FormatError(Exception):
    """Root of everything a reader or writer of `formats` may raise."""


class EncodeError(FormatError):
    """A value does not fit its field."""

    def __init__(self, field: str, found: object, allowed: str) -> None:
        super().__init__(field, found, allowed)
        self.field, self.found, self.allowed = field, found, allowed

    def __str__(self) -> str:
        return f"{self.field}: {self.found!r} {self.allowed}"


class DecodeError(FormatError):
    """Bytes at `offset` are not what the format asks for."""

    def __init__(self, offset: int, expected: str, found: str) -> None:
        super().__init__(offset, expected, found)
        self.offset, self.expected, self.found = offset, expected, found

    def __str__(self) -> str:
        return f"at byte {self.offset}: expected {self.expected}, found {self.found}"


class LineError(FormatError):
    """A line of a text is not what the format asks for; lines count from 1.

    `hint` says what to do about it, in half a sentence.
    """

    def __init__(self, line: int, expected: str, found: str, hint: str = "") -> None:
        super().__init__(line, expected, found, hint)
        self.line, self.expected, self.found, self.hint = line, expected, found, hint

    def __str__(self) -> str:
        said = f"line {self.line}: expected {self.expected}, found {self.found}"
        return f"{said}; {self.hint}" if self.hint else said


class UnsupportedError(FormatError):
    """A variant of the format that is not read here."""


class ToolError(Exception):
    """An outside program did not do its work.

    Parameters
    ----------
    tool : str
        Name of the program as a user knows it.
    message : str
        What happened, with the program's own last words.
    hint : str
        What to do about it; may be empty.
    """

    def __init__(self, tool: str, message: str, hint: str = "") -> None:
        super().__init__(tool, message, hint)
        self.tool, self.message, self.hint = tool, message, hint

    def __str__(self) -> str:
        return f"{self.tool} {self.message}"
