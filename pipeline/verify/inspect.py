"""What is found in delivered audio: decoded from end to end, hashed and measured."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Self

import numpy as np

from formats import codecs, pcm
from pipeline.dsp import Audio
from pipeline.dsp.loudness import LoudnessMeter
from pipeline.dsp.meter import Measurement, Meter
from pipeline.dsp.waveform import Waveform

CHUNK_S = 10
EXCERPT_CHUNKS = 3
WAVEFORM_COLUMNS = 600

_second_opinion = (
    Lock()
)  # one at a time: the oracle works on whole arrays, and memory is bounded


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The loudest half minute, measured by us and by an independent meter."""

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
        Hash of the decoded little-endian samples; empty for a lossy one.
    measurement : Measurement
        Loudness and peaks.
    excerpt : Excerpt or None
        The second opinion on its loudest half minute; None if it is silent or too short.
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
        If it is damaged, or gives fewer samples than it promises.
    """
    facts = codecs.stream_facts(path)
    bits = facts.bits if facts.codec in {"pcm", "flac"} else None
    return _inspected(codecs.decode_blocks(path), facts, bits=bits)


def inspect_stretch(path: Path, *, start_samples: int, n_samples: int) -> AudioFacts:
    """Measure a stretch of a CD image: 16-bit stereo at 44.1 kHz.

    Raises
    ------
    FormatError
        If the image ends before the stretch does.
    """
    word = pcm.SampleFormat.of_bits(16)
    blocks = pcm.read_float_blocks(
        path, word, n_channels=2, offset_bytes=start_samples * 4, n_samples=n_samples
    )
    facts = codecs.StreamFacts("pcm", 44_100, 2, n_samples, 16)
    return _inspected(blocks, facts, bits=16)


def _inspected(
    blocks: Iterator[Audio], facts: codecs.StreamFacts, *, bits: int | None
) -> AudioFacts:
    meter = Meter(facts.sample_rate_hz, facts.n_channels)
    loudest = _Loudest(facts.sample_rate_hz)
    waveform = Waveform(facts.n_samples, n_columns=WAVEFORM_COLUMNS)
    hasher = hashlib.sha256()
    for block in blocks:
        meter.update(block)
        loudest.add(block)
        waveform.update(block)
        if bits:
            hasher.update(_packed(block, bits))
    return AudioFacts(
        facts.codec,
        facts.sample_rate_hz,
        facts.n_channels,
        facts.n_samples,
        facts.bits,
        facts.kbps,
        hasher.hexdigest() if bits else "",
        meter.result(),
        loudest.opinions(),
        tuple(round(float(peak), 4) for peak in waveform.columns),
    )


def _packed(block: Audio, bits: int) -> bytes:
    # Decoded integers are exact in floating point: scaling back gives the very samples.
    samples = np.rint(block * float(1 << (bits - 1))).astype(np.int32)
    return pcm.pack(samples, pcm.SampleFormat.of_bits(bits))


class _Loudest:
    """Keeps the loudest half minute, in whole chunks of ten seconds."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._sample_rate_hz = sample_rate_hz
        self._chunk: list[np.ndarray[Any, np.dtype[np.float32]]] = []
        self._room = CHUNK_S * sample_rate_hz
        self._recent: deque[tuple[float, Audio]] = deque(maxlen=EXCERPT_CHUNKS)
        self._best: tuple[Any, ...] = ()
        self._best_energy = -1.0

    def add(self, block: Audio) -> None:
        while len(block):
            taken = block[: self._room]
            self._chunk.append(taken.astype(np.float32))
            self._room -= len(taken)
            block = block[len(taken) :]
            if not self._room:
                self._close()

    def opinions(self) -> Excerpt | None:
        """Measure the excerpt twice."""
        if self._chunk:
            self._close()
        if self._best_energy <= 0.0:
            return None
        audio = np.concatenate(self._best)
        with _second_opinion:
            own, other = (
                _own_lufs(audio, self._sample_rate_hz),
                _other_lufs(audio, self._sample_rate_hz),
            )
        return None if own is None or other is None else Excerpt(own, other)

    def _close(self) -> None:
        chunk = np.concatenate(self._chunk)
        self._chunk, self._room = [], CHUNK_S * self._sample_rate_hz
        self._recent.append((float(np.vdot(chunk, chunk)), chunk))
        energy = sum(each for each, _ in self._recent)
        if energy > self._best_energy:
            self._best_energy = energy
            self._best = tuple(each for _, each in self._recent)


def _own_lufs(audio: Any, sample_rate_hz: int) -> float | None:
    meter = LoudnessMeter(sample_rate_hz, audio.shape[1])
    meter.update(audio.astype(np.float64))
    found = meter.result().integrated_lufs
    return None if found is None or not np.isfinite(found) else round(found, 3)


def _other_lufs(audio: Any, sample_rate_hz: int) -> float | None:
    if len(audio) < sample_rate_hz // 2:
        return None  # shorter than the gate's block: the other meter refuses it
    from pyloudnorm import Meter as OtherMeter

    found = float(OtherMeter(sample_rate_hz, "DeMan").integrated_loudness(audio))
    return None if not np.isfinite(found) else round(found, 3)
