"""The nouns of a plan: a step, what goes into it and what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"


@dataclass(frozen=True, slots=True)
class Artifact:
    """Content in the store: immutable bytes, known by their SHA-256.

    Parameters
    ----------
    digest : str
        SHA-256, 64 lower-case hexadecimal digits.
    size_bytes : int
        Length of the content.
    """

    digest: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Source:
    """Content outside the store, pinned by its hash: a mix, a cover.

    Parameters
    ----------
    path : Path
        Where it lies; no part of a key, so a file may move.
    digest : str
        SHA-256 of its bytes, as `Store.file_digest` gives it.
    is_part : bool
        The digest is of a part of the file, which only the caller can find in it: its audio
        without its tags. The file is then only watched while it is read, not hashed.
    """

    path: Path
    digest: str
    is_part: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A deterministic piece of work that depends on its arguments only.

    Parameters
    ----------
    name : str
        For people: ``track/slipway/master``. No part of the key; unique in a plan.
    kind : str
        Permanent name of the work; it survives renaming the function.
    run : str
        ``package.module:function``, resolved when the step runs: planning imports no DSP.
    version : int
        Raised with every change of the function that changes bytes.
    params : mapping
        Settings, as JSON without NaN.
    inputs : mapping of str to Output, Artifact or Source
        What the step reads, by the name the function knows it under.
    hints : mapping
        Where in its inputs the step finds what it works on: an offset, say. No part of the key,
        so it must not change a byte of what is made.
    outputs : tuple of str
        Names of what the step makes.
    passing : frozenset of str
        Those outputs that are only passed on: large, and made again faster than they are worth
        keeping. They are dropped once every step of the run that reads them has ended, and the
        step runs again when another must read them. No part of the key.
    tools : tuple of str
        Names of the libraries and programs that shape the bytes; their versions enter the key.
    cost_s : float
        Estimated CPU time in seconds, for the progress bar and for running the longest path
        first; no part of the key.
    """

    name: str
    kind: str
    run: str
    version: int = 1
    params: Mapping[str, JSON] = field(default_factory=dict)
    inputs: Mapping[str, Output | Artifact | Source] = field(default_factory=dict)
    hints: Mapping[str, JSON] = field(default_factory=dict)
    outputs: tuple[str, ...] = ("out",)
    passing: frozenset[str] = frozenset()
    tools: tuple[str, ...] = ()
    cost_s: float = 0.0

    def __post_init__(self) -> None:
        assert self.name, "a step needs a name"
        assert self.kind, f"{self.name}: a step needs a kind"
        assert ":" in self.run, f"{self.name}: run must be 'module:function', got {self.run!r}"
        assert self.outputs, f"{self.name}: a step makes at least one output"
        assert len(set(self.outputs)) == len(self.outputs), f"{self.name}: an output twice"
        assert self.passing <= set(self.outputs), (
            f"{self.name}: passes on what it does not make"
        )
        # Copies: what the caller changes afterwards must not change a step.
        object.__setattr__(self, "params", dict(self.params))
        object.__setattr__(self, "inputs", dict(self.inputs))

    def output(self, name: str = "out") -> Output:
        """Return the output called `name`, to be given to another step as input."""
        assert name in self.outputs, f"{self.name} has no output {name!r}"
        return Output(self, name)


@dataclass(frozen=True, slots=True)
class Output:
    """One output of a step that may not have run yet."""

    step: Step
    name: str

    @property
    def is_passing(self) -> bool:
        """Whether it is dropped when it has been read."""
        return self.name in self.step.passing


def producers(step: Step) -> tuple[Step, ...]:
    """Return the steps that `step` reads from, in the order of its inputs' names, each once."""
    steps = (
        given.step for _, given in sorted(step.inputs.items()) if isinstance(given, Output)
    )
    return tuple(dict.fromkeys(steps))
