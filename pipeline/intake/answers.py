"""What the answers of an intake sheet mean for a spec: keys where it has some, or comments."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.errors import SpecProblem
from pipeline.intake import checks
from pipeline.intake.decode import MixHeader
from pipeline.intake.sheet import Answer, Section, Sheet, sheet_text
from pipeline.intake.yaml_text import comment, one_line, quoted
from pipeline.spec import lint
from pipeline.spec.loader import LoadedSpec
from pipeline.spec.model import TrackSpec
from pipeline.spec.scalars import LONGEST_S
from pipeline.units import Duration

_ALBUM_COMMENTS = ("references", "contact", "notes")
_SONG_KEYS = ("title", "gap before", "fade in", "fade out", "meant so")
_SEGUE = re.compile(r"segue|attacca|none|no gap|straight on|runs? (?:on|in|into it)", re.I)
_CROSSFADE = re.compile(r"(?:cross-?|x-?)fade(?: of)?:?\s+(.+)", re.I)
_SPAN = re.compile(r"(?:from\s+)?(\S.*?)\s*(?:\bto\b|\buntil\b|[-–—])\s*(\S.*)", re.I)
_SPOKEN = ((r"sec(?:ond)?s?", "s"), (r"min(?:ute)?s?", "min"), (r"m(?:illi)?secs?", "ms"))
_RATE = re.compile(r"(\d{2,3}(?:[.,]\d{1,2})?)\s*k(?:hz)?\b", re.I)
_DEPTH = re.compile(r"\b(16|24|32)\s*-?\s*bits?\b", re.I)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A song of the running order: its id, and what its file's header says."""

    id: str
    header: MixHeader


class Answers:
    """A sheet laid beside the mixes of a folder.

    Parameters
    ----------
    sheet : Sheet
        What came back.
    names : sequence of str
        File names of the mixes; a sheet's song finds its own whatever folder it names.
    """

    def __init__(self, sheet: Sheet, names: Sequence[str]) -> None:
        self.album = sheet.album
        self.problems = list(sheet.problems)
        self.left_over: list[Section] = []
        self._by_name: dict[str, Section] = {}
        known = {_plain_name(name): name for name in names}
        for song in sheet.songs:
            name = known.get(_plain_name(song.file))
            if name is None or name in self._by_name:
                self._leave(song, is_second=name is not None)
            else:
                self._by_name[name] = song
        self._order = self._wanted_order()

    @property
    def names(self) -> tuple[str, ...]:
        """File names of the songs on the sheet in running order, those it leaves out last."""
        return tuple(dict.fromkeys((*self._order, *self._by_name)))

    def knows(self, name: str) -> bool:
        """Whether a mix is on the sheet."""
        return name in self._by_name

    def title(self, name: str) -> str:
        """Return the title of a mix; empty if the sheet has none."""
        song = self._by_name.get(name)
        return one_line(song.text("title")) if song else ""

    def album_text(self, question: str) -> str:
        """Return title or artist of the record; empty if the sheet has none."""
        return one_line(self.album.text(question))

    def album_comments(self) -> Iterator[str]:
        """Yield what the spec has no key for, and an order that could not be followed."""
        for question in ("order", *_ALBUM_COMMENTS):
            is_followed = question == "order" and self._order
            if (text := self.album.text(question)) and not is_followed:
                yield from comment(text, label=question)
        for stray in self.album.strays:
            yield from comment(stray.text)

    def left_over_comments(self) -> Iterator[str]:
        """Yield what is told of songs that are not among the mixes."""
        for song in self.left_over:
            yield f"# TODO on the intake sheet, not among the mixes: {one_line(song.file)}"
            for question, answer in song.answers.items():
                yield from comment(answer.text, label=question)
            yield from (line for stray in song.strays for line in comment(stray.text))

    def track_lines(
        self, name: str, header: MixHeader, before: Neighbour | None
    ) -> Iterator[str]:
        """Yield the lines of one track: keys first, then what only people can read."""
        song = self._by_name.get(name)
        if song is None:
            return
        kept: list[str] = []
        for question in _SONG_KEYS[1:]:
            if answer := song.answers.get(question):
                where = f"song {song.number}, {question}".replace("song ,", "song,")
                try:
                    yield from self._keys(question, answer, header, before)
                except ValueError as error:
                    self._say(answer, where, str(error), "it is kept as a comment")
                    kept.append(question)
        for question, answer in song.answers.items():
            if question in kept or question not in _SONG_KEYS:
                yield from comment(answer.text, label=question)
        yield from (line for stray in song.strays for line in comment(stray.text))
        yield from (f"# TODO {remark}" for remark in _remarks(song, header))

    def _leave(self, song: Section, *, is_second: bool) -> None:
        self.left_over.append(song)
        what = "is on the sheet twice" if is_second else "is not among the mixes"
        hint = "its answers are kept at the end of the tracks"
        message = f"{one_line(song.file) or 'a song without a file'} {what}"
        self.problems.append(SpecProblem(song.mark, "", message, hint))

    def _wanted_order(self) -> tuple[str, ...]:
        """Return the order that is written; empty if none is, or it cannot be followed."""
        answer = self.album.answers.get("order")
        if answer is None:
            return ()
        order = tuple(self._named(each) for each in _listed(answer.text))
        if all(order) and len(set(order)) == len(order):
            return order
        hint = "write the numbers of the songs: 3, 1, 2; they stay as they stand on the sheet"
        self._say(answer, "order", "names a song that is not there, or one twice", hint)
        return ()

    def _named(self, text: str) -> str:
        """Return the mix that an entry of the order means: a number, a title or a file."""
        wanted = _plain(text)
        for name, song in self._by_name.items():
            if wanted in (song.number, _plain(song.text("title")), _plain_name(name)):
                return name
        return ""

    def _say(self, answer: Answer, where: str, message: str, hint: str) -> None:
        self.problems.append(SpecProblem(answer.mark, where, message, hint))

    def _keys(
        self, question: str, answer: Answer, header: MixHeader, before: Neighbour | None
    ) -> Iterator[str]:
        if question == "gap before":
            return _gap(answer.text, before)
        if question == "meant so":
            return self._intent(answer)
        return _fade(question, answer.text, header)

    def _intent(self, answer: Answer) -> Iterator[str]:
        reasons: dict[str, str] = {}
        parts = list(filter(None, re.split(r"[\n;]", answer.text)))
        for part in parts or [answer.text]:
            name, colon, reason = part.partition(":")
            key = re.sub(r"[\s-]+", "_", name.strip().casefold())
            if not colon or not reason.strip():
                raise ValueError(f"'{one_line(part)}' is no word with a reason: mono: one mic")
            if key not in _known_words():
                raise ValueError(_no_such_word(name.strip(), key))
            reasons[key] = f"{reasons[key]}; {reason.strip()}" if key in reasons else reason
        yield "intent:"
        yield from (f"  {key}: {quoted(one_line(reason))}" for key, reason in reasons.items())


def sheet_of_spec(loaded: LoadedSpec) -> str:
    """Return an intake sheet with what a spec knows already."""
    album = loaded.spec.album
    return sheet_text(
        {"title": album.title, "artist": album.artist},
        [
            (track.source.text, "", dict(_known_answers(track, loaded, is_first=not place)))
            for place, track in enumerate(loaded.spec.tracks.values())
        ],
        words=words_for_mixes(),
    )


def words_for_mixes() -> tuple[str, ...]:
    """Return the names of the checks that a mix engineer may have an answer for."""
    of_mixes = (*checks.CHECKS, *checks.SURVEY_CHECKS, *checks.ALBUM_CHECKS)
    return tuple(sorted(each.id.rpartition("/")[2] for each in of_mixes))


def _known_answers(
    track: TrackSpec, loaded: LoadedSpec, *, is_first: bool
) -> Iterator[tuple[str, str]]:
    yield "title", track.title
    if track.crossfade_from:
        yield "gap before", f"crossfade {track.crossfade}"
    elif track.segue_from:
        yield "gap before", "segue"
    elif not is_first and loaded.root.get("tracks", track.id, "gap"):
        yield "gap before", str(track.gap)
    if track.fade_in:
        yield "fade in", f"{track.fade_in.start or '0 s'} to {track.fade_in.end}"
    if track.fade_out:
        yield "fade out", f"{track.fade_out.start} to {track.fade_out.end}"
    if meant := [f"{name}: {reason}" for name, reason in track.intent.items()]:
        yield "meant so", "\n".join(meant)


def _known_words() -> frozenset[str]:
    return frozenset([*words_for_mixes(), *(each.id.partition("/")[2] for each in lint.CHECKS)])


def _no_such_word(name: str, key: str) -> str:
    close = difflib.get_close_matches(key, _known_words(), n=1)
    meant = f"{close[0]}?" if close else "the words are at the top of the sheet"
    return f"'{name}' is no word that is known; {meant}"


def _gap(text: str, before: Neighbour | None) -> Iterator[str]:
    if before is None:
        raise ValueError("the first song takes no gap")
    if _SEGUE.fullmatch(text):
        yield f"segue_from: {before.id}"
    elif crossfade := _CROSSFADE.fullmatch(text):
        length = _time(crossfade[1])
        if not length.amount:
            raise ValueError("a crossfade of no length is a segue; write segue")
        yield f"crossfade_from: {before.id}"
        yield f"crossfade: {length}"
    else:
        yield f"gap: {_time(text)}"


def _fade(question: str, text: str, header: MixHeader) -> Iterator[str]:
    span = _SPAN.fullmatch(text)
    if span is None and question == "fade out":
        raise ValueError(f"'{one_line(text)}' names no start and end; write 3:52 to 4:01")
    start, end = (span[1], span[2]) if span else ("0 s", text)
    times = [_time(start), _time(end)]
    first, last = (each.to_seconds(header.sample_rate_hz) for each in times)
    if not first < last <= header.duration_s:
        raise ValueError(
            f"'{one_line(text)}' does not lie in the mix, {header.duration_s:.1f} s"
        )
    yield f"{question.replace(' ', '_')}: {{from: {times[0]}, to: {times[1]}}}"


def _time(text: str) -> Duration:
    """Read a time as people write it: ``2 sec`` and ``2 seconds`` are 2 s."""
    spoken = text.strip().rstrip(".")
    for pattern, unit in _SPOKEN:
        spoken = re.sub(rf"(?<=[\d\s.]){pattern}$", f" {unit}", spoken, flags=re.I)
    time = Duration.parse(spoken)
    if time.to_seconds(192_000) > LONGEST_S:
        raise ValueError(f"'{one_line(text)}' is longer than a day")
    return time


def _remarks(song: Section, header: MixHeader) -> Iterator[str]:
    """Yield what does not go together: the session and the mix, a limiter and mastering."""
    session = song.text("session")
    if rate := _RATE.search(session):
        session_hz = round(float(rate[1].replace(",", ".")) * 1000)
        if session_hz != header.sample_rate_hz:
            came = f"{header.sample_rate_hz / 1000:g} kHz"
            yield f"the session has {rate[1]} kHz, the mix {came}: ask for a bounce at its rate"
    depth = _DEPTH.search(session)
    if depth and not header.is_float and int(depth[1]) > (header.bits or 99):
        yield f"the session has {depth[1]} bits, the mix {header.bits}: ask for all of them"
    limiter = song.text("bus limiter").casefold()
    if limiter.startswith("y") and "without" not in limiter:
        yield "a limiter was on the bus: ask for the mix without it"


def _listed(text: str) -> list[str]:
    """Return the entries of a list as people write it: by commas, or one a line."""
    entries = text.split("\n") if "\n" in text else re.split(r"[,;]", text)
    numbered = [re.sub(r"^\s*(\d{1,3})[.)]\s*(?=\S)", "", each) for each in entries]
    return [each.strip() for each in numbered if each.strip()]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _plain_name(file: str) -> str:
    return _plain(re.split(r"[/\\]", file)[-1])
