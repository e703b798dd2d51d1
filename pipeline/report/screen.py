"""What `check` says on a screen: a line for each mix, its weightiest sentences, counts."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from pipeline.findings import Finding, Severity
from pipeline.intake.comparison import Compared
from pipeline.intake.readiness import Readiness
from pipeline.report.intake import Checked, CheckedMix, is_remark, sentence

FEW_MIXES = 6
"""So many mixes with remarks leave room on a screen for two sentences each."""
MOST_APART = 3
LONGEST_TITLE = 28

_NOUNS = {
    Severity.CRASH: ("broken check", "broken checks"),
    Severity.FAIL: ("failure", "failures"),
    Severity.WARN: ("warning", "warnings"),
    Severity.INFO: ("note", "notes"),
    Severity.SKIP: ("skipped check", "skipped checks"),
    Severity.PASS: ("passed check", "passed checks"),
}


def screen(checked: Checked, *, width: int, show_all: bool = False) -> Iterator[str]:
    """Yield the lines of a screen.

    Parameters
    ----------
    checked : Checked
        What was found.
    width : int
        Columns of the screen.
    show_all : bool
        Whether every finding gets its sentence, and every mix its file.
    """
    yield _heading(checked)
    n_sentences = _sentences_for_each(checked)
    titles = [_short(each.title) for each in checked.mixes]
    column = max(map(len, titles), default=0)
    for number, (mix, title) in enumerate(zip(checked.mixes, titles, strict=True), start=1):
        found = checked.found_in(mix)
        said = _said(found, n_sentences, show_all=show_all)
        head = f"{number:3d}  {title:{column}}  {_loud(mix.verdict):14}"
        yield f"{head}  {_beside(mix, found, said, show_all=show_all)}".rstrip()
        yield from _wrapped(said, width)
    yield from _album(checked, n_sentences=n_sentences, width=width, show_all=show_all)
    yield from _apart(checked, width=width, show_all=show_all)
    for remark in checked.remarks:
        yield from textwrap.wrap(remark, width, subsequent_indent="  ")
    yield checked.summary + ("" if show_all else _folded_hint(checked, n_sentences))


def _heading(checked: Checked) -> str:
    strictness = (
        "" if checked.strictness == "release" else f", strictness: {checked.strictness}"
    )
    length = _clock(sum(each.duration_s for each in checked.mixes))
    rate = f"made at {checked.sample_rate_hz / 1000:g} kHz"
    return f"{checked.artist}: {checked.title}  {length}, {rate}{strictness}"


def _sentences_for_each(checked: Checked) -> int:
    troubled = sum(each.verdict is not Readiness.READY for each in checked.mixes)
    return 2 if troubled <= FEW_MIXES else 1


def _said(
    found: Sequence[Finding], n_sentences: int, *, show_all: bool = False
) -> tuple[Finding, ...]:
    """Return what is said: the weightiest remarks, and whatever has a written reason."""
    if show_all:
        return tuple(found)
    remarks = [each for each in found if is_remark(each)]
    open_ones = [each for each in remarks if not each.waived][:n_sentences]
    return (*open_ones, *(each for each in remarks if each.waived))


def _beside(
    mix: CheckedMix, found: Sequence[Finding], said: Sequence[Finding], *, show_all: bool
) -> str:
    if show_all:
        rate = f"{mix.codec} {mix.sample_rate_hz / 1000:g} kHz"
        return f"{_clock(mix.duration_s)}  {rate}  peak {mix.peak_dbfs:.1f} dBFS  {mix.file}"
    rest = [each for each in found if each not in said]
    more = f"{'+ ' if said else ''}{_counted(rest)}" if rest else ""
    return f"{_clock(mix.duration_s)}  {more}"


def _album(checked: Checked, *, n_sentences: int, width: int, show_all: bool) -> Iterator[str]:
    found = checked.about_the_album
    if not found:
        return
    said = _said(found, max(2, n_sentences), show_all=show_all)
    rest = [each for each in found if each not in said]
    yield f"     the album{f'  + {_counted(rest)}' if rest else ''}"
    yield from _wrapped(said, width)


def _apart(checked: Checked, *, width: int, show_all: bool) -> Iterator[str]:
    titles = {each.track: each.title for each in checked.mixes}
    lines = [
        f"{titles[track]} stands apart: {_compared(column, track)}"
        for column in checked.comparison
        for track in column.apart
    ]
    shown = lines if show_all else lines[:MOST_APART]
    for line in shown:
        yield from textwrap.wrap(line, width, initial_indent=" " * 5, subsequent_indent=" " * 7)
    if len(shown) < len(lines):
        yield f"     and {len(lines) - len(shown)} more figures that stand apart"


def _compared(column: Compared, track: str) -> str:
    value = column.values[track]
    unit = f" {column.unit}" if column.unit else ""
    middle = f"{column.middle:.{column.places}f}{unit}"
    name = column.title[:1].lower() + column.title[1:]
    return f"{name} {value:.{column.places}f}{unit}, the album's middle {middle}"


def _folded_hint(checked: Checked, n_sentences: int) -> str:
    groups = [checked.found_in(each) for each in checked.mixes]
    said = [len(_said(found, n_sentences)) for found in groups]
    n_folded = sum(len(found) for found in groups) - sum(said)
    return f"; {n_folded} more with --all" if n_folded else ""


def _wrapped(said: Sequence[Finding], width: int) -> Iterator[str]:
    for each in said:
        text = f"{_mark(each)} {sentence(each)} [{each.check}]"
        yield from textwrap.wrap(
            text,
            width,
            initial_indent=" " * 5,
            subsequent_indent=" " * 7,
            break_long_words=False,
        )


def _mark(finding: Finding) -> str:
    if finding.waived:
        return "~"
    return {Severity.CRASH: "!", Severity.FAIL: "!", Severity.WARN: "?"}.get(
        finding.severity, "-"
    )


def _loud(verdict: Readiness) -> str:
    """Return a verdict as it is read from afar: what stops the work is in capitals."""
    return verdict.upper() if verdict.rank >= Readiness.FIX_IN_THE_MIX.rank else verdict.value


def _counted(findings: Sequence[Finding]) -> str:
    counts = Counter(each.severity for each in findings)
    return ", ".join(
        f"{count} {_NOUNS[severity][count != 1]}"
        for severity, count in sorted(counts.items(), key=lambda each: each[0].rank)
    )


def _short(title: str) -> str:
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"


def _clock(time_s: float) -> str:
    minutes, seconds = divmod(round(time_s), 60)
    return f"{minutes}:{seconds:02d}"
