"""The tones that loudness meters are tested with, in blocks: a minute at 192 kHz is large."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.dsp.loudness import Loudness, LoudnessMeter

Part = tuple[float, float]
"""Seconds, and peak level in dBFS."""


class Tone(Protocol):
    def __call__(
        self, rate_hz: int, *parts: Part, channels_db: Sequence[float] = ...
    ) -> Iterator[Audio]: ...


class Measured(Protocol):
    def __call__(
        self, blocks: Iterator[Audio], rate_hz: int, *, weights: Sequence[float] = ...
    ) -> Loudness: ...


@pytest.fixture(params=[44_100, 48_000, 88_200, 96_000, 192_000])
def rate_hz(request: pytest.FixtureRequest) -> int:
    rate: int = request.param
    return rate


@pytest.fixture
def tone() -> Tone:
    """Return what yields a tone."""
    return _tone


@pytest.fixture
def measured() -> Measured:
    """Return what a loudness meter reads of blocks."""
    return _measured


def _tone(
    rate_hz: int, *parts: Part, channels_db: Sequence[float] = (0.0, 0.0)
) -> Iterator[Audio]:
    """Yield one 1 kHz sine whose level changes from part to part without a break.

    `channels_db` is the level of each channel beside that.
    """
    second = np.sin(2 * np.pi * 1000 / rate_hz * np.arange(rate_hz))
    gains = 10 ** (np.array(channels_db) / 20)
    periods = np.tile(second[:, np.newaxis], (2, 1)) * gains  # any second, wherever it starts
    start = 0
    for seconds, dbfs in parts:
        end = start + round(seconds * rate_hz)
        for at in range(start, end, rate_hz):
            length, phase = min(rate_hz, end - at), at % rate_hz
            yield periods[phase : phase + length] * 10 ** (dbfs / 20)
        start = end


def _measured(
    blocks: Iterator[Audio], rate_hz: int, *, weights: Sequence[float] = (1.0, 1.0)
) -> Loudness:
    meter = LoudnessMeter(rate_hz, len(weights), weights=weights)
    for block in blocks:
        meter.update(block)
    return meter.result()
