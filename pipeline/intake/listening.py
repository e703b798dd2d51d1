"""Hearing a mix once for everybody: listeners, and the spectra that many of them share.

A listener keeps figures of a mix while it streams by, in bounded memory; a check judges them
later, without the audio. So thresholds, words and waivers change without reading a mix again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio

Spectra = npt.NDArray[np.complex128]

LONG_S = 0.18
"""Length of a long window, about: bins of 5 to 6 Hz, for tones and edges."""
SHORT_S = 0.045
"""Length of a short window, about: for what comes and goes with a syllable."""


@dataclass(frozen=True, slots=True)
class Frames:
    """Spectra of windows that overlap by half, counted from the start of the mix.

    Parameters
    ----------
    first : int
        Number of the first window here; window `i` begins at sample ``i · hop_samples``.
    hop_samples, window_samples : int
        Step from window to window, and their length: twice the step, a power of two.
    spectra : ndarray of complex128, shape (n_frames, n_channels, window_samples // 2 + 1)
        Of Hann windows, scaled so that a sine of amplitude 1 on a bin has the magnitude 1.
    sample_rate_hz : int
        Of the audio.
    """

    first: int
    hop_samples: int
    window_samples: int
    spectra: Spectra
    sample_rate_hz: int

    @property
    def frequencies_hz(self) -> npt.NDArray[np.float64]:
        """Frequency of each bin."""
        bins = np.arange(self.window_samples // 2 + 1, dtype=np.float64)
        return bins * (self.sample_rate_hz / self.window_samples)


@dataclass(frozen=True, slots=True)
class Heard:
    """The next piece of a mix, in every form that several listeners need.

    Parameters
    ----------
    audio : Audio
        As it is stored: one or two channels. Not to be changed.
    start_samples : int
        Where in the mix it begins.
    long, short : Frames
        The windows that are complete with this piece; there may be none.
    """

    audio: Audio
    start_samples: int
    long: Frames
    short: Frames


@dataclass(frozen=True, slots=True)
class Format:
    """What a listener may need to know before it hears anything.

    Parameters
    ----------
    sample_rate_hz, n_channels, n_samples : int
        Of the mix.
    bits : int
        Word length; 0 where there is none.
    is_float : bool
        Whether the samples are floating point.
    """

    sample_rate_hz: int
    n_channels: int
    n_samples: int
    bits: int
    is_float: bool


class Figures:
    """What a listener found: frozen dataclasses of numbers, texts, None and tuples of these.

    Finite numbers only: `None` where something is undefined, and silence is a level of
    `SILENCE_DB`.
    """

    __slots__ = ()
    name: ClassVar[str]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Return the figures that ``dataclasses.asdict`` took apart."""
        return cls(**{name: _frozen(value) for name, value in data.items()})


SILENCE_DB = -200.0

F_co = TypeVar("F_co", bound=Figures, covariant=True)


class Listener(Protocol[F_co]):
    """Somebody who hears a mix from its start to its end; made with its `Format`."""

    def hear(self, heard: Heard) -> None:
        """Take the next piece; any way of cutting the mix leads to the same figures."""
        ...

    def figures(self) -> F_co:
        """Return what was found; the mix has ended."""
        ...


class Windows:
    """Cuts a stream into windows that overlap by half, and returns their spectra.

    Parameters
    ----------
    sample_rate_hz, n_channels : int
        Of the stream.
    length_s : float
        Length of a window, rounded to a power of two samples.

    Notes
    -----
    What is left at the end and fills no window is not heard.
    """

    def __init__(self, sample_rate_hz: int, n_channels: int, *, length_s: float) -> None:
        self._rate_hz = sample_rate_hz
        self._size = 1 << round(np.log2(length_s * sample_rate_hz))
        self._hop = self._size // 2
        window = np.hanning(self._size + 1)[:-1]
        self._window = window * (2.0 / window.sum())
        self._kept = np.empty((n_channels, 0))
        self._first = 0

    def frames(self, block: Audio) -> Frames:
        """Take the next block and return the windows that it completes."""
        from scipy.fft import rfft

        known = np.concatenate((self._kept, block.T), axis=1)
        n_frames = max(0, (known.shape[1] - self._size) // self._hop + 1)
        windows = np.empty((n_frames, len(known), self._size))
        for number in range(n_frames):
            start = number * self._hop
            windows[number] = known[:, start : start + self._size] * self._window
        spectra = rfft(windows, axis=-1, overwrite_x=True)
        found = Frames(self._first, self._hop, self._size, spectra, self._rate_hz)
        self._first += n_frames
        self._kept = known[:, n_frames * self._hop :].copy()
        return found


def pieces(blocks: Iterator[Audio], *, sample_rate_hz: int, n_channels: int) -> Iterator[Heard]:
    """Yield every piece of a mix with its spectra."""
    long = Windows(sample_rate_hz, n_channels, length_s=LONG_S)
    short = Windows(sample_rate_hz, n_channels, length_s=SHORT_S)
    start = 0
    for block in blocks:
        yield Heard(block, start, long.frames(block), short.frames(block))
        start += len(block)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value
