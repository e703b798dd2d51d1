"""What a step depends on, as canonical JSON, and the hash of it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

from pipeline.engine.step import JSON, Artifact, Output, Source, Step

Facets: TypeAlias = dict[str, Any]


def canonical_json(value: JSON) -> bytes:
    """Return the one spelling of `value` as JSON: sorted keys, no blanks, ASCII.

    Negative zero is written as zero: a gain rounded to nothing is the same from both sides.

    Raises
    ------
    ValueError
        If a number is NaN or infinite.
    TypeError
        If something in it is no JSON: a key that is no text, a set, a path, an array.
    """
    return json.dumps(_checked(value, "value"), sort_keys=True, separators=(",", ":")).encode()


def facets_of(
    step: Step, digests: Mapping[str, str], *, tool_versions: Mapping[str, str]
) -> Facets:
    """Return everything that `step` depends on, given the digests of its inputs by name."""
    unknown = set(step.tools) - set(tool_versions)
    assert not unknown, f"{step.name}: no version given for {', '.join(sorted(unknown))}"
    return {
        "kind": step.kind,
        "version": step.version,
        "params": _checked(step.params, f"{step.name}: params"),
        "inputs": dict(digests),
        "outputs": list(step.outputs),
        "tools": {tool: tool_versions[tool] for tool in step.tools},
    }


def key_of(facets: Facets) -> str:
    """Return the key of a step with these facets: 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(facets)).hexdigest()


def known_digests(step: Step, made: Mapping[Output, Artifact]) -> dict[str, str]:
    """Return the digests of those inputs of `step` that are known, by the input's name.

    Parameters
    ----------
    step : Step
        Whose inputs.
    made : mapping of Output to Artifact
        The outputs that are known by now.
    """
    digests = {}
    for name, given in step.inputs.items():
        found = made.get(given) if isinstance(given, Output) else given
        if isinstance(found, Artifact | Source):
            digests[name] = found.digest
    return digests


def _checked(value: JSON, where: str) -> JSON:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{where} is {value}; JSON holds finite numbers only")
        return value or 0.0
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {
            _key(key, where): _checked(each, f"{where}.{key}") for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_checked(each, f"{where}[{place}]") for place, each in enumerate(value)]
    raise TypeError(f"{where} is of type {type(value).__name__}, which is no JSON")


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{where} has the key {key!r}, which is no text")
    return key
