"""What can go wrong with an album, told apart by who must act.

PipelineError
├── SpecError         2   the author of album.yaml
├── SourceError       3   the owner of the audio
├── ProcessingError   4   a step failed (as does formats.ToolError)
├── StoreError        5   the administrator: disk, store, permissions
├── DeliveryError     6   handing over
└── VerifyFailed      1   a check failed

The number is the exit status of the command; 70 is a bug of ours. Arguments equal `args`, so
every error survives pickling on its way back from a worker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a text file; line and column start at 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class SpecProblem:
    """One thing wrong with the spec: where, what was found and is allowed, how to mend it."""

    mark: Mark
    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.mark}: {self.path}: " if self.path else f"{self.mark}: "
        return where + self.message + (f"\n  hint: {self.hint}" if self.hint else "")


class PipelineError(Exception):
    """Root of what a user can cause; never shown with a traceback."""

    exit_code: ClassVar[int] = 4


class SpecError(PipelineError):
    """The spec has problems; all of them at once, in the order of the file."""

    exit_code = 2

    def __init__(self, problems: tuple[SpecProblem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class UsageError(PipelineError):
    """The command was called in a way that cannot work."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message, self.hint = message, hint

    def __str__(self) -> str:
        return self.message + (f"\n  hint: {self.hint}" if self.hint else "")


class _PlacedError(PipelineError):
    """An error about one thing that can be named."""

    def __init__(self, where: str, message: str, hint: str = "") -> None:
        super().__init__(where, message, hint)
        self.where, self.message, self.hint = where, message, hint

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" + (f"\n  hint: {self.hint}" if self.hint else "")


class SourceError(_PlacedError):
    """A source file cannot be used: `where` is its path."""

    exit_code = 3


class ProcessingError(_PlacedError):
    """A step failed on good input: `where` is the step's name."""

    exit_code = 4


class StoreError(_PlacedError):
    """The store or the disk: `where` is the path concerned."""

    exit_code = 5


class DeliveryError(_PlacedError):
    """A deliverable cannot be handed over: `where` is its name."""

    exit_code = 6


class VerifyFailed(_PlacedError):  # noqa: N818 - what happened, not an error of ours
    """A check failed: `where` is what was checked."""

    exit_code = 1
