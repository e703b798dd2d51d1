"""Why a step must run, in words that name what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pipeline.engine.keys import Facets

ReasonCode: TypeAlias = Literal[
    "new",
    "setting_changed",
    "input_changed",
    "version_raised",
    "tool_changed",
    "output_missing",
    "output_damaged",
    "output_passed_on",
    "forced",
    "waits",
]

UNITS = {
    "db": "dB",
    "dbfs": "dBFS",
    "dbtp": "dBTP",
    "lufs": "LUFS",
    "lu": "LU",
    "hz": "Hz",
    "ms": "ms",
    "s": "s",
    "kbps": "kbps",
    "samples": "samples",
    "sectors": "sectors",
    "bytes": "bytes",
}
MOST_CHANGES_SHOWN = 4
LONGEST_VALUE_SHOWN = 32


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a step must run, or may have to.

    Parameters
    ----------
    code : str
        One of `ReasonCode`, for programs.
    text : str
        For people: ``threshold -18 dB -> -16 dB``, ``mix changed``.
    """

    code: ReasonCode
    text: str

    def __str__(self) -> str:
        return self.text


def changed(before: Facets | None, now: Facets, *, unknown: Set[str] = frozenset()) -> Reason:
    """Return what parts `now` from the facets the same step had `before`.

    Parameters
    ----------
    before : dict or None
        Facets of the last run of the step of this name, if there was one.
    now : dict
        Facets of the step as it stands.
    unknown : set of str
        Names of inputs whose digests are not known yet; nothing is said about them.
    """
    if before is None or before["kind"] != now["kind"]:
        return Reason("new", "new")
    found: list[tuple[ReasonCode, str]] = [
        *(("input_changed", text) for text in _inputs(before, now, unknown)),
        *(("setting_changed", text) for text in _settings(before, now)),
        *(("setting_changed", text) for text in _outputs(before, now)),
        *(("version_raised", text) for text in _version(before, now)),
        *(("tool_changed", text) for text in _tools(before, now)),
    ]
    if not found:
        return Reason("output_missing", "its result is no longer kept")
    texts = [text for _, text in found]
    more = len(texts) - MOST_CHANGES_SHOWN
    shown = texts[:MOST_CHANGES_SHOWN] + ([f"and {more} more"] if more > 0 else [])
    return Reason(found[0][0], "; ".join(shown))


def passed_on(output: str, reader: str) -> Reason:
    """Return why a step runs again whose `output` was not kept and is read once more."""
    return Reason("output_passed_on", f"{reader} reads its {output}, which is not kept")


def differs(before: Facets | None, now: Facets, *, unknown: Set[str]) -> str:
    """Return what is known to have changed besides the `unknown` inputs; empty if nothing."""
    if before is None or before["kind"] != now["kind"]:
        return ""
    comparable = {
        **before,
        "inputs": {k: v for k, v in before["inputs"].items() if k not in unknown},
    }
    return "" if comparable == now else changed(comparable, now).text


def _inputs(before: Facets, now: Facets, unknown: Set[str]) -> Iterator[str]:
    old, new = before["inputs"], now["inputs"]
    for name in sorted((set(old) | set(new)) - unknown):
        if name not in old:
            yield f"{name} added"
        elif name not in new:
            yield f"{name} removed"
        elif old[name] != new[name]:
            yield f"{name} changed"


def _settings(before: Facets, now: Facets) -> Iterator[str]:
    old, new = dict(_leaves(before["params"], "")), dict(_leaves(now["params"], ""))
    for path in [*old, *(path for path in new if path not in old)]:
        label, unit = _label(path)
        if path not in new:
            yield f"{label} removed"
        elif path not in old:
            yield f"{label} {_spoken(new[path], unit)} added"
        elif old[path] != new[path] or type(old[path]) is not type(new[path]):
            yield _step_between(label, unit, old[path], new[path])
    if old == new and before["params"] != now["params"]:
        yield "settings changed"  # one holds an empty list or mapping where the other has none


def _outputs(before: Facets, now: Facets) -> Iterator[str]:
    if before["outputs"] != now["outputs"]:
        yield "outputs changed"


def _step_between(label: str, unit: str, old: Any, new: Any) -> str:
    before, now = _spoken(old, unit), _spoken(new, unit)
    if max(len(before), len(now)) > LONGEST_VALUE_SHOWN or before == now:
        return f"{label} changed"
    return f"{label} {before} -> {now}"


def _version(before: Facets, now: Facets) -> Iterator[str]:
    if before["version"] != now["version"]:
        yield f"version {before['version']} -> {now['version']}"


def _tools(before: Facets, now: Facets) -> Iterator[str]:
    old, new = before["tools"], now["tools"]
    for tool in sorted(set(old) | set(new)):
        if old.get(tool) != new.get(tool):
            yield f"{tool} {old.get(tool, 'none')} -> {new.get(tool, 'none')}"


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield from _leaves(value[key], f"{path}.{key}" if path else key)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for place, each in enumerate(value, start=1):
            yield from _leaves(each, f"{path}[{place}]")
    else:
        yield path, value


def _label(path: str) -> tuple[str, str]:
    stem, _, suffix = path.rpartition("_")
    return (stem, UNITS[suffix]) if stem and suffix in UNITS else (path, "")


def _spoken(value: Any, unit: str) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return f"'{value}'"
    number = f"{value:.10g}" if isinstance(value, float) else str(value)
    return f"{number} {unit}".rstrip()
