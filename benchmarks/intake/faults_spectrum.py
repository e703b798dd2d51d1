"""Faults of tone: what the detectors of the spectrum must find, put into clean programmes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from benchmarks.intake.corpus import Fault, Stage
from pipeline.dsp import Audio

Row = npt.NDArray[np.float64]


def sibilant(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, over_db: float = 8.0
) -> Audio:
    """Put an s of 0.12 s into every other second, so far over 1 to 4 kHz as it says."""
    spoilt = audio.copy()
    middle = _between(audio, sample_rate_hz, 1000.0, 4000.0)
    usual_db, length = _loud_db(middle, sample_rate_hz), int(0.12 * sample_rate_hz)
    for start in range(sample_rate_hz // 2, len(audio) - length, 2 * sample_rate_hz):
        noise = rng.normal(size=(length, 1)) * np.hanning(length)[:, None]
        ess = _between(noise, sample_rate_hz, 5200.0, 8600.0)
        core = slice(start + length // 4, start + 3 * length // 4)
        here_db = max(usual_db, _rms_db(middle[core]))
        gain_db = here_db + over_db - _rms_db(ess[length // 4 : 3 * length // 4])
        spoilt[start : start + length] += ess * 10.0 ** (gain_db / 20.0)
    return spoilt


def harsh(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, gain_db: float = 12.0
) -> Audio:
    """Lift 2 to 5 kHz in the loudest fifth, as an amplifier or a voice under strain does."""
    del rng
    block = sample_rate_hz // 5
    n_blocks = -(-len(audio) // block)
    padded = np.pad(audio, ((0, n_blocks * block - len(audio)), (0, 0)))
    powers = (padded.reshape(n_blocks, -1) ** 2).mean(axis=1)
    loud = (powers >= np.quantile(powers, 0.8)).astype(np.float64)
    share = np.interp(np.arange(len(audio)), (np.arange(n_blocks) + 0.5) * block, loud)
    lifted = _equalised(audio, sample_rate_hz, lambda hz: _hump(hz, 2000.0, 5000.0) * gain_db)
    return audio + (lifted - audio) * share[:, None]


def boomy(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, over_db: float = 9.0
) -> Audio:
    """Lift 60 to 120 Hz until they stand over 200 to 2000 Hz."""
    del rng
    bass = _rms_db(_between(audio, sample_rate_hz, 56.0, 126.0))
    body = _rms_db(_between(audio, sample_rate_hz, 178.0, 2240.0))
    gain_db = max(body + over_db - bass, 0.0)
    return _equalised(audio, sample_rate_hz, lambda hz: _hump(hz, 56.0, 126.0) * gain_db)


def rumbling(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, over_db: float = 7.0
) -> Audio:
    """Add rumble below 38 Hz that stands over bass and middle."""
    noise = _between(rng.normal(size=(len(audio), 1)), sample_rate_hz, 18.0, 38.0)
    bass = _rms_db(_between(audio, sample_rate_hz, 56.0, 126.0))
    body = _rms_db(_between(audio, sample_rate_hz, 178.0, 2240.0))
    gain_db = max(bass + over_db, body) - _rms_db(noise)
    return audio + noise * 10.0 ** (gain_db / 20.0)


def bright(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, air_db: float = -1.0
) -> Audio:
    """Raise a shelf until 8 to 16 kHz lie so far over 1 to 4 kHz as it says."""
    del rng
    air = _rms_db(_between(audio, sample_rate_hz, 7080.0, 17_780.0))
    middle = _rms_db(_between(audio, sample_rate_hz, 891.0, 4470.0))
    gain_db = max(middle + air_db - air, 0.0)
    return _equalised(audio, sample_rate_hz, lambda hz: _rise(hz, 5000.0, 7080.0) * gain_db)


def dull(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, above_hz: float = 5000.0
) -> Audio:
    """Lose the top: 60 dB off, within half an octave."""
    del rng
    return _equalised(
        audio, sample_rate_hz, lambda hz: -60.0 * _rise(hz, above_hz, 1.4 * above_hz)
    )


def tilted(audio: Audio, sample_rate_hz: int, *, db_per_octave: float) -> Audio:
    """Tilt the spectrum around 600 Hz, from 40 Hz to 16 kHz."""
    return _equalised(
        audio,
        sample_rate_hz,
        lambda hz: db_per_octave * np.log2(np.clip(hz, 40.0, 16_000.0) / 600.0),
    )


def ringing(
    audio: Audio,
    sample_rate_hz: int,
    rng: np.random.Generator,
    *,
    gain_db: float = 18.0,
    q: float = 10.0,
) -> Audio:
    """Let one place between 600 Hz and 5 kHz ring."""
    from pipeline.dsp.biquad import Cascade, bell

    at_hz = float(np.exp(rng.uniform(np.log(600.0), np.log(5000.0))))
    ring = Cascade([bell(at_hz, gain_db, q, sample_rate_hz=sample_rate_hz)])
    return ring.process(np.array(audio, order="C"))


def wet(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, decay_s: float = 3.5
) -> Audio:
    """Drown it in a hall, 6 dB louder than the sound itself."""
    from scipy.signal import fftconvolve

    n_samples = int(decay_s * sample_rate_hz)
    fall = 10.0 ** (-3.0 * np.arange(n_samples) / n_samples)[:, None]
    hall = rng.normal(size=(n_samples, audio.shape[1])) * fall
    hall /= np.sqrt((hall**2).sum(axis=0))
    return np.asarray(audio + 2.0 * fftconvolve(audio, hall, axes=0)[: len(audio)])


_TREBLE, _LOW = ("intake/tone_balance", "intake/sibilance"), ("intake/low_end",)

FAULTS = [
    Fault("esses 8 dB over the middle", "intake/sibilance:sharp", sibilant, clashes=_TREBLE),
    Fault("12 dB harshness when loud", "intake/harshness:build-up", harsh),
    Fault("bass 9 dB over the middle", "intake/low_end:bass", boomy, Stage.BUS, clashes=_LOW),
    Fault("rumble 7 dB over the bass", "intake/low_end:sub", rumbling, Stage.BUS, clashes=_LOW),
    Fault(
        "treble 1 dB under the middle",
        "intake/tone_balance:bright",
        bright,
        Stage.BUS,
        clashes=_TREBLE,
    ),
    Fault("nothing above 5 kHz", "intake/tone_balance:dull", dull, Stage.BUS, clashes=_TREBLE),
    Fault("ringing by 18 dB, Q 10", "intake/resonance:rings", ringing),
    Fault("reverb of 3.5 s, 6 dB over the dry sound", "intake/reverb:wet", wet),
]


def _rise(hz: Row, low_hz: float, high_hz: float) -> Row:
    """Return 0 below, 1 above, and a straight line over the logarithm between."""
    octaves = np.log2(np.maximum(hz, 1.0) / low_hz) / np.log2(high_hz / low_hz)
    return np.clip(octaves, 0.0, 1.0)


def _hump(hz: Row, low_hz: float, high_hz: float) -> Row:
    """Return 1 between the two, falling to 0 a third of an octave outside."""
    third = 2.0 ** (1.0 / 3.0)
    falling = _rise(hz, high_hz, high_hz * third)
    return np.minimum(_rise(hz, low_hz / third, low_hz), 1.0 - falling)


def _equalised(audio: Audio, sample_rate_hz: int, curve_db: Callable[[Row], Row]) -> Audio:
    gain = 10.0 ** (curve_db(np.fft.rfftfreq(len(audio), 1.0 / sample_rate_hz)) / 20.0)
    return np.fft.irfft(np.fft.rfft(audio, axis=0) * gain[:, None], n=len(audio), axis=0)


def _between(audio: Audio, sample_rate_hz: int, low_hz: float, high_hz: float) -> Audio:
    hz = np.fft.rfftfreq(len(audio), 1.0 / sample_rate_hz)
    inside = ((hz >= low_hz) & (hz < high_hz))[:, None]
    return np.fft.irfft(np.fft.rfft(audio, axis=0) * inside, n=len(audio), axis=0)


def _rms_db(audio: Audio) -> float:
    return float(10.0 * np.log10(max(float((audio**2).mean()), 1e-20)))


def _loud_db(audio: Audio, sample_rate_hz: int) -> float:
    """Return the level of what lies within 10 dB of the mean, in pieces of 50 ms."""
    block = sample_rate_hz // 20
    n_blocks = len(audio) // block
    powers = (audio[: n_blocks * block].reshape(n_blocks, -1) ** 2).mean(axis=1)
    return float(10.0 * np.log10(max(powers[powers >= 0.1 * powers.mean()].mean(), 1e-20)))
