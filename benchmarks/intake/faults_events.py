"""What happens to a mix at one place, at its ends, or all the time beneath it."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.intake.corpus import Fault, Inject, Stage
from pipeline.dsp import Audio

LOUD_DBFS = -38.0
"""Faults are put where there is something to spoil."""


def dropouts(
    audio: Audio,
    sample_rate_hz: int,
    rng: np.random.Generator,
    *,
    length_ms: float,
    count: int = 2,
    one_side: bool = False,
) -> Audio:
    """Let the buffer run empty at some places."""
    spoilt = audio.copy()
    n_hole = round(length_ms / 1000.0 * sample_rate_hz)
    sides = slice(0, 1) if one_side else slice(None)
    for place in _loud_places(audio, sample_rate_hz, rng, count=count):
        spoilt[place : place + n_hole, sides] = 0.0
    return spoilt


def gap(audio: Audio, sample_rate_hz: int, rng: np.random.Generator) -> Audio:
    """Tear the piece apart, with 0.8 s of digital silence between."""
    place = _loud_places(audio, sample_rate_hz, rng, count=1)[0]
    silence = np.zeros((round(0.8 * sample_rate_hz), audio.shape[1]))
    return np.concatenate((audio[:place], silence, audio[place:]))


def stutter(
    audio: Audio,
    sample_rate_hz: int,
    rng: np.random.Generator,
    *,
    block_samples: int,
    times: int = 1,
) -> Audio:
    """Play a buffer again instead of the next."""
    spoilt = np.round(audio * 2.0**23) / 2.0**23
    place = _loud_places(audio, sample_rate_hz, rng, count=1)[0]
    block = spoilt[place - block_samples : place].copy()
    for number in range(times):
        start = place + number * block_samples
        spoilt[start : start + block_samples] = block
    return spoilt


def clicks(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, below_peak_db: float
) -> Audio:
    """Put in single samples that are so far below the peak around them."""
    spoilt = audio.copy()
    reach = sample_rate_hz // 100
    for place in _loud_places(audio, sample_rate_hz, rng, count=4):
        peak = np.abs(audio[place - reach : place + reach]).max()
        spoilt[place] += rng.choice((-1.0, 1.0)) * peak * 10.0 ** (-below_peak_db / 20.0)
    return spoilt


def hum(
    audio: Audio,
    sample_rate_hz: int,
    rng: np.random.Generator,
    *,
    mains_hz: float,
    level_dbfs: float,
) -> Audio:
    """Let mains hum lie under everything: of a rectifier, strongest an octave up."""
    times_s = np.arange(len(audio)) / sample_rate_hz
    exact_hz = mains_hz + rng.uniform(-0.08, 0.08)
    wave = sum(
        gain * np.sin(2.0 * np.pi * number * exact_hz * times_s + rng.uniform(0.0, 6.3))
        for number, gain in ((1, 0.7), (2, 1.0), (3, 0.5), (4, 0.3), (6, 0.2))
    )
    wave *= 10.0 ** (level_dbfs / 20.0) / np.sqrt(np.mean(wave**2))
    return audio + wave[:, np.newaxis]


def hiss(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, level_dbfs: float
) -> Audio:
    """Let noise lie under everything."""
    return audio + rng.normal(0.0, 10.0 ** (level_dbfs / 20.0), audio.shape)


def looped(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, length_s: float
) -> Audio:
    """Leave nothing but the loudest stretch, over and over, without beginning or end."""
    del rng
    n_loop = round(length_s * sample_rate_hz)
    cells = audio[: len(audio) // n_loop * n_loop].reshape(-1, n_loop, audio.shape[1])
    loudest = cells[np.square(cells).mean(axis=(1, 2)).argmax()]
    return np.tile(loudest, (len(cells), 1))


def rumble(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, below_mix_db: float
) -> Audio:
    """Let the building shake: noise from 5 to 14 Hz, so far below the level of the mix."""
    from scipy.signal import butter, sosfilt

    shaker = butter(2, (5.0, 14.0), "bandpass", fs=sample_rate_hz, output="sos")
    shake = sosfilt(shaker, rng.normal(0.0, 1.0, len(audio)))
    shake *= np.sqrt(np.mean(audio**2) / np.mean(shake**2)) * 10.0 ** (-below_mix_db / 20.0)
    return audio + shake[:, np.newaxis]


def cut_head(audio: Audio, sample_rate_hz: int, rng: np.random.Generator) -> Audio:
    """Start the export in the middle of sound."""
    return audio[_loud_places(audio, sample_rate_hz, rng, count=1, until=0.5)[0] :].copy()


def cut_tail(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, silence_s: float = 0.0
) -> Audio:
    """Stop the export in the middle of sound, or mute what follows."""
    place = _loud_places(audio, sample_rate_hz, rng, count=1, since=0.5)[0]
    silence = np.zeros((round(silence_s * sample_rate_hz), audio.shape[1]))
    return np.concatenate((audio[:place], silence))


def silence_around(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, head_s: float, tail_s: float
) -> Audio:
    """Export from too early until too late."""
    head, tail = (
        np.zeros((round(each * sample_rate_hz), audio.shape[1])) for each in (head_s, tail_s)
    )
    return np.concatenate((head, audio, tail))


def _loud_places(
    audio: Audio,
    sample_rate_hz: int,
    rng: np.random.Generator,
    *,
    count: int,
    since: float = 0.1,
    until: float = 0.9,
) -> list[int]:
    """Return some places where all around is louder than `LOUD_DBFS`, as far as there are."""
    n_cell = sample_rate_hz // 50
    cells = audio[: len(audio) // n_cell * n_cell].reshape(-1, n_cell, audio.shape[1])
    powers = np.mean(cells**2, axis=1).min(axis=1)
    calmest = np.minimum(np.minimum(powers[:-2], powers[2:]), powers[1:-1])
    inside = np.arange(round(since * len(calmest)), round(until * len(calmest)))
    loud = inside[calmest[inside] > 10.0 ** (LOUD_DBFS / 10.0)]
    if len(loud) < count:
        loud = inside[np.argsort(calmest[inside])[-max(count, len(inside) // 10) :]]
    chosen = rng.choice(loud, count, replace=False)
    return sorted(int((each + 1) * n_cell + rng.integers(n_cell)) for each in chosen)


def _of(inject: Inject, **sizes: float) -> Inject:
    return partial(inject, **sizes)


_RESTS = (
    "ambient", "chamber", "choir", "folk", "jazz trio", "music box", "old time", "orchestra",
    "percussion", "piano", "solo voice", "spoken word",
)  # fmt: skip
"""Kinds with rests or a long ring, in which what lies beneath can be told apart."""

_DROPOUT, _STUTTER, _CLICKS = (
    "intake/dropouts:dropout",
    "intake/repeated_blocks:stutter",
    "intake/clicks:clicks",
)
_HEAD, _TAIL = ("intake/head",), ("intake/tail",)
_HUM_50 = _of(hum, mains_hz=50.0, level_dbfs=-48.0)
_HUM_60 = _of(hum, mains_hz=60.0, level_dbfs=-55.0)
_ONE_SIDE = _of(dropouts, length_ms=21.0, count=1, one_side=True)
_EARLY = _of(silence_around, head_s=1.5, tail_s=0.0)
_LATE = _of(silence_around, head_s=0.0, tail_s=8.0)
_MUTED = _of(cut_tail, silence_s=0.5)
_CLICKS_12 = _of(clicks, below_peak_db=12.0)
_RUMBLE = _of(rumble, below_mix_db=8.0)
_LOOP = _of(looped, length_s=0.4)
_IN, _OUT = Stage.RECORDING, Stage.EXPORT

# Hiss is measured where the music rests: not where a tail is gone or rumble goes on.
_QUIET = ("intake/tail", "intake/low_end", "intake/subsonic")

FAULTS: list[Fault] = [
    Fault("dropouts of 6 ms", _DROPOUT, _of(dropouts, length_ms=6.0), _OUT),
    Fault("dropouts of 40 ms", _DROPOUT, _of(dropouts, length_ms=40.0), _OUT),
    Fault("a dropout of 21 ms on one side", _DROPOUT, _ONE_SIDE, _OUT),
    Fault("a gap of 0.8 s", "intake/dropouts:gap", gap, _OUT),
    Fault("a block of 64 played again", _STUTTER, _of(stutter, block_samples=64), _OUT),
    Fault("512 played three times", _STUTTER, _of(stutter, block_samples=512, times=2), _OUT),
    Fault("a block of 1024 played again", _STUTTER, _of(stutter, block_samples=1024), _OUT),
    Fault("clicks 3 dB below the peak", _CLICKS, _of(clicks, below_peak_db=3.0), _OUT),
    Fault("clicks 12 dB below the peak", _CLICKS, _CLICKS_12, _OUT, _RESTS),
    Fault("hum of 50 Hz at -48 dBFS", "intake/hum:hum", _HUM_50, _IN),
    Fault("hum of 60 Hz at -55 dBFS", "intake/hum:hum", _HUM_60, _IN, _RESTS),
    Fault(
        "hiss at -52 dBFS",
        "intake/noise_floor:noise",
        _of(hiss, level_dbfs=-52.0),
        _IN,
        clashes=_QUIET,
    ),
    Fault(
        "0.4 s in a loop",
        "intake/noise_floor:no-quiet-place",
        _LOOP,
        _IN,
        clashes=("intake/",),  # of the rest of the mix nothing is left to spoil
    ),
    Fault("rumble 8 dB below the mix", "intake/subsonic:subsonic", _RUMBLE, _IN),
    Fault("the head cut off", "intake/head:cut", cut_head, _OUT, clashes=_HEAD),
    Fault("the tail cut off", "intake/tail:cut", cut_tail, _OUT, clashes=_TAIL),
    Fault("the tail muted", "intake/tail:cut", _MUTED, _OUT, clashes=_TAIL),
    Fault("1.5 s of silence in front", "intake/head:long-silence", _EARLY, _OUT, clashes=_HEAD),
    Fault("8 s of silence behind", "intake/tail:long-silence", _LATE, _OUT, clashes=_TAIL),
]
