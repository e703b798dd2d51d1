"""The lapped transforms of lossy coders, line by line.

A coder cuts sound into overlapping blocks and keeps a number per line of each block's spectrum.
Each line is heard as one fixed waveform, its response. The responses of all blocks are nearly
orthogonal: correlating decoded sound with a response, at the place where the coder's block
began, gives back the very number that was coded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.dsp._mpeg_window import PROTOTYPE_HALF

Samples = npt.NDArray[np.float64]

_SUBBANDS, _SUBBAND_LINES, _SLOTS = 32, 18, 36
_BUTTERFLIES = np.array([-0.6, -0.535, -0.33, -0.185, -0.095, -0.041, -0.0142, -0.0037])


@dataclass(frozen=True, slots=True)
class LappedTransform:
    """The transform that a coder uses for steady sound.

    Parameters
    ----------
    coder : str
        What people call it.
    hop_samples : int
        From block to block; also the number of lines, from 0 Hz to half the sample rate.
    response : callable
        Returns the waveform of a line by its number, of unit energy.
    rates_hz : tuple of int
        Lowest and highest sample rate that it serves.
    emphasis : float
        The coder hears ``x[n] - emphasis · x[n - 1]``.
    grid_samples : int or None
        Blocks begin at any multiple of this from one another, where short blocks may have come
        between them; at multiples of the hop if it is not given.
    top_line : int or None
        Lines from here on are always zero, where the coder has such a limit.
    """

    coder: str
    hop_samples: int
    response: Callable[[int], Samples]
    rates_hz: tuple[int, int]
    emphasis: float = 0.0
    grid_samples: int | None = None
    top_line: int | None = None


def mpeg_layer_3(line: int) -> Samples:
    """Return the response of a line of an MP3 long block, of 1632 samples.

    References
    ----------
    ISO/IEC 11172-3:1993, 2.4.3.4: alias reduction, IMDCT of 36 values, polyphase synthesis.
    """
    coded = np.zeros(_SUBBANDS * _SUBBAND_LINES)
    coded[line] = 1.0
    lines = _alias_reduced(coded).reshape(_SUBBANDS, _SUBBAND_LINES)
    response = np.zeros(512 + 32 * (_SLOTS - 1))
    for subband in np.flatnonzero(lines.any(axis=1)):
        wave = _subband_wave(int(subband))
        for slot, value in enumerate(_subband_samples(lines[subband], int(subband))):
            response[32 * slot : 32 * slot + 512] += value * wave
    return response / np.linalg.norm(response)


def _alias_reduced(coded: Samples) -> Samples:
    own = 1.0 / np.sqrt(1.0 + _BUTTERFLIES**2)
    other = _BUTTERFLIES * own
    reduced = coded.copy()
    for edge in range(_SUBBAND_LINES, len(coded), _SUBBAND_LINES):
        below = edge - 1 - np.arange(8)
        above = edge + np.arange(8)
        reduced[below] = coded[below] * own - coded[above] * other
        reduced[above] = coded[above] * own + coded[below] * other
    return reduced


def _subband_samples(lines: Samples, subband: int) -> Samples:
    slot = np.arange(_SLOTS)
    phase = np.outer(2 * np.arange(_SUBBAND_LINES) + 1, 2 * slot + 1 + _SUBBAND_LINES)
    samples: Samples = (lines @ np.cos(np.pi / 72.0 * phase)) * _sine_window(_SUBBAND_LINES)
    if subband % 2:  # the spectrum of every other subband lies upside down
        samples[1::2] *= -1.0
    return samples


def _subband_wave(subband: int) -> Samples:
    half = np.array(PROTOTYPE_HALF, dtype=np.float64)
    prototype = np.concatenate((half, half[255:0:-1]))
    cosine = np.cos((2 * subband + 1) * (np.arange(512) + 16) * np.pi / 64.0)
    wave: Samples = prototype * cosine
    return wave


def _sine_window(n_lines: int) -> Samples:
    window: Samples = np.sin(np.pi / (2 * n_lines) * (np.arange(2 * n_lines) + 0.5))
    return window


def _kaiser_window(n_lines: int) -> Samples:
    """Return the Kaiser-Bessel-derived window, alpha 4 (ISO/IEC 14496-3, 4.6.11.3.2)."""
    summed = np.cumsum(np.kaiser(n_lines + 1, 4.0 * np.pi))
    rise = np.sqrt(summed[:n_lines] / summed[-1])
    return np.concatenate((rise, rise[::-1]))


def _vorbis_window(n_lines: int) -> Samples:
    """Return the window of Vorbis I, 4.3.1; CELT's slopes have the same shape."""
    window: Samples = np.sin(np.pi / 2 * _sine_window(n_lines) ** 2)
    return window


def _celt_window(n_lines: int, overlap: int) -> Samples:
    """Return a window that overlaps its neighbours by a little only (RFC 6716, 4.3.7)."""
    slopes = _vorbis_window(overlap)
    n_zero = (n_lines - overlap) // 2
    middle = np.ones(n_lines - overlap)
    zero = np.zeros(n_zero)
    return np.concatenate((zero, slopes[:overlap], middle, slopes[overlap:], zero))


def _mdct(window: Samples) -> Callable[[int], Samples]:
    """Return what gives the responses of a modified discrete cosine transform."""
    n_lines = len(window) // 2
    place = np.arange(2 * n_lines) + 0.5 + n_lines / 2

    def response(line: int) -> Samples:
        wave: Samples = window * np.cos(np.pi / n_lines * place * (line + 0.5))
        wave /= np.linalg.norm(wave)
        return wave

    return response


MP3 = LappedTransform("MP3", 576, mpeg_layer_3, (32_000, 48_000))
AAC = LappedTransform("AAC", 1024, _mdct(_kaiser_window(1024)), (32_000, 96_000))
AAC_SINE = LappedTransform("AAC", 1024, _mdct(_sine_window(1024)), (32_000, 96_000))
VORBIS = LappedTransform(
    # A change between blocks of 2048 and 256 samples moves on by 576, a short block by 128.
    "Vorbis",
    1024,
    _mdct(_vorbis_window(1024)),
    (32_000, 96_000),
    grid_samples=64,
)
OPUS = LappedTransform(
    "Opus", 960, _mdct(_celt_window(960, 120)), (48_000, 48_000), emphasis=0.85, top_line=800
)
TRANSFORMS = (MP3, AAC, AAC_SINE, VORBIS, OPUS)
"""Every transform that can be recognised."""
