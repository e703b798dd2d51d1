"""The intake sheet: a form that the mix engineer fills in, and what is read from it.

It is plain text that opens everywhere, made for people who have never seen a YAML file:
questions with a colon, answers behind them, long answers going on in the next lines. Whatever
is written is kept; only what looks like a mistyped question is a problem, with its place.
"""

from __future__ import annotations

import codecs
import difflib
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.errors import Mark, SourceError, SpecProblem
from pipeline.intake.yaml_text import fits_on_a_line

SHEET_NAME = "intake-sheet.txt"
MAX_BYTES = 1 << 20

ALBUM_QUESTIONS: Mapping[str, str] = {
    "title": "what the record is called",
    "artist": "who made it",
    "order": "running order, by the numbers of the songs below: 3, 1, 2; empty: as they stand",
    "references": "records that it should stand beside, and why",
    "contact": "who answers questions about the mixes: name, mail, telephone",
    "notes": "anything else",
}
SONG_QUESTIONS: Mapping[str, str] = {
    "title": "as it is printed",
    "mixer": "who mixed it",
    "session": "sample rate and depth of the session: 96 kHz, 24 bit",
    "bus processing": "what was on the mix bus: compressor, equaliser, tape …",
    "bus limiter": "yes or no; which, and how much it took; is there a mix without it?",
    "reference loudness": "how loud the listening copy was that everybody liked: -11 LUFS",
    "gap before": "silence before the song: 2 s; or: segue; or: crossfade 5 s",
    "fade in": "times of the mix file: 0:00 to 0:02",
    "fade out": "times of the mix file: 3:52 to 4:01",
    "edits": "what was cut, moved or repaired, and where",
    "meant so": "what is on purpose, with the reason: mono: one microphone",
    "known problems": "what bothers you, and where",
    "alternates": "other mixes of the song: instrumental, clean, a cappella; their files",
    "notes": "anything else",
}

_HEADING = re.compile(r"={2,}\s*(album|song)\b\s*(\d{0,4})\s*:?\s*(.*?)\s*=*\s*", re.I)
_QUESTION = re.compile(r"(\s*)([^\W\d_][\w ]{0,30}?)\s*:(?!//)\s*(.*)")
_ALIKE = 0.75


@dataclass(frozen=True, slots=True)
class Answer:
    """What was written behind a question, lines parted by line breaks, and where it begins."""

    text: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Section:
    """The record or one song of a sheet.

    Parameters
    ----------
    answers : mapping of str to Answer
        By question; those left empty are not there.
    file : str
        The song's mix as the sheet names it; empty for the record.
    number : str
        The song's number on the sheet.
    mark : Mark
        Where its heading stands.
    strays : tuple of Answer
        Lines that belong to no question.
    """

    answers: Mapping[str, Answer]
    file: str
    number: str
    mark: Mark
    strays: tuple[Answer, ...] = ()

    def text(self, question: str) -> str:
        """Return the answer to a question; empty if there is none."""
        answer = self.answers.get(question)
        return answer.text if answer else ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as it came back."""

    album: Section
    songs: tuple[Section, ...]
    problems: tuple[SpecProblem, ...] = ()


def sheet_text(
    album: Mapping[str, str],
    songs: Iterable[tuple[str, str, Mapping[str, str]]],
    *,
    words: Iterable[str] = (),
) -> str:
    """Return a sheet to be filled in.

    Parameters
    ----------
    album : mapping of str to str
        Answers that are known already, by question.
    songs : iterable of (str, str, mapping of str to str)
        Of each song in order: its file, what is known of it, and answers.
    words : iterable of str
        Names of what can be meant so.
    """
    lines = [*_explained(words), "", "== album ==", *_asked(ALBUM_QUESTIONS, album)]
    for number, (file, known, answers) in enumerate(songs, start=1):
        lines += ["", f"== song {number}: {file} =="]
        lines += [f"# {known}"] if known else []
        lines += _asked(SONG_QUESTIONS, answers)
    return "\n".join(lines) + "\n"


def read_sheet(path: Path) -> Sheet:
    """Return what a sheet says.

    Raises
    ------
    SourceError
        If it cannot be read, or is no such sheet.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        hint = "glassmaster init MIXES --intake-sheet writes one to be filled in"
        raise SourceError(str(path), f"cannot be read: {error.strerror}", hint) from error
    if len(data) > MAX_BYTES:
        raise SourceError(str(path), "is larger than 1 MB; a sheet is text of a few pages")
    text, encoding = _decoded(data)
    reader = _Reader(str(path))
    for number, line in enumerate(re.split(r"\r\n?|\n", text), start=1):
        reader.take(number, line)
    sheet = reader.sheet()
    if not sheet.songs:
        hint = "its songs begin with lines such as: == song 1: 01 Slipway.wav =="
        raise SourceError(str(path), "is no intake sheet: no song is in it", hint)
    if encoding:
        message = f"the sheet is no UTF-8 and was read as {encoding}"
        problem = SpecProblem(
            Mark(str(path), 1, 1), "", message, "look at letters with accents"
        )
        sheet = replace(sheet, problems=(problem, *sheet.problems))
    return sheet


def _explained(words: Iterable[str]) -> Iterator[str]:
    yield "# Intake sheet: what the one who mixed this record can tell the one who masters it."
    yield "#"
    yield "# Write behind the colons, and leave empty what you do not know. A long answer goes"
    yield "# on in the next lines, indented. Lines that begin with # are not read."
    for what, questions in (("the record", ALBUM_QUESTIONS), ("each song", SONG_QUESTIONS)):
        yield "#"
        yield f"# Of {what}:"
        width = max(map(len, questions))
        yield from (f"#   {key:{width}}  {told}" for key, told in questions.items())
    if words := ", ".join(words):
        yield "#"
        yield from textwrap.wrap(
            f"Words for 'meant so': {words}.",
            width=95,
            initial_indent="# ",
            subsequent_indent="#   ",
        )


def _asked(questions: Iterable[str], answers: Mapping[str, str]) -> Iterator[str]:
    for each in questions:
        first, *rest = answers.get(each, "").split("\n")
        yield f"{each}: {first}".rstrip()
        yield from (f"  {line}" for line in rest)


def _decoded(data: bytes) -> tuple[str, str]:
    """Return the text, and the name of its encoding where that is a guess."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace"), ""
    try:
        return data.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), "Windows-1252"


@dataclass(slots=True)
class _Open:
    """A section that is being read."""

    questions: Mapping[str, str]
    mark: Mark
    file: str = ""
    number: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    strays: list[Answer] = field(default_factory=list)

    def close(self) -> Section:
        given = {
            question: replace(each, text=each.text.strip())
            for question, each in self.answers.items()
            if each.text.strip()
        }
        strays = tuple(each for each in self.strays if each.text.strip())
        return Section(given, self.file, self.number, self.mark, strays)


class _Reader:
    """Reads line by line; what cannot be placed is kept as a stray."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._album = _Open(ALBUM_QUESTIONS, Mark(file, 1, 1))
        self._songs: list[_Open] = []
        self._open, self._question = self._album, ""
        self._problems: list[SpecProblem] = []

    def sheet(self) -> Sheet:
        """Return all that was read."""
        songs = tuple(each.close() for each in self._songs)
        return Sheet(self._album.close(), songs, tuple(self._problems))

    def take(self, number: int, written: str) -> None:
        """Read the next line."""
        line = "".join(each if fits_on_a_line(each) else " " for each in written).rstrip()
        if line.startswith("#"):
            return
        if heading := _HEADING.fullmatch(line):
            self._begin(heading, Mark(self._file, number, 1))
            return
        found = _QUESTION.fullmatch(line)
        question = " ".join(found[2].casefold().split()) if found else ""
        if found and question in self._open.questions and not found[1]:
            self._answer(
                question, Answer(found[3], Mark(self._file, number, found.start(3) + 1))
            )
        elif found and not found[1] and self._nearest(question):
            self._mistyped(found[2], question, line, Mark(self._file, number, 1))
        else:
            self._go_on(line.strip(), Mark(self._file, number, 1))

    def _begin(self, heading: re.Match[str], mark: Mark) -> None:
        self._question = ""
        if heading[1].casefold() == "album":
            self._open = self._album
            return
        self._open = _Open(SONG_QUESTIONS, mark, file=heading[3], number=heading[2])
        self._songs.append(self._open)

    def _answer(self, question: str, answer: Answer) -> None:
        before = self._open.answers.get(question)
        if before and before.text.strip() and answer.text:
            message = f"'{question}' is answered a second time; the first is in line "
            message += f"{before.mark.line}"
            self._say(answer.mark, message, "both are kept, one below the other")
            answer = Answer(f"{before.text}\n{answer.text}", before.mark)
        self._open.answers[question] = answer if answer.text or not before else before
        self._question = question

    def _nearest(self, question: str) -> str:
        close = difflib.get_close_matches(question, self._open.questions, n=1, cutoff=_ALIKE)
        return close[0] if close else ""

    def _mistyped(self, written: str, question: str, line: str, mark: Mark) -> None:
        hint = f"{self._nearest(question)}? If it goes on from the line above: indent it"
        self._say(mark, f"'{written}' is no question of this sheet", hint)
        self._open.strays.append(Answer(line.strip(), mark))
        self._question = ""

    def _go_on(self, line: str, mark: Mark) -> None:
        """Add a line to the answer above it; a line above all questions is a stray."""
        if self._question:
            before = self._open.answers[self._question]
            place = before.mark if before.text else mark
            self._open.answers[self._question] = Answer(f"{before.text}\n{line}", place)
        elif line:
            self._open.strays.append(Answer(line, mark))

    def _say(self, mark: Mark, message: str, hint: str) -> None:
        self._problems.append(SpecProblem(mark, "", message, hint))
