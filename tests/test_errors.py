"""Errors of ours come back whole from wherever they were raised."""

from __future__ import annotations

import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

import formats
import pipeline
from formats.errors import FormatError, ToolError
from pipeline.errors import Mark, PipelineError, SpecProblem

VALUES: dict[str, Any] = {
    "str": "text with ’ and é",
    "int": 7,
    "object": b"\x00raw",
    "tuple[SpecProblem, ...]": (SpecProblem(Mark("album.yaml", 3, 9), "tracks.a", "no", "do"),),
}


def _modules() -> Iterator[Any]:
    for package in (formats, pipeline):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(found.name)


def _with_children(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _with_children(child)


def _ours() -> list[type[Exception]]:
    list(_modules())  # an error class that nobody has imported is still one of ours
    kinds = [
        kind
        for root in (PipelineError, FormatError, ToolError)
        for kind in _with_children(root)
    ]
    ours = {kind for kind in kinds if kind.__module__.split(".")[0] in ("formats", "pipeline")}
    return sorted(ours, key=lambda kind: f"{kind.__module__}.{kind.__qualname__}")


def _example(kind: type[Exception]) -> Exception:
    if not any(
        "__init__" in vars(each) for each in kind.__mro__ if each.__module__ != "builtins"
    ):
        return kind("what happened")
    return kind(*(_value(each) for each in inspect.signature(kind).parameters.values()))


def _value(parameter: inspect.Parameter) -> Any:
    name = str(parameter.annotation)
    for known, value in VALUES.items():
        if name == known or name.startswith(f"{known} |"):
            return value
    raise AssertionError(f"no example for {parameter}: add one to VALUES")


@pytest.mark.parametrize("kind", _ours(), ids=lambda kind: kind.__qualname__)
def test_an_error_survives_pickling(kind: type[Exception]) -> None:
    error = _example(kind)
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert back.args == error.args
    assert str(back) == str(error)
    assert vars(back) == vars(error)


@pytest.mark.parametrize("kind", _ours(), ids=lambda kind: kind.__qualname__)
def test_its_arguments_are_its_args(kind: type[Exception]) -> None:
    error = _example(kind)
    assert type(error)(*error.args).args == error.args


def test_the_walk_finds_errors_of_every_layer() -> None:
    names = {kind.__name__ for kind in _ours()}
    assert {"DecodeError", "CueError", "SpecError", "SourceError", "ToolError"} <= names


def test_exit_codes_are_those_of_the_command() -> None:
    codes = {
        kind.__name__: kind.exit_code
        for kind in _with_children(PipelineError)
        if issubclass(kind, PipelineError) and kind is not PipelineError
    }
    assert {name: codes[name] for name in sorted(codes) if not name.startswith("_")} == {
        "DeliveryError": 6,
        "ProcessingError": 4,
        "SourceError": 3,
        "SpecError": 2,
        "StoreError": 5,
        "UnknownCodingError": 3,
        "UsageError": 2,
        "VerifyFailed": 1,
    } | {name: code for name, code in codes.items() if name.startswith("Stopped")}
