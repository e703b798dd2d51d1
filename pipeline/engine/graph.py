"""All steps behind what is wanted: in order, and each piece of work once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pipeline.engine.keys import facets_of, key_of
from pipeline.engine.step import Output, Step, producers


@dataclass(frozen=True, slots=True)
class Graph:
    """Steps that read from one another.

    Parameters
    ----------
    steps : tuple of Step
        Each after those it reads from, and no two that ask for the same work. The order depends
        on the steps and on the order of what was wanted only.
    same : mapping of Step to Step
        From every step that was given to the one of `steps` that does its work.
    """

    steps: tuple[Step, ...]
    same: Mapping[Step, Step]

    def consumers(self) -> dict[Step, list[Step]]:
        """Return for every step those that read from it."""
        readers: dict[Step, list[Step]] = {step: [] for step in self.steps}
        for step in self.steps:
            for producer in producers(step):
                readers[producer].append(step)
        return readers

    def joined(self, other: Graph) -> Graph:
        """Return both graphs as one, the steps of `other` behind those of this one."""
        same = {**self.same, **other.same}
        _assert_distinct_names(same)
        return Graph((*self.steps, *other.steps), same)


def gather(wanted: Iterable[Step], *, tool_versions: Mapping[str, str]) -> Graph:
    """Return the graph behind `wanted`.

    Steps that ask for the same work, under whatever names, become one: the first of them. A
    circle, and one name for two kinds of work, are mistakes of the caller: AssertionError.
    """
    same: dict[Step, Step] = {}
    identities: dict[Step, str] = {}
    first: dict[str, Step] = {}
    for given in _in_order(wanted):
        step = _rewired(given, same)
        digests = {
            name: f"{identities[each.step]}:{each.name}"
            if isinstance(each, Output)
            else each.digest
            for name, each in step.inputs.items()
        }
        identity = key_of(facets_of(step, digests, tool_versions=tool_versions))
        same[given] = first.setdefault(identity, step)
        identities[step] = identity
    _assert_distinct_names(same)
    return Graph(tuple(first.values()), same)


def _rewired(step: Step, same: Mapping[Step, Step]) -> Step:
    inputs = {
        name: Output(same[each.step], each.name) if isinstance(each, Output) else each
        for name, each in step.inputs.items()
    }
    return step if inputs == step.inputs else replace(step, inputs=inputs)


def _in_order(wanted: Iterable[Step]) -> list[Step]:
    """Each step after those it reads from; without recursion, for chains may be long."""
    done: dict[Step, None] = {}
    entered: set[Step] = set()
    pending = list(wanted)[::-1]
    while pending:
        step = pending[-1]
        before = [each for each in producers(step) if each not in done]
        if step in done or not before:
            done[pending.pop()] = None
            continue
        assert step not in entered, f"{step.name} depends on itself"
        entered.add(step)
        pending += before[::-1]
    return list(done)


def _assert_distinct_names(same: Mapping[Step, Step]) -> None:
    owner: dict[str, Step] = {}
    for given, step in same.items():
        other = owner.setdefault(given.name, step)
        assert other is step, f"two steps are called {given.name!r}"
