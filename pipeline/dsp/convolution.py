"""Convolution with long symmetric filters, by transforms of one size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio

# A transform is at least so many times as long as the filter reaches: a third or more of its
# samples are new. Longer ones leave the cache.
_TRANSFORM_REACHES = 3
_LEAST_TRANSFORM = 8192


class Convolver:
    """A filter of linear phase over stereo audio.

    Parameters
    ----------
    half : ndarray of float64
        The middle tap, and then those after it; those before it mirror them.

    Notes
    -----
    Overlap-save. Transforms are counted from the start of the stream and all of one size, so
    that any way of cutting it into blocks gives the same bits; samples come out when a
    transform is full. The latency is half the length of the filter.
    """

    def __init__(self, half: npt.NDArray[np.float64]) -> None:
        reach = len(half) - 1
        size = max(_LEAST_TRANSFORM, 1 << (_TRANSFORM_REACHES * reach - 1).bit_length())
        around_zero = np.zeros(size)
        around_zero[: reach + 1] = half
        around_zero[size - reach :] = half[:0:-1]
        self._spectrum = np.fft.rfft(around_zero).real
        self.latency_samples = reach
        self._line = np.zeros((2, size))
        self._known = self._before = 2 * reach  # samples of the line, and of them before it all

    def process(self, block: Audio) -> Audio:
        """Process one stereo block; what comes out is as long as full transforms are."""
        ready, size = [], self._line.shape[1]
        while len(block):
            taken, block = np.split(block, [size - self._known])
            self._line[:, self._known : self._known + len(taken)] = taken.T
            self._known += len(taken)
            if self._known == size:
                ready.append(self._filtered())
        return np.concatenate(ready) if ready else np.empty((0, 2))

    def flush(self) -> Audio:
        """Return what is held back."""
        head = self.process(np.zeros((self.latency_samples, 2)))
        n_left = self._known - self._before
        self._line[:, self._known :] = 0.0
        return np.concatenate((head, self._filtered()[:n_left]))

    def _filtered(self) -> Audio:
        size, reach = self._line.shape[1], self.latency_samples
        done = np.fft.irfft(np.fft.rfft(self._line) * self._spectrum, size)
        self._line[:, : self._before] = self._line[:, size - self._before :]
        self._known = self._before
        return np.ascontiguousarray(done[:, reach : size - reach].T)
