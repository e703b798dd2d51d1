from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.engine import (
    MemoryStore,
    Output,
    Plan,
    RecordingWorkers,
    Source,
    Step,
    Store,
    make_plan,
    run_plan,
)

VERSIONS = {"numba": "0.61", "soxr": "1.0"}


def step(name: str, *reads: Step, **fields: Any) -> Step:
    inputs = {each.name: each.output() for each in reads} | fields.pop("inputs", {})
    kind = fields.pop("kind", name)
    return Step(name, kind, "module:function", inputs=inputs, **fields)


def build(wanted: list[Step], store: Store, **options: Any) -> list[str]:
    workers = RecordingWorkers()
    plan = make_plan(wanted, store, **({"tool_versions": VERSIONS} | options))
    run_plan(plan, store, jobs=2, workers=workers)
    return workers.ran


def planned(wanted: list[Step], store: Store, **options: Any) -> Plan:
    return make_plan(wanted, store, **({"tool_versions": VERSIONS} | options))


def told(plan: Plan) -> dict[str, tuple[str, str, str]]:
    return {
        each.step.name: (each.status, each.reason.code, each.reason.text)
        if each.reason
        else (each.status, "", "")
        for each in plan
    }


def test_the_whole_graph_behind_what_is_wanted_is_planned_each_after_what_it_reads(
    memory: MemoryStore,
) -> None:
    probe = step("probe")
    master = step("master", probe)
    album = step("album", master, probe)
    step("unwanted", probe)
    assert [each.step.name for each in planned([album], memory)] == ["probe", "master", "album"]


def test_a_first_plan_runs_what_it_can_and_lets_the_rest_wait(memory: MemoryStore) -> None:
    first, second = step("first"), step("second")
    third = step("third", first, second)
    assert told(planned([step("fourth", third)], memory)) == {
        "first": ("run", "new", "new"),
        "second": ("run", "new", "new"),
        "third": ("waits", "waits", "depends on first, second"),
        "fourth": ("waits", "waits", "depends on third"),
    }


def test_a_second_plan_reuses_everything(memory: MemoryStore) -> None:
    wanted = [step("album", step("master"))]
    build(wanted, memory)
    plan = planned(wanted, memory)
    assert plan.is_done
    assert plan.cost_s == 0.0
    assert [each.status for each in plan] == ["reuse", "reuse"]


def test_a_setting_changed_runs_that_step_and_says_what_changed(memory: MemoryStore) -> None:
    def album(threshold_db: float) -> list[Step]:
        master = step("master", params={"threshold_db": threshold_db})
        return [step("album", master, step("other"))]

    build(album(-18.0), memory)
    assert told(planned(album(-16.0), memory)) == {
        "master": ("run", "setting_changed", "threshold -18 dB -> -16 dB"),
        "other": ("reuse", "", ""),
        "album": ("waits", "waits", "depends on master"),
    }


def test_the_change_named_is_the_one_since_the_last_build_even_if_that_ran_nothing(
    memory: MemoryStore,
) -> None:
    def album(gain_db: float) -> list[Step]:
        return [step("album", params={"gain_db": gain_db})]

    assert build(album(1.0), memory) == ["album"]
    assert build(album(2.0), memory) == ["album"]
    assert build(album(1.0), memory) == []
    assert told(planned(album(3.0), memory))["album"][2] == "gain 1 dB -> 3 dB"


def test_a_changed_mix_is_named(memory: MemoryStore) -> None:
    def master(digest: str) -> Step:
        return step("master", inputs={"mix": Source(Path("01.wav"), digest)})

    memory.remember({"master": planned([master("aa")], memory)["master"].facets})
    assert told(planned([master("bb")], memory))["master"] == (
        "run",
        "input_changed",
        "mix changed",
    )


def test_a_raised_version_and_a_changed_tool_are_named(memory: MemoryStore) -> None:
    build([step("a", tools=("soxr",)), step("b")], memory)
    newer = [step("a", tools=("soxr",)), step("b", version=2)]
    assert told(planned(newer, memory, tool_versions=VERSIONS | {"soxr": "1.1"})) == {
        "a": ("run", "tool_changed", "soxr 1.0 -> 1.1"),
        "b": ("run", "version_raised", "version 1 -> 2"),
    }


def test_a_step_that_waits_says_also_what_changed_in_itself(memory: MemoryStore) -> None:
    def album(**params: Any) -> list[Step]:
        master = step("master", params={"gain_db": params["gain_db"]})
        return [step("encode", master, params={"kbps": params["kbps"]})]

    build(album(gain_db=0.0, kbps=256), memory)
    text = told(planned(album(gain_db=1.0, kbps=320), memory))["encode"][2]
    assert text == "depends on master; kbps 256 -> 320"


def test_a_forced_step_runs_and_what_reads_it_waits(memory: MemoryStore) -> None:
    wanted = [step("album", step("master"), step("other"))]
    build(wanted, memory)
    assert told(planned(wanted, memory, forced=frozenset({"master"}))) == {
        "master": ("run", "forced", "forced"),
        "other": ("reuse", "", ""),
        "album": ("waits", "waits", "depends on master"),
    }


def test_a_missing_result_is_named_and_what_reads_it_is_still_reused(
    memory: MemoryStore,
) -> None:
    wanted = [step("album", step("master"))]
    build(wanted, memory)
    memory.path_of(planned(wanted, memory)["master"].outputs["out"]).unlink()
    assert told(planned(wanted, memory)) == {
        "master": ("run", "output_missing", "its result out is missing"),
        "album": ("reuse", "", ""),
    }


def test_a_damaged_result_is_named_and_removed(memory: MemoryStore) -> None:
    wanted = [step("master")]
    build(wanted, memory)
    path = memory.path_of(planned(wanted, memory)["master"].outputs["out"])
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    reason = told(planned(wanted, memory))["master"]
    assert reason == ("run", "output_damaged", "its result out is damaged")
    assert not path.exists()
    assert str(path) in memory.notices[0]


def test_rehash_finds_damage_that_does_not_show(memory: MemoryStore) -> None:
    wanted = [step("master")]
    build(wanted, memory)
    path = memory.path_of(planned(wanted, memory)["master"].outputs["out"])
    stat = path.stat()
    with path.open("r+b") as file:
        file.write(b"?")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert planned(wanted, memory).is_done
    assert told(planned(wanted, memory, rehash=True))["master"][1] == "output_damaged"


def test_the_same_work_asked_for_twice_is_one_step_with_both_names(
    memory: MemoryStore,
) -> None:
    cd = Step("cd", "encode", "m:f", inputs={"audio": step("cd/m", kind="master").output()})
    files = Step(
        "files", "encode", "m:f", inputs={"audio": step("f/m", kind="master").output()}
    )
    plan = planned([cd, files], memory)
    assert [each.step.name for each in plan] == ["cd/m", "cd"]
    assert plan["files"] is plan["cd"]
    with pytest.raises(KeyError):
        plan["vinyl"]


def test_two_kinds_of_work_under_one_name_are_a_mistake(memory: MemoryStore) -> None:
    with pytest.raises(AssertionError, match="two steps are called 'a'"):
        planned([step("a", params={"x": 1}), step("a", params={"x": 2})], memory)


def test_a_circle_is_a_mistake(memory: MemoryStore) -> None:
    first = step("first")
    second = step("second", first)
    cast(dict[str, Output], first.inputs)["loop"] = second.output()
    with pytest.raises(AssertionError, match="depends on itself"):
        planned([second], memory)


def test_a_chain_of_thousands_is_planned(memory: MemoryStore) -> None:
    last = step("0")
    for number in range(1, 3000):
        last = step(str(number), last, kind="link")
    assert len(planned([last], memory)) == 3000


shapes = st.lists(
    st.lists(st.integers(0, 30), max_size=3, unique=True), min_size=1, max_size=12
)


@settings(max_examples=50, deadline=None)
@given(shapes, st.randoms(use_true_random=False))
def test_the_plan_does_not_depend_on_the_order_of_dictionaries(
    shape: list[list[int]], random: Random
) -> None:
    def graph(arrange: Callable[[list[Any]], list[Any]]) -> list[Step]:
        steps: list[Step] = []
        for number, reads in enumerate(shape):
            inputs = {
                f"in{place % number}": steps[place % number].output()
                for place in reads
                if number
            }
            params = {"a": number, "b": [number], "c": {"d": 1, "e": 2}}
            steps.append(
                Step(
                    f"step/{number}",
                    "kind",
                    "m:f",
                    params=dict(arrange(list(params.items()))),
                    inputs=dict(arrange(list(inputs.items()))),
                )
            )
        return steps

    def shuffled(items: list[Any]) -> list[Any]:
        return random.sample(items, len(items))

    with MemoryStore() as store:
        plain, mixed = (planned(graph(arrange), store) for arrange in (list, shuffled))
        assert told(plain) == told(mixed)
        assert [each.step.name for each in plain] == [each.step.name for each in mixed]
        assert [each.key for each in plain] == [each.key for each in mixed]


def test_planning_four_hundred_cached_steps_takes_less_than_150_ms(store: Store) -> None:
    probes = [step(f"probe/{n}", kind="probe", params={"n": n}) for n in range(100)]
    masters = [step(f"master/{n}", each, kind="master") for n, each in enumerate(probes)]
    cuts = [step(f"cut/{n}", each, kind="cut") for n, each in enumerate(masters)]
    wanted = [step(f"encode/{n}", each, kind="encode") for n, each in enumerate(cuts)]
    assert len(build(wanted, store)) == 400
    start_s = time.process_time()
    plan = planned(wanted, store)
    assert time.process_time() - start_s < 0.15
    assert plan.is_done
