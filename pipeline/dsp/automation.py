"""A value that moves over time, from point to point, anew for every sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from pipeline.dsp.kernel import kernel

Shape = Literal["smooth", "straight"]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a place, and how it is come to from the point before.

    Parameters
    ----------
    place : int
        Samples from the start of the stream.
    value : float
        In whatever unit is moved.
    shape : {"smooth", "straight"}
        Smooth starts and ends level; straight is a line.
    """

    place: int
    value: float
    shape: Shape = "smooth"


class Automation:
    """Values for every sample; before the first point and behind the last they rest.

    Parameters
    ----------
    points : sequence of Point
        At least one, in the order of their places, no two at the same.

    Raises
    ------
    ValueError
        If there is none, or they are not in order.

    Notes
    -----
    A value depends on its place alone, so it does not matter how the stream is cut. No move has
    steps: a step per block is what is heard as zipper noise.
    """

    def __init__(self, points: Sequence[Point]) -> None:
        rows = [(point.place, point.value, point.shape == "smooth") for point in points]
        self._points = np.array(rows, dtype=np.float64).reshape(-1, 3)
        if not rows or np.any(np.diff(self._points[:, 0]) <= 0.0):
            raise ValueError("points must be one or more, in the order of their places")
        self._position = 0

    def next(self, n_samples: int) -> Values:
        """Return the values of the next samples, shape ``(n_samples,)``."""
        values = values_from(self._position, n_samples, self._points)
        self._position += n_samples
        return values


@kernel
def values_from(position: int, n_samples: int, points: Values) -> Values:
    """Return the values of some samples; a row of `points` is place, value, is smooth."""
    values = np.empty(n_samples)
    after = 0
    for i in range(n_samples):
        place = float(position + i)
        while after < len(points) and points[after, 0] <= place:
            after += 1
        if after == 0:
            values[i] = points[0, 1]
        elif after == len(points):
            values[i] = points[-1, 1]
        else:
            start, end = points[after - 1, 0], points[after, 0]
            part = (place - start) / (end - start)
            if points[after, 2] > 0.0:
                # Level at both ends, and bent there no more than before: 3rd-order smooth.
                part = part * part * part * (part * (6.0 * part - 15.0) + 10.0)
            values[i] = points[after - 1, 1] + part * (points[after, 1] - points[after - 1, 1])
    return values
