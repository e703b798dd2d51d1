"""Who runs the steps: threads of this process, or for tests nobody."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Protocol, TypeAlias

from pipeline.engine.job import Job, Made, Task, perform
from pipeline.engine.step import Step


@dataclass(frozen=True, slots=True)
class Advanced:
    """A running step has done so much; `fraction` is 0 to 1."""

    name: str
    fraction: float


@dataclass(frozen=True, slots=True)
class Ended:
    """A step has ended: with what it made, or with the error that it raised."""

    name: str
    seconds: float
    made: Made
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A sequel has begun: with the steps that follow, or with the error that it raised."""

    name: str
    steps: tuple[Step, ...]
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The user wants the build to end."""


Report: TypeAlias = Callable[[Advanced | Begun | Ended], None]


class Workers(Protocol):
    """Something that runs tasks at its own pace and reports; from any thread."""

    def submit(self, task: Task, report: Report) -> None:
        """Run `task` and `report` once that it has ended."""
        ...

    def begin(self, name: str, begin: Callable[[], Iterable[Step]], report: Report) -> None:
        """Call `begin` and `report` the steps that it returns."""
        ...

    def stop(self) -> None:
        """Ask all running tasks to stop soon."""
        ...

    def close(self) -> None:
        """Free what the workers hold; no task is running."""
        ...


class ThreadWorkers:
    """Threads of this process: kernels, encoders and files leave the interpreter's lock free.

    Parameters
    ----------
    jobs : int
        How many tasks may run at once.
    """

    def __init__(self, jobs: int) -> None:
        self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="step")
        self._stopping = Event()

    def submit(self, task: Task, report: Report) -> None:
        """Run `task` in a thread."""
        self._pool.submit(self._run, task, report)

    def begin(self, name: str, begin: Callable[[], Iterable[Step]], report: Report) -> None:
        """Call `begin` in a thread."""
        self._pool.submit(lambda: report(begun(name, begin)))

    def stop(self) -> None:
        """Let running tasks end at the next word on their progress."""
        self._stopping.set()

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False)

    def _run(self, task: Task, report: Report) -> None:
        start_s = time.perf_counter()
        made = Made()
        error: BaseException | None = None
        try:
            made = perform(
                task,
                advanced=lambda fraction: report(Advanced(task.name, fraction)),
                is_stopping=self._stopping.is_set,
            )
        except BaseException as raised:  # raised again by the coordinator
            error = raised
        report(Ended(task.name, time.perf_counter() - start_s, made, error))


class RecordingWorkers:
    """Workers for tests: they note what they are asked to run and make up its outputs.

    Parameters
    ----------
    make : callable, optional
        Given a task, returns the bytes of each output or raises. By default they follow from
        the name of the output, the settings and the content of the inputs, as those of a real
        step would.

    Attributes
    ----------
    ran : list of str
        Names of the steps, in the order in which they were asked for.
    """

    def __init__(self, make: Callable[[Task], Mapping[str, bytes]] | None = None) -> None:
        self.ran: list[str] = []
        self._make = make or made_up

    def submit(self, task: Task, report: Report) -> None:
        """Note the task and make up its outputs, at once."""
        self.ran.append(task.name)
        try:
            made = self._make(task)
        except BaseException as error:  # raised again by the coordinator
            report(Ended(task.name, 0.0, Made(), error))
            return
        report(Ended(task.name, 0.0, kept(task, made)))

    def begin(self, name: str, begin: Callable[[], Iterable[Step]], report: Report) -> None:
        """Call `begin` at once."""
        report(begun(name, begin))

    def stop(self) -> None:
        """Nothing is running."""

    def close(self) -> None:
        """Nothing is held."""


def begun(name: str, begin: Callable[[], Iterable[Step]]) -> Begun:
    """Call `begin`, and return what it brought or raised."""
    try:
        return Begun(name, tuple(begin()))
    except BaseException as raised:  # raised again by the coordinator
        return Begun(name, (), raised)


def kept(task: Task, made: Mapping[str, bytes]) -> Made:
    """Write the outputs of a task as a job would have."""
    job = Job(task, advanced=lambda fraction: None, is_stopping=lambda: False)
    for name, content in made.items():
        with job.create(name) as out:
            out.write(content)
    return job.keep()


def made_up(task: Task) -> dict[str, bytes]:
    """Return bytes for each output that differ whenever settings or inputs do."""
    inputs = {name: path.name for name, path in sorted(task.inputs.items())}
    params = sorted(task.params.items())
    return {name: repr((task.run, name, params, inputs)).encode() for name in task.outputs}
