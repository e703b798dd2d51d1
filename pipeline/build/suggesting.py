"""Suggestions for the chains of an album, written into its spec as lines to be struck out."""

from __future__ import annotations

import codecs
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from formats.atomic import write_atomically
from pipeline.build.examining import examine
from pipeline.build.session import Session, Settings, Teller, open_session
from pipeline.engine.copies import disk_error
from pipeline.errors import SpecError, UsageError
from pipeline.findings import Finding
from pipeline.master.registry import parameters
from pipeline.match.suggestions import (
    Song,
    Suggestion,
    album_suggestions,
    chain_item,
    remark,
)
from pipeline.spec.insertion import (
    ChainLine,
    Insertion,
    NoRoomError,
    SpecText,
    flow,
    with_insertions,
)
from pipeline.spec.loader import LoadedSpec, read
from pipeline.spec.located import KeyPath
from pipeline.spec.model import AlbumSpec, ChainItem

_MARK = re.compile(r"# suggested against ([^:\n]+):")
ALBUM = ""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A suggestion as a line of the spec.

    Parameters
    ----------
    track : str
        Id of the track; empty for the chain of the album.
    suggestion : Suggestion
        What, and why.
    line : str
        As it is written, without its indentation.
    by_hand : str
        Why it could not be put into the text; empty if it was.
    """

    track: str
    suggestion: Suggestion
    line: str
    by_hand: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it with stable keys."""
        return {
            "track": self.track or None,
            "topic": self.suggestion.topic,
            "processor": self.suggestion.processor,
            "settings": dict(self.suggestion.settings),
            "mix": self.suggestion.mix or None,
            "reason": self.suggestion.reason,
            "evidence": dict(self.suggestion.numbers),
            "line": self.line,
            "by_hand": self.by_hand or None,
        }


@dataclass(frozen=True, slots=True)
class SuggestedLines:
    """What `suggest` has to say.

    Parameters
    ----------
    file : str
        The spec.
    proposed : tuple of Proposed
        Album first, then the tracks in their order.
    diff : tuple of str
        What changes in the text.
    nothing_for : tuple of str
        Ids of the tracks for which nothing is suggested now.
    remarks : mapping of str to str
        What else is to be said, by id of the track.
    is_written : bool
        Whether the lines now stand in the spec.
    """

    file: str
    proposed: tuple[Proposed, ...]
    diff: tuple[str, ...]
    nothing_for: tuple[str, ...]
    remarks: Mapping[str, str]
    is_written: bool

    def to_json(self) -> dict[str, Any]:
        """Return it with stable keys."""
        return {
            "proposed": [each.to_json() for each in self.proposed],
            "diff": list(self.diff),
            "nothing_for": list(self.nothing_for),
            "remarks": dict(self.remarks),
            "is_written": self.is_written,
        }

    def lines(self) -> Iterator[str]:
        """Yield it as people read it."""
        yield from self.diff
        by_hand = [each for each in self.proposed if each.by_hand]
        for each in by_hand:
            yield f"{each.track or 'album'}: {each.by_hand}; put it in by hand:"
            yield f"      - {each.line}"
        for track, text in self.remarks.items():
            yield f"{track}: {text}"
        if self.nothing_for:
            yield f"nothing to suggest for {', '.join(self.nothing_for)}"
        n_lines = len(self.proposed) - len(by_hand)
        if not n_lines:
            yield f"{self.file}: nothing is put in"
        elif self.is_written:
            yield (
                f"{self.file}: {n_lines} {'line' if n_lines == 1 else 'lines'} put in; listen, "
                "and delete what you do not want, or put a # before it: then it is not "
                "suggested again"
            )
        else:
            yield f"{self.file}: not changed; without --dry-run these lines are put in"


def suggest(path: Path, *, dry_run: bool, settings: Settings, teller: Teller) -> SuggestedLines:
    """Hear every mix of an album and put lines into its spec, each small and with its reason.

    Parameters
    ----------
    path : Path
        The spec.
    dry_run : bool
        Whether nothing is written.
    settings : Settings
        How the command was called.
    teller : Teller
        Who is told how it goes on.

    Raises
    ------
    PipelineError
        As for `check`.
    UsageError
        If the spec was changed in the meantime.
    StoreError
        If the spec cannot be written.
    """
    with open_session(path, settings=settings, teller=teller) as session:
        songs = _songs(session)
        found = album_suggestions(songs)
        wanted = {ALBUM: found.album, **found.songs}
        text = SpecText(session.loaded.text)
        known = _known_topics(text, songs)
        fresh = {
            track: tuple(each for each in own if each.topic not in known[track] | known[ALBUM])
            for track, own in wanted.items()
        }
        changed, refused = _put_in(text, session.loaded, fresh)
        is_changed = changed != text.text
        if is_changed and not dry_run:
            _write(session.loaded, changed)
        return SuggestedLines(
            str(path),
            tuple(
                Proposed(track, each, _line(each), refused.get(track, ""))
                for track, own in fresh.items()
                for each in own
            ),
            tuple(_diff(text.text, changed, str(path))),
            tuple(name for name in songs if not fresh[name]),
            {name: told for name, song in songs.items() if (told := remark(song))},
            is_changed and not dry_run,
        )


def _songs(session: Session) -> dict[str, Song]:
    """Return every mix of the album; what was finished elsewhere is left alone."""
    intake = session.intake({})
    surveys = session.surveys(intake)
    findings = [*intake.findings, *examine(session, {}, intake)]
    edition = session.edition("")
    return {
        track.id: Song(
            surveys[track.id],
            tuple(_of(track.id, findings)),
            (*track.chain, *edition.album_chain),
        )
        for track in edition.tracks
        if track.mix
    }


def _of(track: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    return (each for each in findings if each.track == track and not each.waived)


def _known_topics(text: SpecText, songs: Iterable[str]) -> dict[str, set[str]]:
    """Return what was suggested before for each track, and for the album, struck out or not."""
    regions = {}
    for name in songs:
        try:
            regions[name] = text.region(("tracks", name))
        except NoRoomError:
            regions[name] = ""
    topics = {name: set(_MARK.findall(region)) for name, region in regions.items()}
    rest = text.text
    for region in regions.values():
        rest = rest.replace(region, "", 1) if region else rest
    return {**topics, ALBUM: set(_MARK.findall(rest))}


def _put_in(
    text: SpecText, loaded: LoadedSpec, wanted: Mapping[str, Sequence[Suggestion]]
) -> tuple[str, dict[str, str]]:
    """Return the text with what could be put in, and for each other track why it could not."""
    insertions: dict[str, tuple[Insertion, ...]] = {}
    refused: dict[str, str] = {}
    for track, own in wanted.items():
        if own:
            try:
                insertions[track] = text.chain_insertions(
                    _owner(track), _key(track), [_chain_line(each) for each in own]
                )
            except NoRoomError as error:
                refused[track] = str(error)
    together = {track: wanted[track] for track in insertions}
    if _is_meant(_joined(text, insertions.values()), loaded, together):
        return _joined(text, insertions.values()), refused
    # Something in the text means more than it shows: find out which lines it spoils.
    kept: dict[str, tuple[Insertion, ...]] = {}
    for track, each in insertions.items():
        trial = {**kept, track: each}
        meant = {name: wanted[name] for name in trial}
        if _is_meant(_joined(text, trial.values()), loaded, meant):
            kept = trial
        else:
            refused[track] = "what is written there is used elsewhere too"
    return _joined(text, kept.values()), refused


def _joined(text: SpecText, insertions: Iterable[tuple[Insertion, ...]]) -> str:
    return with_insertions(text.text, [each for own in insertions for each in own])


def _is_meant(
    changed: str, loaded: LoadedSpec, wanted: Mapping[str, Sequence[Suggestion]]
) -> bool:
    """Whether a text means what the spec meant, but for the suggestions."""
    try:
        found = read(changed, path=loaded.path, processors=parameters()).spec
    except SpecError:
        return False
    before = loaded.spec
    chains = {name: each.chain for name, each in before.tracks.items()}
    expected = {
        name: _with_suggestions(chain, wanted.get(name, ())) for name, chain in chains.items()
    }
    return (
        _without_chains(found) == _without_chains(before)
        and {name: each.chain for name, each in found.tracks.items()} == expected
        and found.album_chain == _with_suggestions(before.album_chain, wanted.get(ALBUM, ()))
    )


def _with_suggestions(
    chain: tuple[ChainItem, ...], suggestions: Sequence[Suggestion]
) -> tuple[ChainItem, ...]:
    first = [chain_item(each) for each in suggestions if not each.is_last]
    last = [chain_item(each) for each in suggestions if each.is_last]
    return (*first, *chain, *last)


def _without_chains(spec: AlbumSpec) -> dict[str, Any]:
    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: without(each)
                for key, each in value.items()
                if key not in ("chain", "album_chain")
            }
        return value

    found: dict[str, Any] = without(spec.model_dump(mode="json"))
    return found


def _owner(track: str) -> KeyPath:
    return ("tracks", track) if track else ()


def _key(track: str) -> str:
    return "chain" if track else "album_chain"


def _chain_line(suggestion: Suggestion) -> ChainLine:
    comment = f"suggested against {suggestion.topic}: {suggestion.reason}"
    written = flow(suggestion.written)
    item = written if suggestion.mix else written[1:-1]
    return ChainLine(item, comment, is_last=suggestion.is_last)


def _line(suggestion: Suggestion) -> str:
    line = _chain_line(suggestion)
    return f"{line.item}  # {line.comment}"


def _diff(before: str, after: str, name: str) -> Iterator[str]:
    old, new = before.splitlines(), after.splitlines()
    return difflib.unified_diff(old, new, name, name, n=2, lineterm="")


def _write(loaded: LoadedSpec, text: str) -> None:
    """Write the spec, in the encoding that it has, unless somebody else did."""
    path = loaded.path.resolve()  # a link stays one
    try:
        data = path.read_bytes()
        mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
        if data != mark + loaded.text.encode():
            raise UsageError(f"{loaded.path.name} was changed meanwhile", "run it again")
        mode = path.stat().st_mode
        write_atomically(path, mark + text.encode())
        path.chmod(mode)
    except OSError as error:
        raise disk_error(Path(error.filename or path), error) from error
