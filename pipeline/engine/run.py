"""Running a plan: what must be made is made, side by side, and nothing else."""

from __future__ import annotations

import heapq
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Protocol

from formats.errors import FormatError, ToolError
from pipeline.engine.index import Record
from pipeline.engine.interrupts import first_interrupt
from pipeline.engine.job import Job, StoppedError, Task
from pipeline.engine.keys import known_digests
from pipeline.engine.objects import Signature
from pipeline.engine.plan import Plan, Planned, judge, make_plan
from pipeline.engine.reasons import Reason, passed_on
from pipeline.engine.sources import changed_while_read
from pipeline.engine.step import Artifact, Output, Source, Step, producers
from pipeline.engine.store import Store
from pipeline.engine.workers import (
    Advanced,
    Begun,
    Ended,
    Interrupted,
    ThreadWorkers,
    Workers,
)
from pipeline.errors import PipelineError, ProcessingError, StoreError

__all__ = ["Job", "Progress", "Results", "Sequel", "run_plan"]

log = logging.getLogger(__name__)

SETTLE_EVERY_S = 0.5


class Progress(Protocol):
    """Who is told how a build goes on; always from the thread that called `run_plan`."""

    def planned(self, total_cost_s: float) -> None:
        """So much CPU time is expected; said again when a step turns out not to be needed."""
        ...

    def started(self, step: Step) -> None:
        """Take note that a step begins."""
        ...

    def advanced(self, step: Step, fraction: float) -> None:
        """So much of it is done, 0 to 1."""
        ...

    def finished(self, step: Step, seconds: float) -> None:
        """Take note that it has ended, after so many seconds by the clock."""
        ...

    def done(self) -> None:
        """All is over, well or not."""
        ...


@dataclass(frozen=True, slots=True)
class Results:
    """What a run brought.

    Parameters
    ----------
    plan : Plan
        What was run, with all that sequels have brought.
    made : mapping of Output to Artifact
        Every output of every step.
    ran, reused : tuple of str
        Names of the steps that ran, in the order they ended, and of those that did not.
    reasons : mapping of str to Reason
        Why each of `ran` did, by name.
    keys : mapping of str to str
        Key of every step, by name: `Store.note_build` takes the values.
    seconds : mapping of str to float
        How long each of `ran` took by the clock, by name.
    """

    plan: Plan
    made: Mapping[Output, Artifact]
    ran: tuple[str, ...]
    reused: tuple[str, ...]
    reasons: Mapping[str, Reason]
    keys: Mapping[str, str]
    seconds: Mapping[str, float]

    def artifact(self, output: Output) -> Artifact:
        """Return the content of an output of any step behind what was wanted."""
        return self.made[Output(self.plan.graph.same[output.step], output.name)]

    def key(self, step: Step) -> str:
        """Return the key of any step behind what was wanted."""
        return self.keys[self.plan.graph.same[step].name]


@dataclass(frozen=True, slots=True, eq=False)
class Sequel:
    """What begins when some steps have ended, beside those that still run.

    Parameters
    ----------
    name : str
        What errors call it.
    after : tuple of Step
        Steps of the plan; it begins at once if there are none.
    begin : callable
        Called in a worker's thread with the results so far; returns steps to be run with the
        rest, which read files and artifacts only. It must not ask the store what it holds.
    """

    name: str
    after: tuple[Step, ...]
    begin: Callable[[Results], Iterable[Step]]


def run_plan(
    plan: Plan,
    store: Store,
    *,
    jobs: int,
    sequels: Iterable[Sequel] = (),
    progress: Progress | None = None,
    workers: Workers | None = None,
) -> Results:
    """Make everything the plan asks for, and return what it is.

    Parameters
    ----------
    plan : Plan
        What to do; made with the same store.
    store : Store
        Where results go; the caller holds its lock.
    jobs : int
        How many steps may run at once.
    sequels : iterable of Sequel, optional
        What is to follow; all of it is over when this returns.
    progress : Progress, optional
        Who is told how it goes on.
    workers : Workers, optional
        Who runs the steps; threads of this process by default.

    Raises
    ------
    PipelineError
        What the first step that failed raised; errors of formats and tools come as a
        `ProcessingError` that names the step. Steps that were running end first; what is
        finished is kept.
    SourceError
        If a source changed while it was read; what was made of it is thrown away.
    StoreError
        If the disk is full or may not be written.

    Notes
    -----
    The key of a step is made when those it reads from have ended: where one of them makes the
    same bytes as before, everything behind it is found in the store. Interrupted by the
    keyboard, it asks the running steps to stop, keeps what is finished and raises
    KeyboardInterrupt.
    """
    run = _Run(store, workers or ThreadWorkers(jobs), jobs, progress or _Silence())
    with first_interrupt(run.interrupt):
        try:
            return run.to_the_end(plan, sequels)
        finally:
            run.close()


class _Run:
    """The coordinator: the only one that touches the store's index."""

    def __init__(self, store: Store, workers: Workers, jobs: int, progress: Progress) -> None:
        self._store, self._workers = store, workers
        self._jobs, self._progress = jobs, progress
        self._plan = Plan.empty()
        self._planned: dict[Step, Planned] = {}
        self._waiting: dict[Step, list[Step]] = {}
        self._unread: dict[Step, int] = {}
        self._passing: dict[Output, Path] = {}  # outputs that are dropped when they were read
        self._remade: dict[Step, Reason] = {}  # steps that run since such an output is gone
        self._awaited: dict[Step, int] = {}
        self._urgency: dict[Step, float] = {}
        self._place: dict[Step, int] = {}
        self._ready: list[tuple[bool, float, int, Planned]] = []
        self._running: dict[str, _Running] = {}
        self._twins: dict[str, list[Planned]] = {}  # asked for while their key is being made
        self._sequels: dict[Sequel, set[Step]] = {}  # and the steps that they wait for
        self._due: deque[Sequel] = deque()
        self._beginning: set[str] = set()
        self._reports: SimpleQueue[Advanced | Begun | Ended | Interrupted] = SimpleQueue()
        self._error: BaseException | None = None
        self._made: dict[Output, Artifact] = {}
        self._ended: dict[str, Planned] = {}
        self._ran: dict[str, float] = {}
        self._left_s = 0.0

    def to_the_end(self, plan: Plan, sequels: Iterable[Sequel]) -> Results:
        """Run all that must run, and record it."""
        same = plan.graph.same
        self._sequels = {each: {same[step] for step in each.after} for each in sequels}
        self._due.extend(each for each, awaited in self._sequels.items() if not awaited)
        self._offer(self._take(plan))
        while True:
            while (self._due or self._ready) and self._has_room and not self._error:
                if self._due:
                    self._begin(self._due.popleft())
                else:
                    self._start(heapq.heappop(self._ready)[-1])
            if not self._running and not self._beginning:
                break
            self._listen()
            self._store.settle()
        if self._error:
            raise self._error
        self._store.settle(wait=True)
        return self._results()

    def interrupt(self) -> None:
        """Have the build end soon; may be called at any moment."""
        self._reports.put(Interrupted())

    def close(self) -> None:
        """Leave nothing running and nothing finished unrecorded, whatever happened."""
        self._workers.stop()
        try:
            # Only if the coordinator itself has failed:
            while self._running or self._beginning:
                self._error = self._error or StoppedError()
                self._listen()
            self._store.remember({name: each.facets for name, each in self._ended.items()})
            self._store.settle(wait=True)
        except StoreError as error:
            # Had all gone well before, there were nothing left to write here.
            log.warning("the last results could not be recorded: %s", error)
        finally:
            self._drop(list(self._passing))
            self._workers.close()
            self._progress.done()

    @property
    def _has_room(self) -> bool:
        return len(self._running) + len(self._beginning) < self._jobs

    def _take(self, plan: Plan) -> list[Step]:
        """Take in all steps of a plan; return those that wait for no other."""
        assert not self._planned.keys() & set(plan.graph.steps), "a step is brought twice"
        self._plan = self._plan.joined(plan)
        consumers = plan.graph.consumers()
        self._planned |= {planned.step: planned for planned in plan}
        self._waiting |= {step: list(readers) for step, readers in consumers.items()}
        self._unread |= {step: len(readers) for step, readers in consumers.items()}
        self._awaited |= {step: len(producers(step)) for step in plan.graph.steps}
        self._urgency |= _remaining_s(plan, consumers)
        self._place |= {step: place for place, step in enumerate(self._plan.graph.steps)}
        self._left_s += plan.cost_s
        self._progress.planned(self._left_s)
        return [step for step in plan.graph.steps if not self._awaited[step]]

    def _begin(self, sequel: Sequel) -> None:
        self._beginning.add(sequel.name)
        so_far = self._results()
        self._workers.begin(sequel.name, lambda: sequel.begin(so_far), self._reports.put)

    def _offer(self, steps: list[Step]) -> None:
        """Put steps whose inputs are known in line, and take from the store what is there."""
        pending = deque(steps)
        while pending:
            planned = self._judged(pending.popleft())
            key = planned.key
            assert key is not None
            if planned.status == "reuse":
                pending.extend(self._end(planned, planned.outputs))
            elif key in self._twins:
                self._twins[key].append(planned)
            elif dropped := self._dropped(planned.step):
                pending.extend(self._remake(dropped, planned.step))
            else:
                self._twins[key] = []
                heapq.heappush(self._ready, (*self._rank(planned.step), planned))

    def _rank(self, step: Step) -> tuple[bool, float, int]:
        """Return what tells who runs first: who frees space, then whose path is longest."""
        is_freeing = any(
            isinstance(given, Output) and given.is_passing for given in step.inputs.values()
        )
        return not is_freeing, -self._urgency[step], self._place[step]

    def _dropped(self, step: Step) -> list[Step]:
        """Return the steps whose outputs `step` reads but were dropped, or never made here."""
        gone = [
            given.step
            for given in step.inputs.values()
            if isinstance(given, Output) and given.is_passing and given not in self._passing
        ]
        return list(dict.fromkeys(gone))

    def _remake(self, dropped: list[Step], reader: Step) -> list[Step]:
        """Have `reader` wait for steps whose outputs are gone; return those to be begun."""
        begun = []
        for step in dropped:
            self._waiting[step].append(reader)
            self._awaited[reader] += 1
            if step in self._remade:
                continue
            gone = next(each for each in step.outputs if each in step.passing)
            self._remade[step] = passed_on(gone, reader.name)
            for producer in producers(step):
                self._unread[producer] += 1
            self._left_s += step.cost_s
            self._progress.planned(self._left_s)
            begun.append(step)
        return begun

    def _judged(self, step: Step) -> Planned:
        before, again = self._planned[step], self._remade.get(step)
        digests = known_digests(step, self._made)
        if before.status == "reuse" and digests == before.facets["inputs"] and not again:
            return before
        now = judge(
            step,
            self._made,
            self._store,
            tool_versions=self._plan.tool_versions,
            is_forced=step in self._plan.forced or again is not None,
        )
        if again:
            return replace(now, reason=again)
        # What the plan found damaged, it removed: now it would seem to be missing.
        known_reason = now.status == "run" and before.status == "run"
        return replace(now, reason=before.reason) if known_reason else now

    def _start(self, planned: Planned) -> None:
        step = planned.step
        try:
            running = _Running(planned, self._pinned(step))
            task = Task(
                name=step.name,
                run=step.run,
                params=step.params,
                hints=step.hints,
                inputs={name: self._path(given) for name, given in step.inputs.items()},
                outputs=step.outputs,
                objects=self._store.objects,
                passing=step.passing,
            )
        except PipelineError as error:
            self._fail(step.name, error)
            return
        self._running[step.name] = running
        self._progress.started(step)
        self._workers.submit(task, self._reports.put)

    def _path(self, given: Output | Artifact | Source) -> Path:
        if isinstance(given, Source):
            return given.path
        if given in self._passing:
            return self._passing[given]
        path = self._store.path_of(self._made[given] if isinstance(given, Output) else given)
        if not path.exists():
            raise StoreError(str(path), "is gone from the store", "build again to make it anew")
        return path

    def _pinned(self, step: Step) -> dict[Source, Signature]:
        """Return what the sources of a step look like while they are what the plan says."""
        sources = [given for given in step.inputs.values() if isinstance(given, Source)]
        for source in sources:
            if source.is_part:
                continue
            if self._store.file_digest(source.path) != source.digest:
                raise changed_while_read(source.path)
        return {source: Signature.of(source.path) for source in sources}

    def _listen(self) -> None:
        """Hear one report, if there is one soon."""
        try:
            report = self._reports.get(timeout=SETTLE_EVERY_S)
        except Empty:
            return
        if isinstance(report, Interrupted):
            self._error = self._error or KeyboardInterrupt()
            self._workers.stop()
            return
        if isinstance(report, Begun):
            self._follow(report)
            return
        running = self._running[report.name]
        step = running.planned.step
        if isinstance(report, Advanced):
            if not self._error:
                self._progress.advanced(step, report.fraction)
            return
        del self._running[report.name]
        error = report.error or self._change(running.sources)
        if error:
            self._fail(step.name, error)
            return
        self._progress.finished(step, report.seconds)
        self._keep(running.planned, report)

    def _follow(self, report: Begun) -> None:
        """Run what a sequel has brought with the rest."""
        self._beginning.discard(report.name)
        if report.error:
            self._fail(report.name, report.error)
        elif not self._error:
            versions, rehash = self._plan.tool_versions, self._plan.rehash
            plan = make_plan(report.steps, self._store, tool_versions=versions, rehash=rehash)
            self._offer(self._take(plan))

    def _change(self, sources: Mapping[Source, Signature]) -> PipelineError | None:
        """Return an error if a source is no longer what it was when its step began."""
        for source, before in sources.items():
            try:
                if Signature.of(source.path) == before:
                    continue
                if not source.is_part and self._store.file_digest(source.path) == source.digest:
                    continue
            except (OSError, PipelineError):
                pass  # gone, which is a change as well
            return changed_while_read(source.path)
        return None

    def _fail(self, name: str, error: BaseException) -> None:
        if self._error is None:
            self._error = _placed(name, error)
        elif not isinstance(error, StoppedError):
            log.info("%s failed as well: %s", name, error)

    def _keep(self, planned: Planned, report: Ended) -> None:
        step, key = planned.step, planned.key
        assert key is not None
        made = report.made
        self._store.record(
            Record(
                key,
                step.name,
                step.kind,
                made.outputs,
                planned.facets,
                report.seconds,
                step.passing,
            )
        )
        self._ran[step.name] = report.seconds
        self._passing |= {Output(step, name): path for name, path in made.passing.items()}
        for each in (planned, *self._twins.pop(key)):
            self._offer(self._end(each, made.outputs))

    def _end(self, planned: Planned, outputs: Mapping[str, Artifact]) -> list[Step]:
        """Note that a step's outputs are there; return the steps that waited for just them."""
        step = planned.step
        self._made |= {Output(step, name): made for name, made in outputs.items()}
        self._ended[step.name] = planned
        if step.name not in self._ran and self._planned[step].status != "reuse":
            self._left_s -= step.cost_s
            self._progress.planned(self._left_s)
        self._remade.pop(step, None)
        for sequel, awaited in self._sequels.items():
            if step in awaited:
                awaited.discard(step)
                if not awaited:
                    self._due.append(sequel)
        for producer in producers(step):
            self._unread[producer] -= 1
        for each in (step, *producers(step)):
            if not self._unread[each]:
                self._drop([Output(each, name) for name in each.passing])
        waiting, self._waiting[step] = self._waiting[step], []
        for reader in waiting:
            self._awaited[reader] -= 1
        return [each for each in waiting if not self._awaited[each]]

    def _drop(self, outputs: list[Output]) -> None:
        """Remove what was passed on, if it is still there."""
        for output in outputs:
            path = self._passing.pop(output, None)
            if path is not None:
                with suppress(OSError):  # swept away before the next build
                    path.unlink()

    def _results(self) -> Results:
        ended = self._ended
        return Results(
            plan=self._plan,
            made=dict(self._made),
            ran=tuple(self._ran),
            reused=tuple(name for name in ended if name not in self._ran),
            reasons={name: reason for name in self._ran if (reason := ended[name].reason)},
            keys={name: planned.key for name, planned in ended.items() if planned.key},
            seconds=dict(self._ran),
        )


@dataclass(frozen=True, slots=True)
class _Running:
    planned: Planned
    sources: Mapping[Source, Signature]


class _Silence:
    """Progress that nobody follows."""

    def planned(self, total_cost_s: float) -> None: ...
    def started(self, step: Step) -> None: ...
    def advanced(self, step: Step, fraction: float) -> None: ...
    def finished(self, step: Step, seconds: float) -> None: ...
    def done(self) -> None: ...


def _remaining_s(plan: Plan, consumers: Mapping[Step, list[Step]]) -> dict[Step, float]:
    """For each step, the seconds of the longest path from its start to the end of the build."""
    remaining: dict[Step, float] = {}
    for planned in reversed(plan.steps):
        step = planned.step
        own_s = 0.0 if planned.status == "reuse" else step.cost_s
        remaining[step] = own_s + max(
            (remaining[each] for each in consumers[step]), default=0.0
        )
    return remaining


def _placed(name: str, error: BaseException) -> BaseException:
    """Return the error with the step's name: as a note if it says itself what it is about."""
    if isinstance(error, ToolError | FormatError):
        placed = ProcessingError(name, str(error), getattr(error, "hint", ""))
        placed.__cause__ = error
        return placed
    error.add_note(f"in step {name}")
    return error
