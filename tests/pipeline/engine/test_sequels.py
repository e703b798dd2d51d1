"""What follows some steps of a run while others still run."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import Any

import pytest

from pipeline.engine import (
    Job,
    MemoryStore,
    RecordingWorkers,
    Results,
    Sequel,
    Step,
    Workers,
    make_plan,
    run_plan,
)
from pipeline.errors import DeliveryError

gate = threading.Event()


def step(name: str, *reads: Step, function: str = "write", **fields: Any) -> Step:
    inputs = {each.name: each.output() for each in reads} | fields.pop("inputs", {})
    return Step(
        name, fields.pop("kind", name), f"{__name__}:{function}", inputs=inputs, **fields
    )


def write(job: Job) -> None:
    """Writes its kind of work, which its parameter says."""
    with job.create("out") as out:
        out.write(str(job.params.get("word", "")).encode())


def write_behind_the_gate(job: Job) -> None:
    """Ends only when something else has happened."""
    assert gate.wait(10), "nothing happened meanwhile"
    write(job)


def build(
    wanted: list[Step],
    sequels: Iterable[Sequel],
    store: MemoryStore,
    *,
    rehash: bool = False,
    jobs: int = 2,
    workers: Workers | None = None,
) -> Results:
    plan = make_plan(wanted, store, tool_versions={}, rehash=rehash)
    return run_plan(plan, store, jobs=jobs, sequels=sequels, workers=workers)


def test_what_follows_a_step_begins_while_another_still_runs(memory: MemoryStore) -> None:
    gate.clear()
    quick, slow, follower = (
        step("quick"),
        step("slow", function="write_behind_the_gate"),
        step("b"),
    )

    def begin(results: Results) -> list[Step]:
        assert "slow" not in results.ran
        gate.set()
        return [follower]

    results = build([quick, slow], [Sequel("next", (quick,), begin)], memory)
    assert sorted(results.ran) == ["b", "quick", "slow"]


def test_it_is_given_what_its_steps_have_made_even_under_another_name(
    memory: MemoryStore,
) -> None:
    first, same = (
        step("a", kind="k", params={"word": "hey"}),
        step("b", kind="k", params={"word": "hey"}),
    )
    heard: list[bytes] = []

    def begin(results: Results) -> list[Step]:
        heard.append(memory.path_of(results.artifact(same.output())).read_bytes())
        return []

    build([first, same], [Sequel("next", (same,), begin)], memory)
    assert heard == [b"hey"]


def test_it_waits_for_all_its_steps_and_runs_once(memory: MemoryStore) -> None:
    a, b, c = step("a"), step("b"), step("c")
    seen: list[set[str]] = []

    def begin(results: Results) -> list[Step]:
        seen.append({*results.ran, *results.reused})
        return []

    build([a, b, c], [Sequel("next", (a, b), begin)], memory, jobs=1)
    assert len(seen) == 1
    assert {"a", "b"} <= seen[0]


def test_it_begins_though_no_step_must_run(memory: MemoryStore) -> None:
    a, follower = step("a"), step("b")
    begun: list[str] = []

    def follow(results: Results) -> list[Step]:
        begun.append("behind")
        return [follower]

    def start(results: Results) -> list[Step]:
        begun.append("at once")
        return []

    sequels = [Sequel("behind", (a,), follow), Sequel("at once", (), start)]
    build([a], sequels, memory)
    again = build([a], sequels, memory)
    assert sorted(begun) == ["at once", "at once", "behind", "behind"]
    assert (again.ran, sorted(again.reused)) == ((), ["a", "b"])


def test_its_steps_are_judged_known_and_recorded_like_all_others(memory: MemoryStore) -> None:
    a = step("a")
    x, y = (step(name, kind="k", params={"word": "1"}) for name in "xy")
    sequels = [Sequel("to x", (a,), lambda _: [x]), Sequel("to y", (a,), lambda _: [y])]
    results = build([a], sequels, memory, workers=RecordingWorkers())
    assert len(results.ran) == 2  # equal work of two sequels is done once
    assert results.key(x) == results.key(y)
    assert results.artifact(x.output()) == results.artifact(y.output())
    assert {each.step.name for each in results.plan} == {"a", "x", "y"}


def test_its_error_ends_the_build_and_what_is_finished_is_kept(memory: MemoryStore) -> None:
    a, b = step("a"), step("b", step("a"))

    def begin(results: Results) -> list[Step]:
        raise DeliveryError("cd", "will not do")

    with pytest.raises(DeliveryError, match="will not do"):
        build([a], [Sequel("next", (a,), begin)], memory)
    assert build([a], [], memory).ran == ()
    assert build([b], [], memory).ran == ("b",)


def test_nothing_follows_a_failure(memory: MemoryStore) -> None:
    def begin(results: Results) -> list[Step]:
        raise AssertionError("begun")

    failing = step("a", function="missing")
    other = step("b")
    with pytest.raises(AttributeError):
        build([failing, other], [Sequel("next", (failing, other), begin)], memory, jobs=1)


def test_results_are_read_byte_by_byte_if_those_of_the_plan_were(memory: MemoryStore) -> None:
    a, b = step("a"), step("b", params={"word": "b"})
    sequel = Sequel("next", (a,), lambda results: [b])
    made = build([a], [sequel], memory)
    path = memory.path_of(made.artifact(b.output()))
    stat = path.stat()
    path.chmod(0o644)
    path.write_bytes(b"B")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert build([a], [sequel], memory, rehash=True).ran == ("b",)
