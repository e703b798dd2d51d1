"""Why a text is no YAML, in words that help: the parser's complaint put into ours."""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

from pipeline.errors import Mark, SpecProblem

QUOTE_HINT = 'put quotes around the whole text: title: "…"'
_OPEN_HINT = "every { has its } and every [ its ]; what follows ' #' is a remark and not read"
INDENT_HINT = "lines that belong together begin in the same column; only spaces count"


@dataclass(frozen=True, slots=True)
class _Complaint:
    """What the parser says, and what it means to who wrote the line.

    `at_start` tells that the place is where the thing began, not where it was missed.
    """

    says: re.Pattern[str]
    message: str
    hint: str
    at_start: bool = False


def _complaint(says: str, message: str, hint: str, *, at_start: bool = False) -> _Complaint:
    return _Complaint(re.compile(says), message, hint, at_start)


# First match counts; the text searched is context, colon, problem.
_COMPLAINTS = (
    _complaint(r"tab character|'\\t'", "a tab stands here; indent with spaces", INDENT_HINT),
    _complaint(
        r"quoted scalar.*unexpected end",
        "the text in quotes that begins here does not end",
        "close it with the same sign; '' is one ' inside single quotes",
        at_start=True,
    ),
    _complaint(
        "unknown escape|hexdecimal|hexadecimal|escape code",
        r"\ inside double quotes begins a code that there is none of",
        r"""use single quotes, or write \\ for one \; folders are parted by /""",
    ),
    _complaint(
        "expected ',' or ']'", "the list that begins here has no ]", _OPEN_HINT, at_start=True
    ),
    _complaint(
        "expected ',' or '}'",
        "the mapping that begins here has no }",
        _OPEN_HINT,
        at_start=True,
    ),
    _complaint(
        "could not find expected ':'",
        "this line is no `key: value`",
        "a colon and a space stand between key and value",
        at_start=True,
    ),
    _complaint(
        "scanning an (alias|anchor)",
        "a text cannot begin with * or &",
        QUOTE_HINT,
        at_start=True,
    ),
    _complaint(
        "(parsing|scanning) a tag", "a text cannot begin with !", QUOTE_HINT, at_start=True
    ),
    _complaint("cannot start any token", "a text cannot begin with this sign", QUOTE_HINT),
    _complaint(
        "node content", "a value is missing, or begins with a sign it cannot", QUOTE_HINT
    ),
    _complaint(
        "block scalar",
        "after | or > the text begins in the next line",
        QUOTE_HINT,
        at_start=True,
    ),
    _complaint(
        "sequence entries are not allowed",
        "a list that begins with - starts in a line of its own",
        "or write it as [first, second]",
    ),
    _complaint(
        "directive|incompatible",
        "a line cannot begin with %",
        "take this line out",
        at_start=True,
    ),
    _complaint("expected '-'", "this line stands in a list and has no -", INDENT_HINT),
)
_SECOND_COLON = _complaint("", "a second colon stands in this value", QUOTE_HINT)
_BAD_INDENT = _complaint("", "the line is indented unlike its neighbours", INDENT_HINT)
_AFTER_QUOTE = _complaint("", "something stands after the text in quotes", QUOTE_HINT)


def misspelt(error: yaml.MarkedYAMLError, text: str, *, file: str) -> SpecProblem:
    """Return the problem that keeps `text` from being YAML.

    Parameters
    ----------
    error : yaml.MarkedYAMLError
        What the parser said.
    text : str
        The whole text.
    file : str
        Its name, for the place.
    """
    mark, start = error.problem_mark, error.context_mark
    complaint = _find(error, _line(text, mark))
    if complaint.at_start and start is not None:
        mark = start
    place = Mark(file, mark.line + 1, mark.column + 1) if mark else Mark(file, 1, 1)
    return SpecProblem(place, "", complaint.message, complaint.hint)


def _find(error: yaml.MarkedYAMLError, line: str) -> _Complaint:
    said = f"{error.context or ''}: {error.problem or ''}"
    column = error.problem_mark.column if error.problem_mark else 0
    before, indent = line[:column], line[: len(line) - len(line.lstrip())]
    if "\t" in indent:
        return _COMPLAINTS[0]
    for complaint in _COMPLAINTS:
        if complaint.says.search(said):
            return complaint
    if "mapping values" in said:
        return _SECOND_COLON if re.search(r"[:{,]\s", before) else _BAD_INDENT
    return _AFTER_QUOTE if before.rstrip().endswith(('"', "'")) else _BAD_INDENT


def _line(text: str, mark: yaml.Mark | None) -> str:
    lines = text.splitlines() or [""]
    return lines[min(mark.line, len(lines) - 1)] if mark else ""
