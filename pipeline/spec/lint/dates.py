"""Release date and the years of the © and ℗ lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.spec.lint.written import Written

FIRST_RECORDING = 1877  # Edison's phonograph: nothing that plays is older
_DAY = len("2026-03-06")
_SIGN = re.compile(r"\s*(?:[©℗]|\([cCpP]\)|copyright\b)\s*", re.IGNORECASE)
_YEAR = re.compile(r"\s*(\d{4})\b")


@check(
    "spec/dates",
    rationale="""A release starts on a day, everywhere at once. The © line is the sign,
    the year of first publication and the owner (Universal Copyright Convention, art. III), the
    ℗ line the same for the recording (Rome Convention, art. 11; Phonograms Convention, art. 5):
    a year after the release date claims what has not happened.""",
)
def dates(written: Written) -> Iterator[Finding]:
    """The record comes out on a day, and its lines name a year that has been by then."""
    released = written.spec.album.release_date
    at = ("album", "release_date")
    if released and int(released[:4]) < FIRST_RECORDING:
        yield written.finding(
            Severity.WARN,
            "too-early",
            f"comes out in {released[:4]}, before anything was recorded",
            at=at,
            action="write the year with four digits: 2026-03-06",
        )
    if released and len(released) < _DAY and any(written.on_sale()):
        yield written.finding(
            Severity.INFO,
            "no-day",
            f"the release date is {released}; services start on a day",
            at=at,
            action="write YYYY-MM-DD when it is known",
        )
    for key, sign in (("c_line", "©"), ("p_line", "℗")):
        if line := getattr(written.spec.album, key):
            yield from _line(written, key, sign, line)


def year_of(release_date: str | None) -> int | None:
    """Return the year of a release date."""
    return int(release_date[:4]) if release_date else None


def _line(written: Written, key: str, sign: str, line: str) -> Iterator[Finding]:
    at = ("album", key)
    if found := _SIGN.match(line):
        line = line[found.end() :]
        yield written.finding(
            Severity.INFO,
            "sign",
            f"the {sign} line begins with its sign, which is added where it is printed",
            at=at,
            action=f"{key}: {line}",
        )
    year, released = _YEAR.match(line), year_of(written.spec.album.release_date)
    if year is None:
        yield written.finding(
            Severity.WARN,
            "no-year",
            f"the {sign} line {line!r} begins with no year",
            at=at,
            action=f"{key}: {released or 'YEAR'} {line}",
        )
    elif released and int(year[1]) > released:
        yield written.finding(
            Severity.WARN,
            "later",
            f"the {sign} line is of {year[1]}, the record comes out in {released}",
            at=at,
            action="one of the two years is wrong",
        )
