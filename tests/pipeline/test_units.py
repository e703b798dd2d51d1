import contextlib
import json
from fractions import Fraction
from typing import Annotated

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from pipeline.units import (
    DB,
    DB_PER_OCTAVE,
    DBFS,
    DBTP,
    HZ,
    LU,
    LUFS,
    MS,
    NUMBER,
    PERCENT,
    RATIO,
    Duration,
    FrequencyHz,
    LevelDb,
    Unit,
)

UNITS = [DB, LUFS, LU, DBTP, DBFS, HZ, PERCENT, MS, DB_PER_OCTAVE, NUMBER, RATIO]


@pytest.mark.parametrize(
    ("unit", "text", "value"),
    [
        (LUFS, "-10 LUFS", -10.0),
        (DB, "-1.5 dB", -1.5),
        (DB, "+3dB", 3.0),
        (DBTP, "-1 dBTP", -1.0),
        (DBFS, "-18 dBFS", -18.0),
        (LU, "0.5 LU", 0.5),
        (HZ, "320 Hz", 320.0),
        (HZ, "2.5 kHz", 2500.0),
        (HZ, "2.5 KHZ", 2500.0),
        (PERCENT, "50 %", 50.0),
        (PERCENT, "110%", 110.0),
        (MS, "20 ms", 20.0),
        (MS, "0.3 s", 300.0),
        (DB_PER_OCTAVE, "12 dB/oct", 12.0),
        (NUMBER, "0.9", 0.9),
        (NUMBER, 1.6, 1.6),
        (RATIO, "1.6:1", 1.6),
        (RATIO, 4, 4.0),
    ],
)
def test_a_quantity_is_read_as_people_write_it(unit: Unit, text: object, value: float) -> None:
    assert unit.parse(text) == value


@pytest.mark.parametrize(
    ("unit", "found", "message"),
    [
        (LUFS, "-10", "'-10' has no unit; write -10 LUFS"),
        (LUFS, -10, "'-10' has no unit; write -10 LUFS"),
        (
            LUFS,
            "-10 dB",
            "'-10 dB' is in dB, a loudness here is in LUFS; write for example -10 LUFS",
        ),
        (
            DB,
            "\u22121.5 dB",
            "'\u22121.5 dB' begins with a typographic minus (\u2212); write -1.5 dB",
        ),
        (
            DB,
            "-1,5 dB",
            "'-1,5 dB' has a comma; write the decimal sign as a point (-1.5 dB) and nothing "
            "between thousands",
        ),
        (DB, "loud", "'loud' is not a level; write for example -1.5 dB"),
        (DB, "nan dB", "'nan dB' is not a level; write for example -1.5 dB"),
        (DB, "1e999999999 dB", "'1e999999999 dB' is not a level; write for example -1.5 dB"),
        (DB, True, "yes or no is not a level; write for example -1.5 dB"),
        (DB, None, "nothing is not a level; write for example -1.5 dB"),
        (HZ, ["320 Hz"], "a list is not a frequency; write for example 320 Hz"),
        (NUMBER, "0.9 Hz", "'0.9 Hz' has a unit, a plain number has none; write 0.9"),
        (HZ.within(10, 20_000), "1 Hz", "1 Hz is outside 10 Hz to 20000 Hz"),
    ],
)
def test_a_message_says_what_was_found_and_what_is_allowed(
    unit: Unit, found: object, message: str
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole text is compared
        unit.parse(found)
    assert str(caught.value) == message


@given(st.sampled_from(UNITS), st.floats(-1e60, 1e60, allow_subnormal=False))
@example(UNITS[0], 0.0003636155775160118)
@settings(max_examples=100, deadline=None)
def test_what_is_written_is_read_back_to_the_bit(unit: Unit, value: float) -> None:
    value = round(value, 60)  # what is smaller is not written
    assert unit.parse(unit.text(value)) == value


@given(st.sampled_from([*UNITS, Duration]), st.one_of(st.text(), st.floats(), st.integers()))
@settings(max_examples=200, deadline=None)
def test_nothing_but_a_value_error_escapes(unit: Unit | type[Duration], found: object) -> None:
    with contextlib.suppress(ValueError):
        unit.parse(found)


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("2 s", Fraction(2), "s"),
        ("1500 ms", Fraction(3, 2), "s"),
        ("2 min", Fraction(120), "s"),
        ("2:00", Fraction(120), "s"),
        ("3:52.5", Fraction(465, 2), "s"),
        ("0:00.001", Fraction(1, 1000), "s"),
        ("1:02:03.25", Fraction(14893, 4), "s"),
        ("88200 samples", Fraction(88200), "samples"),
        ("1 sample", Fraction(1), "samples"),
        ("12 sectors", Fraction(12), "sectors"),
    ],
)
def test_a_time_is_kept_exactly(text: str, amount: Fraction, unit: str) -> None:
    assert Duration.parse(text) == Duration(amount, unit)  # type: ignore[arg-type]  # from a table


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ("2", "'2' has no unit; write 2 s (or ms, min, samples, sectors), or m:ss.mmm"),
        ("2 dB", "'2 dB' is in dB; write 2 s (or ms, min, samples, sectors), or m:ss.mmm"),
        ("-1 s", "'-1 s' is negative; a time is 0 s or more"),
        ("1.5 samples", "'1.5 samples' is not a whole number of samples"),
        ("3:61", "'3:61' has more than 59 minutes or seconds; write m:ss.mmm or h:mm:ss"),
        ("1:60:00", "'1:60:00' has more than 59 minutes or seconds; write m:ss.mmm or h:mm:ss"),
        ("soon", "'soon' is not a time; write for example 1.5 s"),
    ],
)
def test_a_wrong_time_is_explained(found: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole text is compared
        Duration.parse(found)
    assert str(caught.value) == message


def test_a_time_becomes_samples_of_any_rate() -> None:
    assert Duration.parse("12 sectors").to_samples(44_100) == 12 * 588
    assert Duration.parse("12 sectors").to_samples(48_000) == 12 * 640
    assert Duration.parse("100 samples").to_samples(96_000) == 100
    assert Duration.parse("0.5 s").to_samples(44_101) == 22_051
    assert Duration.parse("44100 samples").to_seconds(44_100) == 1
    assert Duration.parse("1 ms").exact_samples(44_100) == Fraction(441, 10)


@given(st.integers(0, 10**9), st.sampled_from(["ms", "samples", "sectors"]))
@settings(max_examples=50, deadline=None)
def test_a_time_that_is_written_is_read_back(amount: int, unit: str) -> None:
    duration = Duration.parse(f"{amount} {unit}")
    assert Duration.parse(str(duration)) == duration


def test_a_word_may_stand_in_place_of_a_value() -> None:
    release = MS.or_word("auto")
    assert release.parse("auto") == "auto"
    assert release.text(release.parse("0.2 s")) == "200 ms"
    with pytest.raises(ValueError, match="'200' has no unit; write 200 ms, or auto"):
        release.parse("200")


class Settings(BaseModel):
    level: LevelDb
    at: Annotated[FrequencyHz, HZ.within(20, 20_000)]
    gap: Duration = Field("2 s", validate_default=True)


def test_a_model_reads_text_and_writes_text() -> None:
    read = Settings.model_validate({"level": "-1.50 dB", "at": "2.5 kHz", "gap": "1500 ms"})
    assert (read.level, read.at, read.gap) == (-1.5, 2500.0, Duration(Fraction(3, 2)))
    written = json.loads(read.model_dump_json())
    assert written == {"level": "-1.5 dB", "at": "2500 Hz", "gap": "1.5 s"}
    assert Settings.model_validate(written) == read


def test_a_default_is_the_value_that_its_text_says() -> None:
    assert Settings.model_validate({"level": "0 dB", "at": "1 kHz"}).gap == Duration(
        Fraction(2)
    )


def test_a_model_reports_the_place_and_the_sentence() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"level": "-1", "at": "5 Hz"})
    found = {error["loc"]: error["msg"] for error in caught.value.errors()}
    assert found == {
        ("level",): "Value error, '-1' has no unit; write -1 dB",
        ("at",): "Value error, 5 Hz is outside 20 Hz to 20000 Hz",
    }


def test_the_schema_shows_a_pattern_and_an_example() -> None:
    properties = Settings.model_json_schema()["properties"]
    assert properties["at"]["examples"] == ["320 Hz"]
    assert properties["at"]["description"] == "20 Hz to 20000 Hz"
    assert properties["gap"]["type"] == "string"
    assert properties["gap"]["default"] == "2 s"
