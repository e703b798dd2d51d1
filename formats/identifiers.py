"""Identifiers of recordings and products: ISRC (ISO 3901) and UPC/EAN (GS1, ISO/IEC 15420)."""

from __future__ import annotations

from formats.errors import EncodeError


def normalise_isrc(text: str) -> str:
    """Return an ISRC as it is stored: 12 characters, upper case, no hyphens or spaces.

    Parameters
    ----------
    text : str
        As a person writes it; hyphens, spaces and a leading ``ISRC`` are dropped.

    Raises
    ------
    EncodeError
        If it is no ISRC; the message says what is wrong with it.

    References
    ----------
    ISO 3901:2019, structure of the ISRC: prefix code (two letters given out by the
    International ISRC Agency, three letters or digits), year, designation code. It has no
    check digit.
    """
    from stdnum import exceptions, isrc

    compact = _compact(text)
    if len(compact) == 16:
        compact = compact.removeprefix("ISRC")
    allowed = (
        "must be two letters, three letters or digits, then seven digits, "
        "as in GB-AAA-26-00001 (ISO 3901)"
    )
    try:
        # Equal, or python-stdnum has made ASCII of a letter that is not.
        if isrc.validate(compact) == compact:
            return compact
    except exceptions.InvalidLength:
        allowed = f"has {_count(compact, 'character')}, an ISRC has 12 (ISO 3901)"
    except exceptions.InvalidComponent:
        allowed = (
            f"begins with {compact[:2]!r}, which is no prefix of a country or of the "
            "International ISRC Agency (ISO 3901)"
        )
    except exceptions.InvalidFormat:
        pass
    raise EncodeError("ISRC", text, allowed)


def normalise_ean(text: str) -> str:
    """Return a product's UPC or EAN as 13 digits, which is what a disc carries as its MCN.

    Parameters
    ----------
    text : str
        As a person writes it; hyphens and spaces are dropped and the 12 digits of a UPC-A
        get their leading zero.

    Raises
    ------
    EncodeError
        If it is no UPC-A and no EAN-13; the message says what is wrong with it.

    References
    ----------
    GS1 General Specifications, GTIN-12 and GTIN-13, and their check digit.
    """
    compact = _compact(text)
    if not compact or not set(compact) <= set("0123456789"):
        raise EncodeError("UPC/EAN", text, "must be 12 digits (UPC-A) or 13 (EAN) (GS1)")
    if len(compact) not in (12, 13):
        raise EncodeError("UPC/EAN", text, _wrong_length(compact))
    ean = compact.zfill(13)
    expected = _check_digit(ean)
    if ean[-1] != expected:
        raise EncodeError(
            "UPC/EAN",
            text,
            f"ends in {ean[-1]}, its check digit must be {expected} (GS1): a digit is mistyped",
        )
    return ean


def _compact(text: str) -> str:
    """Drop separators, typographic ones included; leave what is not ASCII as it was."""
    from stdnum.util import clean

    compact = str(clean(text, " -")).strip()
    # `upper` would make ASCII of some letters that are not: ß, ı, ſ.
    return compact.upper() if compact.isascii() else compact


def _wrong_length(digits: str) -> str:
    problem = f"has {_count(digits, 'digit')}, a UPC-A has 12 and an EAN 13 (GS1)"
    restored = digits.zfill(12)
    if 9 <= len(digits) <= 11 and _check_digit(restored) == restored[-1]:
        zeros = "zero" if len(digits) == 11 else "zeros"
        return f"{problem}: a spreadsheet drops the leading {zeros}, {restored} would fit"
    if len(digits) == 11:
        return f"{problem}: a spreadsheet may have dropped a leading zero"
    return problem


def _check_digit(digits: str) -> str:
    """Return what the last of `digits` has to be."""
    from stdnum import ean

    return str(ean.calc_check_digit(digits[:-1]))


def _count(text: str, noun: str) -> str:
    return f"{len(text)} {noun}" if len(text) == 1 else f"{len(text)} {noun}s"
