"""What users write with a unit: levels, frequencies, percentages and times.

Every type here is text in the spec (``-10 LUFS``, ``2.5 kHz``, ``1.5 s``), a number inside, and
text again in JSON, so that what was read can be written and read once more without loss.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

SECTORS_PER_S = 75  # IEC 60908: one sector on disc lasts 1/75 s

# Exponents are kept short (1e999999999 has a billion digits), and the rest of one is no unit.
# Down to 0.0001 a value is written without an exponent: 17 digits behind three zeros.
_NUMBER = r"[+-]?(?:\d{1,18}(?:\.\d{0,24})?|\.\d{1,24})(?:[eE][+-]?\d{1,2})?"
_QUANTITY = re.compile(rf"({_NUMBER})\s*((?![eE][+-]?\d)[^\d.].*)?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d+,\d+.*", re.ASCII)
_CLOCK = re.compile(r"(?:(\d{1,3}):(\d\d)|(\d{1,4})):(\d\d(?:\.\d{1,9})?)", re.ASCII)
_DASHES = re.compile(
    "^[\u2212\u2010-\u2015\ufe63\uff0d]"
)  # minus, hyphens and dashes that are no '-'


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit, and the range of a value that is written in it.

    It stands in an annotation, ``Annotated[float, DB.within(-60, 0)]``, and then reads and
    writes the field. Write a default as text too, ``Field("0 dB", validate_default=True)``, and
    the JSON Schema shows it as the spec would.

    Parameters
    ----------
    symbol : str
        As people write it: ``dBTP``; empty for a plain number.
    noun : str
        What is measured, with its article: ``a level``.
    example : str
        One value as the spec writes it.
    scales : tuple of (str, Fraction)
        Other accepted spellings and what one of them is in `symbol`.
    low, high : float or None
        The least and the greatest value allowed, in `symbol`.
    """

    symbol: str
    noun: str
    example: str
    scales: tuple[tuple[str, Fraction], ...] = ()
    low: float | None = None
    high: float | None = None

    def within(self, low: float, high: float, *, example: str = "") -> Unit:
        """Return this unit with a range, both ends included, and perhaps its own example."""
        return replace(self, low=low, high=high, example=example or self.example)

    def or_word(self, word: str) -> WordOr:
        """Return what reads this unit or one word in its place, such as ``auto``."""
        return WordOr(word, self)

    def parse(self, found: object) -> float:
        """Return the value that `found` writes, in `symbol`.

        Raises
        ------
        ValueError
            If it is no such value; the text says what was found and what is allowed.
        """
        number, name = split_quantity(found, self.noun, self.example)
        value = float(number * self._scale(name, str(found).strip(), number))
        if not self._allows(value):
            raise ValueError(f"{self.text(value)} is outside {self.range_text}")
        return value

    def text(self, value: float) -> str:
        """Return `value` as the spec would write it; `parse` gives the same bits back."""
        plain = repr(value + 0.0).removesuffix(".0")
        return f"{plain} {self.symbol}".rstrip()

    @property
    def range_text(self) -> str:
        """What is allowed: ``-60 dB to 0 dB``; empty if there is no range."""
        if self.low is None or self.high is None:
            return ""
        return f"{self.text(float(self.low))} to {self.text(float(self.high))}"

    def _allows(self, value: float) -> bool:
        return self.low is None or self.high is None or self.low <= value <= self.high

    def _scale(self, name: str, found: str, number: Fraction) -> Fraction:
        if name.lower() == self.symbol.lower():
            return Fraction(1)
        for spelling, scale in self.scales:
            if name.lower() == spelling.lower():
                return scale
        wanted = self.text(float(number))
        if not name:
            raise ValueError(f"'{found}' has no unit; write {wanted}")
        if not self.symbol:
            raise ValueError(f"'{found}' has a unit, {self.noun} has none; write {wanted}")
        raise ValueError(
            f"'{found}' is in {name}, {self.noun} here is in {self.symbol}; "
            f"write for example {self.example}"
        )

    def json_schema(self) -> JsonSchemaValue:
        """Return the JSON Schema of the text."""
        names = "|".join(re.escape(name) for name in (self.symbol, *dict(self.scales)))
        schema: JsonSchemaValue = {
            "type": "string" if self.symbol else ["number", "string"],
            "pattern": rf"^{_NUMBER}\s*({names})$",
            "examples": [self.example],
        }
        return schema | ({"description": f"{self.range_text}"} if self.range_text else {})

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return _text_schema(self.parse, self.text)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return self.json_schema()


@dataclass(frozen=True, slots=True)
class WordOr:
    """One word or a value: ``Annotated[float | Literal["auto"], MS.or_word("auto")]``.

    Parameters
    ----------
    word : str
        In lower case.
    unit : Unit
        What else may be written.
    """

    word: str
    unit: Unit

    def parse(self, found: object) -> float | str:
        """Return the word or the value; raises what `Unit.parse` raises."""
        if isinstance(found, str) and found.strip().lower() == self.word:
            return self.word
        try:
            return self.unit.parse(found)
        except ValueError as error:
            raise ValueError(f"{error}, or {self.word}") from None

    def text(self, value: float | str) -> str:
        """Return what `parse` reads back."""
        return value if isinstance(value, str) else self.unit.text(value)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return _text_schema(self.parse, self.text)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"const": self.word}, self.unit.json_schema()]}


DB = Unit("dB", "a level", "-1.5 dB")
LUFS = Unit("LUFS", "a loudness", "-10 LUFS")
LU = Unit("LU", "a loudness difference", "2 LU")
DBTP = Unit("dBTP", "a true-peak level", "-1 dBTP")
DBFS = Unit("dBFS", "a digital level", "-18 dBFS")
HZ = Unit("Hz", "a frequency", "320 Hz", (("kHz", Fraction(1000)),))
PERCENT = Unit("%", "a percentage", "50 %", (("percent", Fraction(1)),))
MS = Unit("ms", "a time", "20 ms", (("s", Fraction(1000)),))
DB_PER_OCTAVE = Unit("dB/oct", "a slope", "12 dB/oct", (("dB/octave", Fraction(1)),))
NUMBER = Unit("", "a plain number", "1.5")
RATIO = Unit("", "a ratio", "1.6", ((":1", Fraction(1)),))

LevelDb = Annotated[float, DB]
Lufs = Annotated[float, LUFS]
Lu = Annotated[float, LU]
Dbtp = Annotated[float, DBTP]
Dbfs = Annotated[float, DBFS]
FrequencyHz = Annotated[float, HZ]
Percent = Annotated[float, PERCENT]
TimeMs = Annotated[float, MS]


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time exactly as it was written; a field of this type reads its text.

    Parameters
    ----------
    amount : Fraction
        How many of `unit`; not negative, and whole for samples and sectors.
    unit : {"s", "samples", "sectors"}
        Seconds, samples of whatever rate is asked for, or 1/75 s.
    """

    amount: Fraction
    unit: Literal["s", "samples", "sectors"] = "s"

    EXAMPLE: ClassVar[str] = "1.5 s"

    _IN_S: ClassVar[dict[str, Fraction]] = {
        "s": Fraction(1), "ms": Fraction(1, 1000), "min": Fraction(60), "h": Fraction(3600),
    }  # fmt: skip
    _COUNTED: ClassVar[dict[str, Literal["samples", "sectors"]]] = {
        "sample": "samples", "samples": "samples", "sector": "sectors", "sectors": "sectors",
    }  # fmt: skip

    @classmethod
    def parse(cls, found: object) -> Self:
        """Read ``2 s``, ``1500 ms``, ``2 min``, ``88200 samples``, ``12 sectors``, ``3:52.5``.

        Raises
        ------
        ValueError
            If it is no length of time; the text says what was found and what is allowed.
        """
        if isinstance(found, cls):
            return found
        if isinstance(found, str) and (clock := _CLOCK.fullmatch(found.strip())):
            return cls(_clock_s(found.strip(), clock))
        number, name = split_quantity(found, "a time", cls.EXAMPLE)
        text = str(found).strip()
        if number < 0:
            raise ValueError(f"'{text}' is negative; a time is 0 s or more")
        if name.lower() in cls._COUNTED:
            if number.denominator != 1:
                raise ValueError(f"'{text}' is not a whole number of {name}")
            return cls(number, cls._COUNTED[name.lower()])
        if name.lower() in cls._IN_S:
            return cls(number * cls._IN_S[name.lower()])
        problem = f"is in {name}" if name else "has no unit"
        raise ValueError(
            f"'{text}' {problem}; write {_decimal(number)} s "
            "(or ms, min, samples, sectors), or m:ss.mmm"
        )

    def __str__(self) -> str:
        return f"{_decimal(self.amount)} {self.unit}"

    def to_seconds(self, sample_rate_hz: int) -> Fraction:
        """Return the exact seconds; the rate matters only for a number of samples."""
        per_s = {"s": 1, "samples": sample_rate_hz, "sectors": SECTORS_PER_S}
        return self.amount / per_s[self.unit]

    def exact_samples(self, sample_rate_hz: int) -> Fraction:
        """Return the length in samples at a rate, which need not be a whole number."""
        return self.to_seconds(sample_rate_hz) * sample_rate_hz

    def to_samples(self, sample_rate_hz: int) -> int:
        """Return the nearest number of samples at a rate; a half is rounded up."""
        return int(self.exact_samples(sample_rate_hz) + Fraction(1, 2))

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return _text_schema(cls.parse, str)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        names = "|".join((*cls._IN_S, *cls._COUNTED))
        return {
            "type": "string",
            "pattern": rf"^({_CLOCK.pattern}|{_NUMBER}\s*({names}))$",
            "examples": [cls.EXAMPLE, "2 min", "88200 samples", "12 sectors", "3:52.500"],
        }


def split_quantity(found: object, noun: str, example: str) -> tuple[Fraction, str]:
    """Return the number and the name of the unit that `found` writes.

    Parameters
    ----------
    found : object
        A scalar of the spec: text, or a number that the reader of the spec already made.
    noun, example : str
        What is wanted, and how it is written; for the message.

    Raises
    ------
    ValueError
        If it does not begin with a number.
    """
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        # ValueError, because pydantic turns no other into a finding with a place.
        raise ValueError(  # noqa: TRY004
            f"{_kind(found)} is not {noun}; write for example {example}"
        )
    text = str(found).strip()
    if dash := _DASHES.match(text):
        raise ValueError(
            f"'{text}' begins with a typographic minus ({dash[0]}); write -{text[1:].lstrip()}"
        )
    if _COMMA.fullmatch(text):
        raise ValueError(
            f"'{text}' has a comma; write the decimal sign as a point "
            f"({text.replace(',', '.', 1)}) and nothing between thousands"
        )
    if not (quantity := _QUANTITY.fullmatch(text)):
        raise ValueError(f"'{text}' is not {noun}; write for example {example}")
    return Fraction(quantity[1]), (quantity[2] or "").strip()


def _clock_s(text: str, clock: re.Match[str]) -> Fraction:
    hours, minutes_of_hour, minutes, seconds = clock.groups()
    if Fraction(seconds) >= 60 or (minutes_of_hour and int(minutes_of_hour) >= 60):
        raise ValueError(
            f"'{text}' has more than 59 minutes or seconds; write m:ss.mmm or h:mm:ss"
        )
    return int(hours or 0) * 3600 + int(minutes_of_hour or minutes) * 60 + Fraction(seconds)


def _decimal(number: Fraction) -> str:
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    return f"{exact.normalize():f}"


def _kind(found: object) -> str:
    names = {bool: "yes or no", type(None): "nothing", list: "a list", dict: "a mapping"}
    return names.get(type(found), f"a {type(found).__name__}")


def _text_schema(parse: Any, text: Any) -> CoreSchema:
    from pydantic_core import core_schema

    written = core_schema.plain_serializer_function_ser_schema(text, when_used="json")
    return core_schema.no_info_plain_validator_function(parse, serialization=written)
