"""One album, opened: its spec, its lock, its store, and what is known of its mixes."""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from formats.atomic import write_atomically
from pipeline.build import steps
from pipeline.build.orders import programme_of
from pipeline.build.tools import tool_versions
from pipeline.build.work import EditionWork, Programme, prepare_edition
from pipeline.deliver import publish
from pipeline.engine import (
    Artifact,
    Output,
    Plan,
    Progress,
    Results,
    Sequel,
    Source,
    Step,
    make_plan,
    run_plan,
)
from pipeline.engine.store import Store
from pipeline.errors import SourceError, UsageError
from pipeline.findings import Finding, Severity
from pipeline.intake import checks
from pipeline.intake.probe import MixFacts
from pipeline.intake.strictness import loosened, loosens
from pipeline.intake.survey import Survey
from pipeline.lock import Lock, LockedSource, read_lock
from pipeline.master.checks import CHAIN_CHECKS
from pipeline.master.registry import parameters
from pipeline.match.checks import MASTERED_CHECKS
from pipeline.spec import lint
from pipeline.spec.editions import Edition, resolve
from pipeline.spec.loader import LoadedSpec, load
from pipeline.spec.model import AnyDeliverable, TrackSpec
from pipeline.verify.runner import BY_KIND, GENERAL

STORE_FOLDER = ".glassmaster"
OUT_FOLDER = "out"
START_MOVED_S = 0.010
LEAST_STORE_BYTES = 1_000_000_000


class Teller(Progress, Protocol):
    """Who is told how a build goes on."""

    def stage(self, name: str) -> None:
        """Hear that the next stage begins."""
        ...

    def note(self, text: str) -> None:
        """Hear of something that the user should know at once."""
        ...


@dataclass(frozen=True, slots=True)
class Settings:
    """How the command was called.

    Parameters
    ----------
    jobs : int
        How many steps may run at once.
    rehash : bool
        Read every byte of inputs and results instead of trusting sizes and times.
    overwrite : bool
        Move files of ours that the user edited aside instead of stopping.
    """

    jobs: int = 2
    rehash: bool = False
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Intake:
    """What is known of the mixes.

    Parameters
    ----------
    sources : mapping of str to Source
        Each track's file, pinned by its hash.
    facts : mapping of str to MixFacts
        What reading them has shown.
    findings : tuple of Finding
        What should be said about them, and what in the spec holds the record back.
    remarks : tuple of Finding
        What else should be said about the spec; `check` does.
    """

    sources: Mapping[str, Source]
    facts: Mapping[str, MixFacts]
    findings: tuple[Finding, ...]
    remarks: tuple[Finding, ...] = ()


class Session:
    """An album in work; use `open_session`."""

    def __init__(
        self, loaded: LoadedSpec, store: Store, settings: Settings, teller: Teller
    ) -> None:
        self.loaded, self.spec = loaded, loaded.spec
        self.store, self.settings, self.teller = store, settings, teller
        self.lock: Lock = read_lock(self.lock_path)
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.keys: set[str] = set()

    @property
    def lock_path(self) -> Path:
        """The lock beside the spec."""
        return self.loaded.path.with_suffix(".lock")

    @property
    def out(self) -> Path:
        """Folder of all outputs."""
        return self.loaded.folder / OUT_FOLDER

    @property
    def journal(self) -> Path:
        """Folder that remembers what was published."""
        return self.store.folder / "published"

    def plan(self, wanted: Iterable[Step]) -> Plan:
        """Plan steps against the store."""
        return make_plan(
            wanted,
            self.store,
            tool_versions=tool_versions(),
            rehash=self.settings.rehash,
        )

    def run(self, stage: str, plan: Plan, *, sequels: Iterable[Sequel] = ()) -> Results:
        """Run a plan and what follows it, told as one stage."""
        if not plan.is_done:
            self.teller.stage(stage)
        results = run_plan(
            plan,
            self.store,
            jobs=self.settings.jobs,
            sequels=sequels,
            progress=self.teller,
        )
        self.keys.update(results.keys.values())
        for planned in results.plan:
            self.seconds[planned.step.kind] += results.seconds.get(planned.step.name, 0.0)
        return results

    def keep_results(self, deliverables: Iterable[str]) -> None:
        """Bound the store: what the deliverables were last made from stays, old results go.

        A build of one deliverable must not push out what the others need; so the keys are kept
        for each of them. Beyond them the store may hold as much again, for a way back.
        """
        path = self.store.folder / "needed.json"
        needed = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        needed |= dict.fromkeys(deliverables, sorted(self.keys))
        needed = {name: keys for name, keys in needed.items() if name in self.spec.deliverables}
        write_atomically(path, json.dumps(needed).encode())
        self.store.note_build([*self.keys, *(key for keys in needed.values() for key in keys)])
        size = self.store.size()
        self.store.prune(max(2 * size.needed_bytes, LEAST_STORE_BYTES))

    def read_json(self, artifact: Artifact) -> object:
        """Return a small result."""
        return json.loads(self.store.path_of(artifact).read_bytes())

    def read_mapping(self, artifact: Artifact) -> Mapping[str, Any]:
        """Return a small result that has names."""
        found = self.read_json(artifact)
        assert isinstance(found, dict)
        return found

    def read_note(self, path: Path) -> dict[str, Any]:
        """Return what an earlier build has noted; nothing if that is lost or damaged."""
        try:
            found = json.loads(path.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def path_of(self, results: Results, output: Output) -> Path:
        """Return where an output lies."""
        return self.store.path_of(results.artifact(output))

    def surveys(self, intake: Intake) -> dict[str, Survey]:
        """Have every listener hear every mix; what was heard before is known."""
        return self.surveys_of(intake.sources, intake.facts)

    def surveys_of(
        self, sources: Mapping[str, Source], facts: Mapping[str, MixFacts]
    ) -> dict[str, Survey]:
        """Have every listener hear files whose facts are known."""
        heard = {
            name: steps.survey_step(name, source, facts[name])
            for name, source in sources.items()
        }
        results = self.run("listening to the mixes", self.plan(list(heard.values())))
        return {
            name: Survey.from_json(self.read_mapping(results.artifact(step.output("survey"))))
            for name, step in heard.items()
        }

    def intake(self, deliverables: Mapping[str, AnyDeliverable]) -> Intake:
        """Read every mix that the deliverables need; what was read before is known.

        Raises
        ------
        SourceError
            If a mix cannot be used: all of them are named.
        """
        tracks = self.tracks(deliverables)
        sources = self._pinned(tracks)
        probes = {
            name: _probe(name, source, lossy_waived=self._is_lossy_allowed(tracks[name]))
            for name, source in sources.items()
        }
        results = self.run("reading the mixes", self.plan(list(probes.values())))
        facts = {
            name: MixFacts.from_json(self.read_mapping(results.artifact(step.output("facts"))))
            for name, step in probes.items()
        }
        findings = [
            finding
            for name, each in facts.items()
            for finding in loosened(
                checks.findings(
                    checks.Received(each, release_bits=release_bits(deliverables)),
                    track=name,
                    intent=self.intent_of(tracks[name]),
                ),
                self.spec.strictness,
            )
        ]
        findings += self._moved_starts(tracks, sources, facts)
        findings += self._idle_intents(tracks)
        linted = self._lint(facts)
        findings += [each for each in linted if each.severity.blocks_release]
        remarks = tuple(each for each in linted if not each.severity.blocks_release)
        return Intake(sources, facts, tuple(findings), remarks)

    def album_rate_hz(self, facts: Mapping[str, MixFacts]) -> int:
        """Return the album's rate: written, locked, or that of most of the playing time."""
        wanted = self.spec.album.sample_rate_hz or self.lock.sample_rate_hz
        if wanted:
            return wanted
        playing: Counter[int] = Counter()
        for each in facts.values():
            playing[each.sample_rate_hz] += round(each.duration_s * 1000)
        return max(playing, key=lambda rate: (playing[rate], rate))

    def works(
        self, deliverables: Mapping[str, AnyDeliverable], intake: Intake
    ) -> dict[str, EditionWork]:
        """Return the editions that the deliverables need, laid out, by id."""
        programmes: dict[str, set[Programme]] = {}
        for each in deliverables.values():
            programmes.setdefault(each.edition or "", set()).add(programme_of(each))
        if not programmes:
            programmes[""] = {("files", 0)}
        return {
            name: prepare_edition(
                self.edition(name),
                programmes=wanted,
                sources=intake.sources,
                facts=intake.facts,
                loaded=self.loaded,
            )
            for name, wanted in sorted(programmes.items())
        }

    def edition(self, name: str) -> Edition:
        """Return an edition, complete; the album itself for an empty name."""
        return resolve(self.spec, name or None)

    def chosen(self, names: tuple[str, ...]) -> dict[str, AnyDeliverable]:
        """Return the deliverables of these names; all of them if none is named.

        Raises
        ------
        UsageError
            If the spec has no deliverable of a name.
        """
        unknown = [name for name in names if name not in self.spec.deliverables]
        if unknown:
            there = ", ".join(self.spec.deliverables) or "none"
            raise UsageError(
                f"no deliverable is called {', '.join(unknown)}",
                f"deliverables in {self.loaded.path.name}: {there}",
            )
        return {
            name: each
            for name, each in self.spec.deliverables.items()
            if not names or name in names
        }

    def all_track_ids(self) -> frozenset[str]:
        """Return the ids of every track of the album and its editions."""
        editions = ("", *self.spec.editions)
        return frozenset(track.id for name in editions for track in self.edition(name).tracks)

    def locked_sources(self, intake: Intake) -> dict[str, LockedSource]:
        """Return the sources as the lock keeps them."""
        return {
            name: LockedSource(
                os.path.relpath(source.path, self.loaded.folder).replace(os.sep, "/"),
                source.digest,
                intake.facts[name].n_samples,
                intake.facts[name].sample_rate_hz,
                intake.facts[name].sound_start_samples,
            )
            for name, source in intake.sources.items()
        }

    def intent_of(self, track: TrackSpec) -> dict[str, str]:
        """Return the written reasons that hold for a track: its own, and those of the album."""
        return {**self.spec.intent, **track.intent}

    def _is_lossy_allowed(self, track: TrackSpec) -> bool:
        """Whether an MP3 is read at all: a written reason, or a strictness, lets it pass."""
        reasons = self.intent_of(track)
        is_waived = "lossy_source" in reasons or "intake/lossy_source" in reasons
        return is_waived or loosens(self.spec.strictness, "intake/lossy_source")

    def tracks(self, deliverables: Mapping[str, AnyDeliverable]) -> dict[str, TrackSpec]:
        """Return every track that the deliverables need, by id."""
        return {
            track.id: track
            for edition in self.editions(deliverables)
            for track in edition.tracks
        }

    def editions(self, deliverables: Mapping[str, AnyDeliverable]) -> tuple[Edition, ...]:
        """Return every edition that the deliverables need; the album if there are none."""
        names = {each.edition or "" for each in deliverables.values()} or {""}
        return tuple(self.edition(name) for name in sorted(names))

    def _pinned(self, tracks: Mapping[str, TrackSpec]) -> dict[str, Source]:
        sources, problems = {}, []
        for name, track in tracks.items():
            path = track.source.path
            try:
                digest = self.store.file_digest(path, rehash=self.settings.rehash)
                sources[name] = Source(path, digest)
            except SourceError as error:
                problems.append(error)
        if problems:
            raise _all_of(problems)
        return sources

    def _lint(self, facts: Mapping[str, MixFacts]) -> tuple[Finding, ...]:
        """Return what should be said about the spec itself, given the lengths of its mixes."""
        songs = {
            name: lint.SongFacts(
                each.sample_rate_hz,
                each.duration_s,
                (
                    each.sound_start_samples / each.sample_rate_hz,
                    each.sound_end_samples / each.sample_rate_hz,
                ),
            )
            for name, each in facts.items()
        }
        return lint.findings(lint.Written(self.loaded, songs))

    def _idle_intents(self, tracks: Mapping[str, TrackSpec]) -> list[Finding]:
        """Return the reasons that waive nothing, since no check has their name."""
        written = {"": self.spec.intent} | {name: each.intent for name, each in tracks.items()}
        return [
            Finding(
                Severity.WARN,
                "no-such-check",
                f"intent {key!r} waives nothing: no check is called that",
                check="spec/intent",
                track=name,
                action="take the name that a finding shows in brackets",
            )
            for name, intent in written.items()
            for key in intent
            if key not in check_names()
        ]

    def _moved_starts(
        self,
        tracks: Mapping[str, TrackSpec],
        sources: Mapping[str, Source],
        facts: Mapping[str, MixFacts],
    ) -> list[Finding]:
        """Fade times are times of the mix file: a new mix whose start moved is a finding."""
        found = []
        for name, each in facts.items():
            locked = self.lock.sources.get(name)
            if locked is None or locked.sha256 == sources[name].digest:
                continue
            before = locked.sound_start_samples / locked.sample_rate_hz
            moved_s = each.sound_start_samples / each.sample_rate_hz - before
            if abs(moved_s) > START_MOVED_S and _has_times(tracks[name]):
                found.append(
                    Finding(
                        Severity.WARN,
                        "start-moved",
                        f"the new mix starts {abs(moved_s) * 1000:.0f} ms "
                        f"{'later' if moved_s > 0 else 'earlier'}; fade and trim times are "
                        "times of the mix file",
                        check="intake/start",
                        track=name,
                        action="check the fades and trims of this track",
                        waived=tracks[name].intent.get("start", ""),
                    )
                )
        return found


@contextmanager
def open_session(
    path: Path, *, settings: Settings, teller: Teller, wait_s: float = 600.0
) -> Iterator[Session]:
    """Open an album for work; a second build of it waits for the first.

    Raises
    ------
    SpecError
        If the spec has problems.
    StoreError
        If the store cannot be used, or another build does not end.
    """
    loaded = load(path, processors=parameters())
    with (
        Store(loaded.folder / STORE_FOLDER) as store,
        store.locked(wait_s=wait_s, waiting=teller.note),
    ):
        session = Session(loaded, store, settings, teller)
        publish.recover(session.journal)
        yield session
        for notice in store.notices:
            teller.note(notice)


def _all_of(problems: list[SourceError]) -> SourceError:
    """Return one error that names every mix that cannot be used."""
    first, *others = problems
    lines = [first.message, *(f"{each.where}: {each.message}" for each in others)]
    return SourceError(first.where, "\n".join(lines), first.hint)


OWN_CHECKS = ("match/level", "match/reach", "spec/intent", "intake/start")
"""What is found outside the checks that have a file of their own."""


@cache
def check_names() -> frozenset[str]:
    """Return every name that `intent` may use: a check's id, or its last part."""
    by_kind = [each.id for kind in BY_KIND.values() for each in kind]
    of_mixes = (*checks.CHECKS, *checks.SURVEY_CHECKS, *checks.ALBUM_CHECKS)
    rules = (*lint.CHECKS, *of_mixes, *CHAIN_CHECKS, *MASTERED_CHECKS, *GENERAL)
    ids = [*(each.id for each in rules), *by_kind, *OWN_CHECKS]
    return frozenset([*ids, *(each.rpartition("/")[2] for each in ids)])


def _probe(track: str, source: Source, *, lossy_waived: bool) -> Step:
    cost_s = source.path.stat().st_size / 400e6
    return steps.probe_step(track, source, lossy_waived=lossy_waived, cost_s=cost_s)


def _has_times(track: TrackSpec) -> bool:
    return bool(track.fade_in or track.fade_out or not isinstance(track.trim, str))


def release_bits(deliverables: Mapping[str, AnyDeliverable]) -> int:
    """Return the longest word length of any deliverable; MP3 is made from the float master."""
    return max((getattr(each, "bits", 16) for each in deliverables.values()), default=24)
