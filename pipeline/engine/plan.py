"""What is to become of each step behind what is wanted, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from pipeline.engine.graph import Graph, gather
from pipeline.engine.index import Record
from pipeline.engine.keys import Facets, facets_of, key_of, known_digests
from pipeline.engine.reasons import Reason, ReasonCode, changed, differs, passed_on
from pipeline.engine.step import JSON, Artifact, Output, Source, Step, producers
from pipeline.engine.store import Store

__all__ = [
    "JSON",
    "Artifact",
    "Output",
    "Plan",
    "Planned",
    "Reason",
    "ReasonCode",
    "Source",
    "Status",
    "Step",
    "make_plan",
]

Status: TypeAlias = Literal["run", "reuse", "waits"]
MOST_NAMES_SHOWN = 2


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to become of one step.

    Parameters
    ----------
    step : Step
        The step.
    status : str
        ``run``; ``reuse``: its outputs are in the store; ``waits``: what it reads is made by
        steps that must run first, and only then is it known whether this one must.
    reason : Reason or None
        Why; None for ``reuse``.
    facets : dict
        What it depends on, as far as it is known.
    key : str or None
        None while the step waits.
    outputs : mapping of str to Artifact
        What it made, or will make again; empty when that is not known.
    """

    step: Step
    status: Status
    reason: Reason | None
    facets: Facets
    key: str | None = None
    outputs: Mapping[str, Artifact] = field(default_factory=dict)

    def artifacts(self) -> dict[Output, Artifact]:
        """Return the outputs that are known, by what other steps name as their input."""
        return {Output(self.step, name): made for name, made in self.outputs.items()}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to become of all steps behind what is wanted.

    Parameters
    ----------
    steps : tuple of Planned
        Each after those it reads from.
    graph : Graph
        The steps themselves.
    tool_versions : mapping of str to str
        Versions of the tools that the steps name.
    forced : set of Step
        The steps that run even if their outputs are in the store.
    rehash : bool
        Whether every byte of the results was read.
    """

    steps: tuple[Planned, ...]
    graph: Graph
    tool_versions: Mapping[str, str]
    forced: Set[Step]
    rehash: bool = False

    @classmethod
    def empty(cls) -> Plan:
        """Return the plan of nothing."""
        return cls((), Graph((), {}), {}, frozenset())

    def joined(self, other: Plan) -> Plan:
        """Return both plans as one; `other` shares no step with this one."""
        return Plan(
            (*self.steps, *other.steps),
            self.graph.joined(other.graph),
            {**self.tool_versions, **other.tool_versions},
            self.forced | other.forced,
            self.rehash or other.rehash,
        )

    def __iter__(self) -> Iterator[Planned]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, name: str) -> Planned:
        """Return the step called `name`, or the one that does its work."""
        for given, step in self.graph.same.items():
            if given.name == name:
                return next(planned for planned in self.steps if planned.step is step)
        raise KeyError(name)

    def of_status(self, status: Status) -> tuple[Planned, ...]:
        """Return the steps of this status."""
        return tuple(planned for planned in self.steps if planned.status == status)

    @property
    def is_done(self) -> bool:
        """Whether nothing must run."""
        return all(planned.status == "reuse" for planned in self.steps)

    @property
    def cost_s(self) -> float:
        """Estimated CPU time of all that runs or may have to, in seconds."""
        return sum(planned.step.cost_s for planned in self.steps if planned.status != "reuse")


def make_plan(
    wanted: Iterable[Step],
    store: Store,
    *,
    tool_versions: Mapping[str, str],
    forced: frozenset[str] = frozenset(),
    rehash: bool = False,
) -> Plan:
    """Return what must be done to have the outputs of all `wanted` steps.

    Parameters
    ----------
    wanted : iterable of Step
        What to make; the steps they read from come along.
    store : Store
        Where results are looked up; damaged ones are removed from it.
    tool_versions : mapping of str to str
        Version of every tool that a step names; it enters the key.
    forced : frozenset of str
        Names of steps to run in any case.
    rehash : bool
        Read every byte of every result instead of trusting unchanged sizes and times.

    Notes
    -----
    Steps that ask for the same work, under whatever names, are done once. Two kinds of work
    under one name, and a circle of steps, are mistakes of the caller: AssertionError.
    """
    graph = gather(wanted, tool_versions=tool_versions)
    must_run = {step for given, step in graph.same.items() if given.name in forced}
    made: dict[Output, Artifact] = {}
    steps = []
    for step in graph.steps:
        planned = judge(
            step,
            made,
            store,
            tool_versions=tool_versions,
            is_forced=step in must_run,
            rehash=rehash,
        )
        steps.append(planned)
        made |= planned.artifacts()
    return Plan(tuple(_remade(steps)), graph, dict(tool_versions), must_run, rehash)


def _remade(steps: list[Planned]) -> list[Planned]:
    """Foretell which steps run again since what they only passed on is read once more."""
    planned = {each.step: each for each in steps}
    for each in reversed(steps):
        reader = planned[each.step]
        if reader.status == "reuse":
            continue
        for given in reader.step.inputs.values():
            if isinstance(given, Output) and given.is_passing:
                before = planned[given.step]
                if before.status == "reuse":
                    reason = passed_on(given.name, reader.step.name)
                    planned[given.step] = replace(before, status=reader.status, reason=reason)
    return [planned[each.step] for each in steps]


def judge(
    step: Step,
    made: Mapping[Output, Artifact],
    store: Store,
    *,
    tool_versions: Mapping[str, str],
    is_forced: bool = False,
    rehash: bool = False,
) -> Planned:
    """Return what is to become of one step, given what those before it have `made`."""
    digests = known_digests(step, made)
    facets = facets_of(step, digests, tool_versions=tool_versions)
    if len(digests) < len(step.inputs):
        unknown = set(step.inputs) - set(digests)
        return Planned(step, "waits", _waits(step, facets, unknown, made, store), facets)
    key = key_of(facets)
    record = store.lookup(key)
    if is_forced:
        # Nothing is foretold of it: who forces a step does not trust what it made.
        return Planned(step, "run", Reason("forced", "forced"), facets, key)
    if record is None:
        return Planned(step, "run", changed(store.last_facets(step.name), facets), facets, key)
    reason = _loss(record, store, rehash=rehash)
    return Planned(step, "run" if reason else "reuse", reason, facets, key, record.outputs)


def _waits(
    step: Step,
    facets: Facets,
    unknown: Set[str],
    made: Mapping[Output, Artifact],
    store: Store,
) -> Reason:
    unmade = {
        given.step
        for given in step.inputs.values()
        if isinstance(given, Output) and given not in made
    }
    names = [each.name for each in producers(step) if each in unmade]
    more = len(names) - MOST_NAMES_SHOWN
    shown = names[:MOST_NAMES_SHOWN] + ([f"{more} more"] if more > 0 else [])
    known = differs(store.last_facets(step.name), facets, unknown=unknown)
    return Reason("waits", f"depends on {', '.join(shown)}" + (f"; {known}" if known else ""))


def _loss(record: Record, store: Store, *, rehash: bool) -> Reason | None:
    """Why outputs that were made once must be made again, if they must."""
    states = {name: store.check(made, rehash=rehash) for name, made in record.kept.items()}
    damaged = [name for name, state in states.items() if state == "damaged"]
    missing = [name for name, state in states.items() if state == "missing"]
    if damaged:
        return Reason("output_damaged", f"its result {', '.join(damaged)} is damaged")
    if missing:
        return Reason("output_missing", f"its result {', '.join(missing)} is missing")
    return None
