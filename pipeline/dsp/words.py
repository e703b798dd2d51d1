"""Stored integers become samples."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel


@kernel
def words_to_samples(words: npt.NDArray[np.uint8], n_bytes: int, samples: Audio) -> None:
    """Fill `samples` with little-endian integers of 2 or 3 bytes, full scale 1.0; exact.

    Several times as fast as libsndfile, which makes up half the time of a measurement.
    """
    flat = samples.reshape(samples.size)
    # Words are put to the top of 32 bits, where the sign is. One loop for each length: with a
    # choice inside, the compiler uses no vectors.
    if n_bytes == 3:
        for i in range(len(flat)):
            low, middle, high = words[3 * i], words[3 * i + 1], words[3 * i + 2]
            word = np.int32(low) << 8 | np.int32(middle) << 16 | np.int32(high) << 24
            flat[i] = np.int32(word) * 2.0**-31
    else:
        for i in range(len(flat)):
            low, high = words[2 * i], words[2 * i + 1]
            word = np.int32(low) << 16 | np.int32(high) << 24
            flat[i] = np.int32(word) * 2.0**-31
