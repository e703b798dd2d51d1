"""What is found in delivered audio: decoded from end to end, hashed and measured."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Self

import numpy as np

from formats import codecs, pcm
from formats.cdtime import CD_SAMPLE_RATE_HZ
from formats.errors import FormatError, UnsupportedError
from pipeline.dsp import Audio
from pipeline.dsp.loudness import LoudnessMeter
from pipeline.dsp.meter import Measurement, Meter
from pipeline.dsp.waveform import Waveform

EXCERPT_S = 5  # time enough for filters to differ, and little to pay
WAVEFORM_COLUMNS = 600
HASHED_BITS = (16, 24)
CD_BITS = 16
_FEWEST_HZ = 8000

# The independent meter works on whole arrays: one at a time, so that memory is bounded.
_second_opinion = Lock()

Excerpted = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The loudest five seconds, measured by us and by an independent meter."""

    own_lufs: float
    other_lufs: float


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """What is true of one delivered track.

    Parameters
    ----------
    codec : str
        ``pcm``, ``float``, ``flac`` or ``mp3``.
    sample_rate_hz, n_channels, n_samples : int
        Of the decoded audio.
    bits, kbps : int or None
        Word length of a lossless, bit rate of a lossy one.
    pcm_sha256 : str
        Hash of the decoded little-endian samples; empty unless they are 16- or 24-bit integers.
    measurement : Measurement
        Loudness and peaks.
    excerpt : Excerpt or None
        The second opinion on its loudest five seconds; None if it is silent or too short.
    waveform : tuple of float
        Largest magnitude in each of up to 600 equal stretches, for pictures.
    """

    codec: str
    sample_rate_hz: int
    n_channels: int
    n_samples: int
    bits: int | None
    kbps: int | None
    pcm_sha256: str
    measurement: Measurement
    excerpt: Excerpt | None
    waveform: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Return values that JSON holds."""
        return {
            "codec": self.codec,
            "sample_rate_hz": self.sample_rate_hz,
            "n_channels": self.n_channels,
            "n_samples": self.n_samples,
            "bits": self.bits,
            "kbps": self.kbps,
            "pcm_sha256": self.pcm_sha256,
            "measurement": self.measurement.to_json(),
            "excerpt": self.excerpt and [self.excerpt.own_lufs, self.excerpt.other_lufs],
            "waveform": list(self.waveform),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the facts that `to_json` wrote."""
        return cls(
            **{
                **data,
                "measurement": Measurement.from_json(data["measurement"]),
                "excerpt": Excerpt(*data["excerpt"]) if data["excerpt"] else None,
                "waveform": tuple(data["waveform"]),
            }
        )


def inspect_file(path: Path) -> AudioFacts:
    """Decode and measure a WAV, FLAC or MP3 file.

    Raises
    ------
    FormatError
        If it is damaged, gives fewer samples than it promises, or is neither mono nor stereo.
    ToolError
        If the decoder cannot be called.
    """
    facts = codecs.stream_facts(path)
    if facts.n_channels > 2:
        raise UnsupportedError(f"{facts.n_channels} channels; mono and stereo are measured")
    if facts.sample_rate_hz < _FEWEST_HZ:
        raise UnsupportedError(
            f"{facts.sample_rate_hz} Hz; rates from {_FEWEST_HZ} Hz are measured"
        )
    is_hashed = facts.codec in {"pcm", "flac"} and facts.bits in HASHED_BITS
    return _inspected(codecs.decode(path), facts, is_hashed=is_hashed)


def inspect_stretch(path: Path, *, start_samples: int, n_samples: int) -> AudioFacts:
    """Measure a stretch of a CD image: 16-bit stereo at 44.1 kHz.

    Raises
    ------
    FormatError
        If the image ends before the stretch does.
    """
    word = pcm.SampleFormat.of_bits(CD_BITS)
    pieces = pcm.read_pieces(
        path,
        word,
        n_channels=2,
        offset_bytes=start_samples * 2 * word.n_bytes,
        n_samples=n_samples,
    )
    facts = codecs.StreamFacts("pcm", CD_SAMPLE_RATE_HZ, 2, n_samples, CD_BITS)
    return _inspected(pieces, facts, is_hashed=True)


def _inspected(
    pieces: Iterator[pcm.Piece], facts: codecs.StreamFacts, *, is_hashed: bool
) -> AudioFacts:
    meter = Meter(facts.sample_rate_hz, facts.n_channels)
    loudest = _Loudest(facts.sample_rate_hz, facts.n_channels)
    waveform = Waveform(facts.n_samples, n_columns=WAVEFORM_COLUMNS)
    hasher = hashlib.sha256()
    for block, words in pieces:
        if facts.codec == "float" and not np.isfinite(block).all():
            raise FormatError("holds samples that are no numbers (NaN or infinite)")
        meter.update(block)
        loudest.add(block)
        waveform.update(block)
        if is_hashed and facts.bits:
            hasher.update(words or _packed(block, facts.bits))
    return AudioFacts(
        facts.codec,
        facts.sample_rate_hz,
        facts.n_channels,
        facts.n_samples,
        facts.bits,
        facts.kbps,
        hasher.hexdigest() if is_hashed else "",
        meter.result(),
        loudest.opinions(),
        tuple(round(float(peak), 4) for peak in waveform.columns),
    )


def _packed(block: Audio, bits: int) -> bytes:
    # Decoded integers are exact in floating point: scaling back gives the very samples.
    samples = np.rint(block * float(1 << (bits - 1))).astype(np.int32)
    return pcm.pack(samples, pcm.SampleFormat.of_bits(bits))


class _Loudest:
    """Keeps the loudest of all stretches of five seconds, laid end to end."""

    def __init__(self, sample_rate_hz: int, n_channels: int) -> None:
        self._sample_rate_hz = sample_rate_hz
        self._stretch = np.empty((EXCERPT_S * sample_rate_hz, n_channels), dtype=np.float32)
        self._filled = 0
        self._best = self._stretch[:0]
        self._best_energy = 0.0

    def add(self, block: Audio) -> None:
        while len(block):
            taken = block[: len(self._stretch) - self._filled]
            self._stretch[self._filled : self._filled + len(taken)] = taken
            self._filled += len(taken)
            block = block[len(taken) :]
            if self._filled == len(self._stretch):
                self._close()

    def opinions(self) -> Excerpt | None:
        """Measure the excerpt twice."""
        if self._filled:
            self._close()
        self._stretch = self._stretch[:0]
        if not len(self._best):
            return None
        with _second_opinion:
            audio = _whole_steps(self._best, self._sample_rate_hz)
            own = _own_lufs(audio, self._sample_rate_hz)
            other = None if own is None else _other_lufs(audio, self._sample_rate_hz)
        return None if own is None or other is None else Excerpt(own, other)

    def _close(self) -> None:
        stretch = self._stretch[: self._filled]
        self._filled = 0
        energy = float(np.einsum("ij,ij->", stretch, stretch))  # no BLAS threads
        if energy > self._best_energy:
            self._best_energy = energy
            self._best = stretch.copy()


def _whole_steps(audio: Excerpted, sample_rate_hz: int) -> Excerpted:
    """Return the audio in whole steps of 100 ms: the other meter counts a part as a block."""
    step = sample_rate_hz // 10
    return audio[: len(audio) // step * step]


def _own_lufs(audio: Excerpted, sample_rate_hz: int) -> float | None:
    meter = LoudnessMeter(sample_rate_hz, audio.shape[1])
    for start in range(0, len(audio), pcm.BLOCK_SAMPLES):
        meter.update(audio[start : start + pcm.BLOCK_SAMPLES].astype(np.float64))
    found = meter.result().integrated_lufs
    return None if found is None or not np.isfinite(found) else round(found, 3)


def _other_lufs(audio: Excerpted, sample_rate_hz: int) -> float | None:
    from pyloudnorm import Meter as OtherMeter

    found = float(OtherMeter(sample_rate_hz, "DeMan").integrated_loudness(audio))
    return None if not np.isfinite(found) else round(found, 3)
