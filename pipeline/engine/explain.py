"""A plan in words, and as JSON."""

from __future__ import annotations

from typing import Any

from pipeline.engine.plan import Plan, Planned

_VERBS = {"run": "run", "waits": "may run", "reuse": "reuse"}


def explain(plan: Plan, *, every: bool = False) -> list[str]:
    """Return a plan as lines: a summary, then each step that runs or may have to, and why.

    Parameters
    ----------
    plan : Plan
        What to tell.
    every : bool
        Name also the steps that are reused.
    """
    shown = [planned for planned in plan if every or planned.status != "reuse"]
    width = max((len(planned.step.name) for planned in shown), default=0)
    return [summary(plan), *(_line(planned, width) for planned in shown)]


def summary(plan: Plan) -> str:
    """Return in one sentence how much there is to do."""
    if plan.is_done:
        return f"nothing to do: {_steps(len(plan))} unchanged"
    run, waits, reuse = (len(plan.of_status(status)) for status in ("run", "waits", "reuse"))
    return (
        f"{_steps(run)} to run"
        + (f", {waits} that may follow" if waits else "")
        + (f", {reuse} unchanged" if reuse else "")
    )


def to_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON; the keys are stable.

    ``steps`` holds for each step its ``name``, ``kind``, ``status`` (``run``, ``waits``,
    ``reuse``), ``reason`` (``code`` and ``text``, or null), ``key`` (or null) and ``cost_s``;
    ``counts`` how many there are of each status; ``cost_s`` the seconds of CPU time that are
    expected at most.
    """
    return {
        "counts": {status: len(plan.of_status(status)) for status in ("run", "waits", "reuse")},
        "cost_s": plan.cost_s,
        "steps": [_step_json(planned) for planned in plan],
    }


def _step_json(planned: Planned) -> dict[str, Any]:
    reason = planned.reason
    return {
        "name": planned.step.name,
        "kind": planned.step.kind,
        "status": planned.status,
        "reason": {"code": reason.code, "text": reason.text} if reason else None,
        "key": planned.key,
        "cost_s": planned.step.cost_s,
    }


def _line(planned: Planned, width: int) -> str:
    reason = f"  {planned.reason}" if planned.reason else ""
    return f"{_VERBS[planned.status]:<8}{planned.step.name:<{width}}{reason}".rstrip()


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"
