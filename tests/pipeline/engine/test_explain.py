from __future__ import annotations

import json

from pipeline.engine import (
    MemoryStore,
    Plan,
    RecordingWorkers,
    Step,
    explain,
    make_plan,
    run_plan,
    summary,
    to_json,
)


def album(gain_db: float) -> list[Step]:
    master = Step("track/slipway/master", "m", "m:f", params={"gain_db": gain_db}, cost_s=4.0)
    other = Step("track/tide/master", "m", "m:f", params={"gain_db": 9.0})
    inputs = {"a": master.output(), "b": other.output()}
    return [Step("album", "a", "m:f", inputs=inputs, cost_s=2.0)]


def plan(wanted: list[Step], store: MemoryStore) -> Plan:
    return make_plan(wanted, store, tool_versions={})


def build(wanted: list[Step], store: MemoryStore) -> None:
    run_plan(plan(wanted, store), store, jobs=1, workers=RecordingWorkers())


def test_a_plan_is_told_in_lines_with_the_reason_of_each_step(memory: MemoryStore) -> None:
    build(album(0.0), memory)
    assert explain(plan(album(1.5), memory)) == [
        "1 step to run, 1 that may follow, 1 unchanged",
        "run     track/slipway/master  gain 0 dB -> 1.5 dB",
        "may run album                 depends on track/slipway/master",
    ]


def test_steps_that_are_reused_are_told_when_asked_for(memory: MemoryStore) -> None:
    build(album(0.0), memory)
    lines = explain(plan(album(0.0), memory), every=True)
    assert lines == [
        "nothing to do: 3 steps unchanged",
        "reuse   track/slipway/master",
        "reuse   track/tide/master",
        "reuse   album",
    ]


def test_a_first_plan_is_summed_up(memory: MemoryStore) -> None:
    assert summary(plan(album(0.0), memory)) == "2 steps to run, 1 that may follow"


def test_a_plan_as_json_has_counts_costs_and_reasons(memory: MemoryStore) -> None:
    build(album(0.0), memory)
    told = json.loads(json.dumps(to_json(plan(album(1.5), memory))))
    assert told["counts"] == {"run": 1, "waits": 1, "reuse": 1}
    assert told["cost_s"] == 6.0
    first, other, last = told["steps"]
    assert first["reason"] == {"code": "setting_changed", "text": "gain 0 dB -> 1.5 dB"}
    assert (first["status"], other["status"], other["reason"]) == ("run", "reuse", None)
    assert (last["name"], last["kind"], last["key"]) == ("album", "a", None)
