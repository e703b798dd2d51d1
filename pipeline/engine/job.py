"""What a running step sees: its settings, its inputs as files, and where its outputs go."""

from __future__ import annotations

import errno
import importlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.engine.copies import disk_error
from pipeline.engine.keys import canonical_json
from pipeline.engine.objects import Objects, Sink, artifact_of
from pipeline.engine.step import JSON, Artifact

LEAST_ADVANCE = 0.01


class StoppedError(BaseException):
    """The build is being stopped; no error of the step, which must not catch it."""


@dataclass(frozen=True, slots=True)
class Task:
    """One step, ready to run: plain values, so that it could travel to another process.

    Parameters
    ----------
    name, run, params, hints, outputs, passing
        As in `Step`.
    inputs : mapping of str to Path
        Where each input lies.
    objects : Objects
        Where the outputs go.
    """

    name: str
    run: str
    params: Mapping[str, JSON]
    hints: Mapping[str, JSON]
    inputs: Mapping[str, Path]
    outputs: tuple[str, ...]
    objects: Objects
    passing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Made:
    """What a step has made.

    Parameters
    ----------
    outputs : mapping of str to Artifact
        All of its outputs, by name.
    passing : mapping of str to Path
        Where those lie that are only passed on; whoever has read them last removes them.
    """

    outputs: Mapping[str, Artifact] = field(default_factory=dict)
    passing: Mapping[str, Path] = field(default_factory=dict)


class Job:
    """What a step function is given; it depends on nothing else.

    Parameters
    ----------
    task : Task
        The step.
    advanced : callable
        Told the fraction that is done, in steps of at least a hundredth.
    is_stopping : callable
        Asked whether the build is being stopped.

    Attributes
    ----------
    name : str
        Of the step, for messages.
    params : mapping
        The settings.
    """

    def __init__(
        self, task: Task, *, advanced: Callable[[float], None], is_stopping: Callable[[], bool]
    ) -> None:
        self.name = task.name
        self.params: Mapping[str, Any] = task.params
        self.hints: Mapping[str, Any] = task.hints
        self._task = task
        self._advanced = advanced
        self._is_stopping = is_stopping
        self._fraction = 0.0
        self._written: dict[str, Path | Sink] = {}
        self._scratch: list[Path] = []

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs, sorted: for steps that read a varying number of them."""
        return tuple(sorted(self._task.inputs))

    def input(self, name: str) -> Path:
        """Return where an input lies; it must not be written to."""
        assert name in self._task.inputs, f"{self.name} has no input {name!r}"
        return self._task.inputs[name]

    def read_json(self, name: str) -> Any:
        """Return an input that `write_json` wrote."""
        return json.loads(self.input(name).read_bytes())

    def output(self, name: str, *, suffix: str = "") -> Path:
        """Return a path at which the output must be written.

        Parameters
        ----------
        name : str
            One of the step's outputs.
        suffix : str
            Ending of the temporary name, for encoders that go by it: ``.flac``.
        """
        self._assert_wanted(name)
        path = self._written[name] = self._task.objects.temporary(suffix)
        return path

    def create(self, name: str) -> Sink:
        """Return an output as a new binary file, hashed while it is written; close it.

        It cannot seek; what must is written to the path that `output` returns.
        """
        self._assert_wanted(name)
        sink = self._written[name] = Sink(self._task.objects.temporary())
        return sink

    def write_json(self, name: str, value: JSON) -> None:
        """Write an output as canonical JSON: equal values have equal bytes.

        Raises
        ------
        ValueError
            If a number is NaN or infinite.
        """
        content = canonical_json(value)
        with self.create(name) as sink:
            sink.write(content)

    def scratch(self, suffix: str = "") -> Path:
        """Return a path for a file of the step's own, removed when the step ends."""
        path = self._task.objects.temporary(suffix)
        self._scratch.append(path)
        return path

    def progress(self, fraction: float) -> None:
        """Say how much is done, 0 to 1; the place where a build can be stopped."""
        if self._is_stopping():
            raise StoppedError
        if fraction >= self._fraction + LEAST_ADVANCE:
            self._fraction = fraction
            self._advanced(min(fraction, 1.0))

    def keep(self) -> Made:
        """Move what is to be kept into the store, when the function has returned."""
        unwritten = [name for name in self._task.outputs if name not in self._written]
        assert not unwritten, f"{self.name} did not make {', '.join(unwritten)}"
        outputs = {name: self._kept(name) for name in self._task.outputs}
        passing = {name: _path(self._written.pop(name)) for name in self._task.passing}
        return Made(outputs, passing)

    def clear(self) -> None:
        """Remove what temporary files are left."""
        for written in self._written.values():
            if isinstance(written, Sink):
                with suppress(Exception):  # the step's own error is the one to report
                    written.close()
        for path in [*map(_path, self._written.values()), *self._scratch]:
            with suppress(OSError):  # swept away before the next build
                path.unlink(missing_ok=True)

    def _assert_wanted(self, name: str) -> None:
        assert name in self._task.outputs, f"{self.name} has no output {name!r}"
        assert name not in self._written, f"{self.name} makes {name!r} twice"

    def _kept(self, name: str) -> Artifact:
        written = self._written[name]
        if isinstance(written, Sink):
            assert written.closed, f"{self.name} did not close {name!r}"
            made = written.artifact
        else:
            assert written.is_file(), f"{self.name} did not write {name!r}"
            made = artifact_of(written)
        return (
            made
            if name in self._task.passing
            else self._task.objects.adopt(_path(written), made)
        )


def perform(
    task: Task, *, advanced: Callable[[float], None], is_stopping: Callable[[], bool]
) -> Made:
    """Run a step and return what it made; needs nothing but its arguments.

    Raises
    ------
    StoppedError
        If the build is being stopped.
    StoreError
        If the disk is full or may not be written.
    Exception
        Whatever the step raises.
    """
    job = Job(task, advanced=advanced, is_stopping=is_stopping)
    try:
        job.progress(0.0)
        resolved(task.run)(job)
        return job.keep()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            raise disk_error(task.objects.folder, error) from error
        raise
    finally:
        job.clear()


def resolved(run: str) -> Callable[[Job], None]:
    """Return the function that ``package.module:function`` names."""
    module, _, name = run.partition(":")
    function: Callable[[Job], None] = getattr(importlib.import_module(module), name)
    return function


def _path(written: Path | Sink) -> Path:
    return written.path if isinstance(written, Sink) else written
