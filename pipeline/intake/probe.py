"""The facts of a mix, found in one pass over the whole file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.errors import SourceError
from pipeline.intake.decode import (
    BLOCK_SAMPLES,
    MixHeader,
    SourceReader,
    is_finite,
    not_finite,
)

SOUND_FLOOR_DBFS = -70.0
CLIPPED_RUN_SAMPLES = 3
_SOUND_FLOOR = 10.0 ** (SOUND_FLOOR_DBFS / 20.0)


@dataclass(frozen=True, slots=True)
class MixFacts(MixHeader):
    """What is true of a mix: its header and what reading all of it has shown.

    Parameters
    ----------
    peaks : tuple of float
        Highest magnitude of each channel; 1.0 is full scale, floating point may exceed it.
    sound_start_samples : int
        First sample above -70 dBFS; 0 if there is none.
    sound_end_samples : int
        One behind the last sample above -70 dBFS; 0 if there is none.
    n_clipped_runs : int
        Runs of three or more equal samples at full scale, over all channels.
    first_clipped_sample : int or None
        Where the first of them has its third sample.
    is_dual_mono : bool
        Whether two channels are equal, sample for sample.
    sha256 : str
        Digest of the file, if the caller had it; else empty.
    """

    peaks: tuple[float, ...]
    sound_start_samples: int
    sound_end_samples: int
    n_clipped_runs: int
    first_clipped_sample: int | None
    is_dual_mono: bool
    sha256: str = ""

    @property
    def peak_dbfs(self) -> float:
        """Sample peak of the louder channel in dBFS; minus infinity for silence."""
        peak = max(self.peaks)
        return 20.0 * math.log10(peak) if peak else -math.inf

    @property
    def is_silent(self) -> bool:
        """Whether every sample is zero."""
        return not any(self.peaks)

    def to_json(self) -> dict[str, Any]:
        """Return the facts as values that JSON holds; `from_json` reads them back."""
        return {**asdict(self), "peaks": list(self.peaks)}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Self:
        """Return the facts that `to_json` has written."""
        return cls(**{**facts, "peaks": tuple(facts["peaks"])})


def probe(
    path: Path,
    *,
    lossy_waived: bool = False,
    sha256: str = "",
    advanced: Callable[[float], None] | None = None,
) -> MixFacts:
    """Read a mix from end to end and return its facts.

    Parameters
    ----------
    path : Path
        The mix.
    lossy_waived : bool
        Whether the spec gives a reason (`intent: {lossy_source: …}`) to use an MP3 or its like.
    sha256 : str
        Digest of the file, taken over into the facts.
    advanced : callable, optional
        Told the fraction that has been read, 0 to 1.

    Returns
    -------
    MixFacts
        Nothing in them depends on the file's name or place.

    Raises
    ------
    SourceError
        If it cannot be used: each reason has its own sentence.
    """
    with SourceReader(path) as reader:
        if reader.header.is_lossy and not lossy_waived:
            raise _lossy(path, reader.header)
        scan = _Scan(reader.header)
        while len(block := reader.decode(BLOCK_SAMPLES)):
            scan.add(block)
            if advanced:
                advanced(scan.n_seen / reader.n_samples)
    if scan.n_not_finite:
        first = scan.first_not_finite
        raise not_finite(path, first, header=reader.header, n_samples=scan.n_not_finite)
    return scan.facts(sha256=sha256)


def _lossy(path: Path, header: MixHeader) -> SourceError:
    return SourceError(
        str(path),
        f"is lossy ({codec_name(header)}): what its encoder threw away cannot be mastered",
        "ask for the WAV; if there is none, say why under intent: {lossy_source: …}",
    )


def codec_name(header: MixHeader) -> str:
    """Return what people call the coding of a mix: ``MP3``, ``Ogg Vorbis``, ``24-bit WAV``."""
    if header.is_lossy:
        is_named_by_container = header.container == "MP3"
        coding = header.subtype.removeprefix("MPEG_").replace("_", " ").title()
        return "MP3" if is_named_by_container else f"{header.container} {coding}"
    depth = f"{header.bits}-bit float" if header.is_float else f"{header.bits}-bit"
    return f"{depth} {header.container}"


class _Scan:
    """Everything that is learned by looking at every sample once."""

    def __init__(self, header: MixHeader) -> None:
        self._header = header
        self.n_seen = 0
        self._peaks = [0.0] * header.n_channels
        self._sound_start: int | None = None
        self._sound_end = 0
        self._is_dual_mono = header.n_channels == 2
        self._runs = _ClippedRuns(header)
        self.n_not_finite = 0
        self.first_not_finite = 0

    def add(self, block: Audio) -> None:
        """Look at the next block as it is stored."""
        if self._header.is_float and not is_finite(block):
            self._note_not_finite(block)
        else:
            peaks = [_peak(block[:, channel]) for channel in range(block.shape[1])]
            self._peaks = [max(pair) for pair in zip(self._peaks, peaks, strict=True)]
            if max(peaks) > _SOUND_FLOOR:
                self._note_sound(block)
            self._runs.add(block, peak=max(peaks))
            self._is_dual_mono = self._is_dual_mono and _is_twice_the_same(block)
        self.n_seen += len(block)

    def facts(self, *, sha256: str) -> MixFacts:
        """Return what was learned."""
        return MixFacts(
            **asdict(self._header),
            peaks=tuple(self._peaks),
            sound_start_samples=self._sound_start or 0,
            sound_end_samples=self._sound_end,
            n_clipped_runs=self._runs.count,
            first_clipped_sample=self._runs.first,
            is_dual_mono=self._is_dual_mono,
            sha256=sha256,
        )

    def _note_not_finite(self, block: Audio) -> None:
        bad = np.flatnonzero(~np.isfinite(block).all(axis=1))
        if not self.n_not_finite:
            self.first_not_finite = self.n_seen + int(bad[0])
        self.n_not_finite += len(bad)

    def _note_sound(self, block: Audio) -> None:
        if self._sound_start is None:
            self._sound_start = self.n_seen + _first_sound(block)
        self._sound_end = self.n_seen + len(block) - _first_sound(block[::-1])


class _ClippedRuns:
    """Counts runs of equal samples at full scale, across the edges of blocks."""

    def __init__(self, header: MixHeader) -> None:
        fraction_bits = 23 if header.is_float else (header.bits or 16) - 1
        self._full_scale = 1.0 - 2.0**-fraction_bits
        self._tail = np.full((CLIPPED_RUN_SAMPLES, header.n_channels), np.nan)
        self._n_seen = 0
        self.count = 0
        self.first: int | None = None

    def add(self, block: Audio, *, peak: float) -> None:
        """Look at the next block, whose highest magnitude is `peak`."""
        if peak >= self._full_scale:
            self._count(np.concatenate((self._tail, block)))
        self._tail = np.concatenate((self._tail, block[-CLIPPED_RUN_SAMPLES:]))
        self._tail = self._tail[-CLIPPED_RUN_SAMPLES:]
        self._n_seen += len(block)

    def _count(self, audio: Audio) -> None:
        is_full = np.abs(audio[1:]) >= self._full_scale
        repeats = is_full & (audio[1:] == audio[:-1])
        # A run counts once: at its third sample, the second repeat, when no repeat came before.
        starts: npt.NDArray[np.bool_] = repeats[2:] & repeats[1:-1] & ~repeats[:-2]
        places = np.flatnonzero(starts.any(axis=1))
        if self.first is None and len(places):
            self.first = self._n_seen + int(places[0])
        self.count += int(np.count_nonzero(starts))


def _peak(channel: npt.NDArray[np.float64]) -> float:
    # One channel at a time is ten times as fast as reducing along the short axis.
    return max(float(channel.max()), -float(channel.min()))


def _is_twice_the_same(block: Audio) -> bool:
    # Nearly every stereo mix shows its difference in the first samples.
    return np.array_equal(block[:64, 0], block[:64, 1]) and np.array_equal(
        block[:, 0], block[:, 1]
    )


def _first_sound(block: Audio) -> int:
    """Return the place of the first sample above the floor; there is one."""
    step = 1024
    for start in range(0, len(block), step):
        loud = (np.abs(block[start : start + step]) > _SOUND_FLOOR).any(axis=1)
        if loud.any():
            return start + int(loud.argmax())
    return len(block)
