"""What the intake's detectors are tried on: clean programmes, faults, recordings.

A fault is a function ``inject(audio, sample_rate_hz, rng) -> audio`` that spoils a copy of a
clean mix in a known way. Faults stand in the ``FAULTS`` lists of the files ``faults_*.py``
beside this one; `faults` finds them all.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Protocol

import numpy as np

from benchmarks.intake.programmes import KINDS, SECONDS, Programme, programme, programmes
from pipeline.dsp import Audio
from pipeline.findings import Finding
from pipeline.intake.checks import Surveyed, findings, survey_findings
from pipeline.intake.probe import probe
from pipeline.intake.survey import survey

Inject = Callable[[Audio, int, np.random.Generator], Audio]


class Stage(IntEnum):
    """Where in the making of a mix a fault happens: of a pair, the earlier comes first."""

    RECORDING = 0
    MIX = 1
    BUS = 2
    EXPORT = 3


class Expected(Protocol):
    """Anything that was spoilt on purpose."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def expects(self) -> str:
        """The finding that it must raise."""
        ...


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that is put into a clean mix.

    Parameters
    ----------
    name : str
        What people call it, with its size: ``hum 50 Hz at -45 dBFS``.
    expects : str
        The finding that it must raise: ``intake/clipped:clipped``.
    inject : callable
        Returns a spoilt copy; it is given the audio, its sample rate in Hz and a generator.
    stage : Stage
        When it happens.
    kinds : tuple of str
        The kinds of music in which it can be found at all; empty for every one.
    clashes : tuple of str
        Codes of `expects` (or beginnings of them) that cannot be found beside this fault.
    """

    name: str
    expects: str
    inject: Inject
    stage: Stage = Stage.MIX
    kinds: tuple[str, ...] = ()
    clashes: tuple[str, ...] = ()

    def fits(self, clean: Programme) -> bool:
        """Whether it can be put into a programme."""
        return not self.kinds or clean.kind in self.kinds

    def goes_with(self, other: Fault) -> bool:
        """Whether both can be found in one mix."""
        return self.expects != other.expects and not (
            other.expects.startswith(self.clashes) or self.expects.startswith(other.clashes)
        )


def faults() -> tuple[Fault, ...]:
    """Return every fault of the files ``faults_*.py``, by name of the file.

    Where name, expectation and function say all, a plain triple of them is enough.
    """
    files = sorted(Path(__file__).parent.glob("faults_*.py"))
    modules = [importlib.import_module(f"benchmarks.intake.{each.stem}") for each in files]
    return tuple(
        fault if isinstance(fault, Fault) else Fault(*fault)
        for module in modules
        for fault in module.FAULTS
    )


def spoil(clean: Programme, parts: Sequence[Fault], *, seed: int) -> Audio:
    """Return a copy of a programme with faults in it, in the order in which they happen."""
    audio = clean.audio.copy()
    for each in sorted(parts, key=lambda fault: fault.stage):
        rng = np.random.default_rng([seed, *each.name.encode(), *clean.name.encode()])
        audio = each.inject(audio, clean.sample_rate_hz, rng)
    return audio


def judge(audio: Audio, sample_rate_hz: int, *, folder: Path) -> tuple[Finding, ...]:
    """Write a mix as 24-bit WAV, as it would be sent, and return what is found in it."""
    import soundfile

    path = folder / "mix.wav"
    soundfile.write(path, audio, sample_rate_hz, subtype="PCM_24")
    surveyed = Surveyed(probe(path), survey=survey(path))
    return (*findings(surveyed), *survey_findings(surveyed))


def recordings(folders: Sequence[Path]) -> Iterator[Programme]:
    """Yield each audio file below folders, whole; the name of its folder becomes the kind."""
    import soundfile

    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in (*LOSSLESS, *LOSSY):
                audio, rate_hz = soundfile.read(path, always_2d=True)
                # Decoders overshoot full scale, and a file of ours would clip that.
                audio /= max(1.0, np.abs(audio).max())
                if len(audio) >= SECONDS * rate_hz and audio.shape[1] <= 2:
                    yield Programme(folder.name, path.name, audio, rate_hz)


LOSSLESS = (".wav", ".flac", ".aiff")
LOSSY = (".ogg", ".mp3", ".opus")


__all__ = [
    "KINDS",
    "LOSSLESS",
    "LOSSY",
    "SECONDS",
    "Expected",
    "Fault",
    "Programme",
    "Stage",
    "faults",
    "judge",
    "programme",
    "programmes",
    "recordings",
    "spoil",
]
