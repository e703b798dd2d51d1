from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.errors import EncodeError, FormatError
from formats.identifiers import normalise_ean, normalise_isrc


@pytest.mark.parametrize(
    "written",
    [
        "GBAAA2600001",
        "gb-aaa-26-00001",
        " GB AAA 26 00001 ",
        "GB–AAA–26–00001",
        "ISRC GBAAA2600001",
    ],
)
def test_an_isrc_may_be_written_in_any_usual_way(written: str) -> None:
    assert normalise_isrc(written) == "GBAAA2600001"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("USRC1760783", "has 11 characters, an ISRC has 12 (ISO 3901)"),
        ("USRC176078390", "has 13 characters"),
        ("", "has 0 characters"),
        ("7", "has 1 character,"),
        ("XXAAA2600001", "begins with 'XX'"),
        ("GBAAA26000O1", "seven digits"),
        ("1BAAA2600001", "two letters"),
        ("GB-A*A-26-00001", "two letters"),
    ],
)
def test_what_is_wrong_with_an_isrc_is_said(written: str, said: str) -> None:
    with pytest.raises(EncodeError) as error:
        normalise_isrc(written)
    assert said in str(error.value)
    assert error.value.found == written


@pytest.mark.parametrize(
    "written", ["GBßAA260000", "GBßA2600001", "GBıAA2600001", "GBAAA260000１x"]
)
def test_a_letter_is_not_made_ascii_to_fit_an_isrc(written: str) -> None:
    with pytest.raises(EncodeError):
        normalise_isrc(written)


@pytest.mark.parametrize(
    ("written", "ean"),
    [
        ("5012345678900", "5012345678900"),
        ("5-012345-678900", "5012345678900"),
        ("012345678905", "0012345678905"),  # a UPC-A gets its leading zero
        ("0 12345 67890 5", "0012345678905"),
    ],
)
def test_upc_and_ean_become_thirteen_digits(written: str, ean: str) -> None:
    assert normalise_ean(written) == ean


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("5012345678901", "ends in 1, its check digit must be 0"),
        ("12345678905", "a spreadsheet drops the leading zero, 012345678905 would fit"),
        ("12345678901", "a spreadsheet may have dropped a leading zero"),
        ("1234567", "has 7 digits"),
        ("50123456789001", "has 14 digits"),
        ("501234567890X", "must be 12 digits (UPC-A) or 13 (EAN)"),
        ("5.01235E+12", "must be 12 digits"),
        ("", "must be 12 digits"),
    ],
)
def test_what_is_wrong_with_an_ean_is_said(written: str, said: str) -> None:
    with pytest.raises(EncodeError) as error:
        normalise_ean(written)
    assert said in str(error.value)


def test_two_lost_zeros_are_named_as_such() -> None:
    with pytest.raises(EncodeError, match="leading zeros, 001234567895 would fit"):
        normalise_ean("1234567895")


@given(st.integers(0, 10**12 - 1))
@settings(max_examples=50, deadline=None)
def test_exactly_one_check_digit_fits(number: int) -> None:
    fitting = []
    for digit in range(10):
        try:
            fitting.append(normalise_ean(f"{number:012d}{digit}"))
        except EncodeError:
            continue
    assert len(fitting) == 1
    digits = [int(each) for each in fitting[0]]
    assert (sum(digits[0::2]) + 3 * sum(digits[1::2])) % 10 == 0


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_any_text_is_normal_or_a_format_error(text: str) -> None:
    for normalise, length in ((normalise_isrc, 12), (normalise_ean, 13)):
        try:
            normal = normalise(text)
        except FormatError:
            continue
        assert len(normal) == length
        assert normalise(normal) == normal


def test_errors_survive_the_way_back_from_a_worker() -> None:
    with pytest.raises(EncodeError) as error:
        normalise_isrc("USRC1760783")
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)
