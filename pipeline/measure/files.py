"""Measuring files side by side: kernels, decoders and transforms release the lock."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np

from pipeline.dsp.meter import Meter
from pipeline.errors import SourceError
from pipeline.measure.figures import (
    AlbumFigures,
    FileFigures,
    album_figures,
    basic_figures,
    full_figures,
)
from pipeline.measure.sound import Sound, open_sound

_LARGE_BYTES = 1 << 21


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of each file.

    Parameters
    ----------
    is_quick : bool
        Loudness, peaks, clipping and silent ends only, in a third of the time.
    with_curves : bool
        Also what changes over time.
    with_album : bool
        Also all files taken together.
    """

    is_quick: bool = False
    with_curves: bool = False
    with_album: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured.

    Parameters
    ----------
    files : tuple of FileFigures
        In the order they were named.
    album : AlbumFigures or None
        `None` if it was not asked for, or a file is missing.
    problems : tuple of SourceError
        Why files could not be measured.
    """

    files: tuple[FileFigures, ...]
    album: AlbumFigures | None
    problems: tuple[SourceError, ...]

    def to_json(self) -> dict[str, Any]:
        """Return values that JSON holds: docs/json.md says what they are."""
        return {
            "files": [each.to_json() for each in self.files],
            "album": self.album and self.album.to_json(),
            "problems": [
                {"file": each.where, "message": each.message, "action": each.hint}
                for each in self.problems
            ],
        }


def measure_files(paths: Sequence[Path], wish: Wish, *, jobs: int) -> Measured:
    """Measure files, `jobs` of them at a time.

    Raises
    ------
    ToolError
        If FFmpeg is needed and cannot be called.
    """
    _keep_freed_memory()
    stopped = Event()
    with ThreadPoolExecutor(max_workers=max(1, min(jobs, len(paths)))) as pool:
        futures = [pool.submit(_measure, path, wish, stopped) for path in paths]
        try:
            results = [_result(future) for future in futures]
        except BaseException:
            stopped.set()  # the pool waits for its threads
            raise
    files = tuple(each for each in results if isinstance(each, FileFigures))
    problems = tuple(each for each in results if isinstance(each, SourceError))
    is_whole = wish.with_album and not problems
    return Measured(files, album_figures(files) if is_whole else None, problems)


def measure_file(path: Path, wish: Wish = Wish()) -> FileFigures:
    """Measure one file.

    Raises
    ------
    SourceError
        If it holds no sound that can be measured, or turns out damaged.
    ToolError
        If FFmpeg is needed and cannot be called.
    """
    return _measure(path, wish, Event())


def _keep_freed_memory() -> None:
    """Let the allocator keep what is freed, where it is glibc's: blocks come back at once.

    It gives the system back what lies over twice the largest block that was ever freed. Without
    this, every block of samples is made of fresh pages: a third of the time.
    """
    np.empty(_LARGE_BYTES, np.uint8)


def _result(future: Future[FileFigures]) -> FileFigures | SourceError:
    try:
        return future.result()
    except SourceError as error:
        return error


def _measure(path: Path, wish: Wish, stopped: Event) -> FileFigures:
    with open_sound(path) as sound:
        meter = _meter(sound, wish)
        for block in sound.blocks:
            if stopped.is_set():
                break
            meter.update(block)
        measured = meter.result()
        if wish.is_quick:
            figures = basic_figures(str(path), sound, measured)
        else:
            figures = full_figures(str(path), sound, measured, with_curves=wish.with_curves)
    if not figures.n_samples and not stopped.is_set():
        raise SourceError(str(path), "holds no audio: 0 samples", "export it again")
    return figures


def _meter(sound: Sound, wish: Wish) -> Any:
    rate_hz, n_channels = sound.sample_rate_hz, len(sound.channels)
    if wish.is_quick:
        return Meter(rate_hz, n_channels, weights=sound.weights)
    from pipeline.dsp.fullmeter import FullMeter  # needs SciPy

    return FullMeter(rate_hz, n_channels, weights=sound.weights, bits=sound.bits)
