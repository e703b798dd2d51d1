"""A mix as blocks of stereo audio, through libsndfile.

Words that lie in the file as they are (WAV, RF64, W64; 16 or 24 bits, or single precision) are
read without it, in a quarter of the time; it still opens the file and says what is in it.
Every way a file can disappoint has its own sentence, and only `SourceError` leaves this module.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

import numpy as np

from formats import pcm
from pipeline.dsp import Audio
from pipeline.errors import SourceError
from pipeline.intake.container import HEAD_BYTES, Extent, Kind, audio_extent, recognise

if TYPE_CHECKING:
    import soundfile

BLOCK_SAMPLES = 65536

_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
_BITS |= {"FLOAT": 32, "DOUBLE": 64}
_BITS |= {"ALAC_16": 16, "ALAC_20": 20, "ALAC_24": 24, "ALAC_32": 32}
_WORDS = {
    "PCM_16": pcm.SampleFormat.S16LE,
    "PCM_24": pcm.SampleFormat.S24LE,
    "FLOAT": pcm.SampleFormat.F32LE,
}
_CONTAINERS = {"WAVEX": "WAV", "OGG": "Ogg"}  # where libsndfile's name is not the trade's
_LAYOUTS = {3: "LCR or 2.1", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
_SEND = "send a WAV, AIFF or FLAC file"
_ASK_AGAIN = "the export or the transfer stopped early: ask for the file again"
_EXPORT_AGAIN = "export the mix again"
_LOWEST_RATE_HZ, _HIGHEST_RATE_HZ = 8_000, 384_000
_UNCLAIMED_TOLERANCE_BYTES = 4096
_RECOUNT_SAMPLES = 512
_UNKNOWN_LENGTH = 2**62  # libsndfile answers SF_COUNT_MAX when a FLAC stream does not say


class UnknownCodingError(SourceError):
    """A file begins like one that libsndfile reads, but it does not know what is in it."""


@dataclass(frozen=True, slots=True)
class MixHeader:
    """What a mix says about itself before a sample is read.

    Parameters
    ----------
    container : str
        ``WAV``, ``RF64``, ``W64``, ``AIFF``, ``CAF``, ``FLAC``, ``MP3`` or ``Ogg``.
    subtype : str
        libsndfile's name of the coding: ``PCM_24``, ``FLOAT``, ``ALAC_16``, ``VORBIS``.
    sample_rate_hz : int
        Sample rate.
    bits : int
        Word length; 0 for a lossy coding, which has none.
    is_float : bool
        Whether samples are floating point, so that peaks over full scale survive.
    n_channels : int
        1 or 2.
    n_samples : int
        Length.
    is_lossy : bool
        Whether the coding has thrown sound away.
    is_length_declared : bool
        False if the header leaves the length open, so that a cut cannot be noticed.
    """

    container: str
    subtype: str
    sample_rate_hz: int
    bits: int
    is_float: bool
    n_channels: int
    n_samples: int
    is_lossy: bool
    is_length_declared: bool

    @property
    def duration_s(self) -> float:
        """Playing time in seconds."""
        return self.n_samples / self.sample_rate_hz


class SourceReader:
    """A mix, open for reading: a context manager.

    Parameters
    ----------
    path : Path
        A WAV, RF64, W64, AIFF, CAF or FLAC file; lossy files that libsndfile reads are opened
        too, since refusing them is for `probe` to decide.
    most_channels : int
        A file with more is refused.

    Attributes
    ----------
    header : MixHeader
        What the file says about itself.

    Raises
    ------
    SourceError
        If the file cannot be used; later also if it turns out truncated, damaged or not finite.
    """

    def __init__(self, path: Path, *, most_channels: int = 2) -> None:
        self._path = path
        with _opened(path) as file:
            extent = _examined(file, path)
        self._file = _sound_file(path)
        try:
            self.header = _header(self._file, path, extent, most_channels=most_channels)
            self._words = _words(path, extent, self.header)
        except SourceError:
            self._file.close()
            raise
        self._position = 0

    @property
    def n_samples(self) -> int:
        """Length in samples."""
        return self.header.n_samples

    @property
    def sample_rate_hz(self) -> int:
        """Sample rate in Hz."""
        return self.header.sample_rate_hz

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; twice does no harm."""
        self._file.close()
        if self._words:
            self._words.close()

    def seek(self, start_samples: int) -> None:
        """Go on reading at `start_samples`, counted from 0."""
        if not 0 <= start_samples <= self.n_samples:
            raise ValueError(f"start must be 0 to {self.n_samples}, got {start_samples}")
        try:
            (self._words or self._file).seek(start_samples)
        except _sound_errors() as error:
            raise self._damaged() from error
        self._position = start_samples

    def read(self, n_samples: int) -> Audio:
        """Return the next samples in stereo, fewer at the end, none behind it.

        Parameters
        ----------
        n_samples : int
            How many at most.

        Returns
        -------
        Audio
            Shape ``(up to n_samples, 2)``; mono comes twice. Yours to keep.

        Raises
        ------
        SourceError
            If the file ends early, is damaged, or holds NaN or infinity here.
        """
        start = self._position
        block = self.decode(n_samples)
        if self.header.is_float and not is_finite(block):
            bad = np.flatnonzero(~np.isfinite(block).all(axis=1))
            raise not_finite(self._path, start + int(bad[0]), header=self.header)
        return block if self.header.n_channels == 2 else np.repeat(block, 2, axis=1)

    def decode(self, n_samples: int) -> Audio:
        """Return the next samples as they are stored: one or two channels, finite or not."""
        wanted = min(n_samples, self.n_samples - self._position)
        if wanted <= 0:
            return np.empty((0, self.header.n_channels))
        try:
            if self._words:
                block = self._words.read(wanted)
            else:
                block = self._file.read(wanted, dtype="float64", always_2d=True)
        except _sound_errors() as error:
            raise self._damaged() from error
        if len(block) < wanted:
            raise _truncated(self._path, self.header, self._position + len(block))
        self._position += wanted
        return block

    def blocks(self, *, block_samples: int = BLOCK_SAMPLES) -> Iterator[Audio]:
        """Yield the rest of the mix in stereo blocks."""
        while len(block := self.read(block_samples)):
            yield block

    def _damaged(self) -> SourceError:
        """Tell a file that was cut off from one that is damaged in its middle."""
        n_good = self._count_good()
        if n_good >= self.n_samples or self._ends_well():
            place = timecode(n_good, self.sample_rate_hz)
            return SourceError(
                str(self._path),
                f"the {self.header.container} data is damaged at {place}",
                "the transfer went wrong: ask for the file again",
            )
        return _truncated(self._path, self.header, n_good)

    def _count_good(self) -> int:
        n_good = self._position
        with suppress(SourceError, *_sound_errors()):  # where it stops, the good part ends
            self._reopen_at(n_good)
            while n_read := len(self._file.read(_RECOUNT_SAMPLES)):
                n_good += n_read
        return n_good

    def _ends_well(self) -> bool:
        with suppress(SourceError, *_sound_errors()):
            self._reopen_at(self.n_samples - 1)
            return len(self._file.read(1)) == 1
        return False

    def _reopen_at(self, start_samples: int) -> None:
        self._file.close()  # after an error a decoder is in no state to go on
        self._file = _sound_file(self._path)
        self._file.seek(start_samples)


class _Words:
    """Words of a file that need no decoder."""

    def __init__(
        self, file: BinaryIO, word: pcm.SampleFormat, *, n_channels: int, start_bytes: int
    ) -> None:
        self._file, self._word = file, word
        self._n_channels, self._start_bytes = n_channels, start_bytes
        self.seek(0)

    def seek(self, start_samples: int) -> None:
        self._file.seek(self._start_bytes + start_samples * self._sample_bytes)

    def read(self, n_samples: int) -> Audio:
        data = self._file.read(n_samples * self._sample_bytes)
        whole = len(data) - len(data) % self._sample_bytes
        return pcm.unpack_to_float(data[:whole], self._word, n_channels=self._n_channels)

    def close(self) -> None:
        self._file.close()

    @property
    def _sample_bytes(self) -> int:
        return self._n_channels * self._word.n_bytes


def read_blocks(path: Path, *, block_samples: int = BLOCK_SAMPLES) -> Iterator[Audio]:
    """Yield a mix as blocks of float64 stereo, full scale 1.0.

    Parameters
    ----------
    path : Path
        The mix; mono comes twice.
    block_samples : int
        Length of every block but the last.

    Yields
    ------
    Audio
        Shape ``(block_samples, 2)``.

    Raises
    ------
    SourceError
        If the file cannot be used, or turns out truncated, damaged or not finite.
    """
    with SourceReader(path) as reader:
        yield from reader.blocks(block_samples=block_samples)


def kind_of(path: Path) -> Kind:
    """Return what a file is by its first bytes.

    Raises
    ------
    SourceError
        If it cannot be read, or is empty.
    """
    with _opened(path) as file:
        try:
            head = file.read(HEAD_BYTES)
        except OSError as error:
            raise SourceError(str(path), f"cannot be read: {error.strerror}") from error
    if not head:
        raise SourceError(str(path), "is an empty file (0 bytes)", _ASK_AGAIN)
    return recognise(head)


def timecode(n_samples: int, sample_rate_hz: int) -> str:
    """Return a place as ``m:ss.mmm``, rounded down."""
    n_ms = n_samples * 1000 // sample_rate_hz
    minutes, ms = divmod(n_ms, 60_000)
    return f"{minutes}:{ms // 1000:02}.{ms % 1000:03}"


def is_finite(block: Audio) -> bool:
    """Whether a block holds neither NaN nor infinity; quicker than asking every sample."""
    return not len(block) or bool(np.isfinite(block.min()) and np.isfinite(block.max()))


def not_finite(
    path: Path, first_sample: int, *, header: MixHeader, n_samples: int = 0
) -> SourceError:
    """Return the error for samples that are no numbers; a count of 0 means not counted."""
    place = timecode(first_sample, header.sample_rate_hz)
    count = f"{n_samples} samples are" if n_samples > 1 else "a sample is"
    return SourceError(
        str(path),
        f"{count} NaN or infinite, the first at {place}; audio is made of finite numbers",
        f"a plug-in broke down in the mix: {_EXPORT_AGAIN} and listen there",
    )


def _opened(path: Path) -> BinaryIO:
    where = str(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            return path.open("rb")
    except FileNotFoundError as error:
        raise SourceError(where, "does not exist", "look at how its path is written") from error
    except PermissionError as error:
        hint = "change its permissions so that you may read it"
        raise SourceError(where, "may not be read by this user", hint) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(where, f"cannot be opened: {reason}") from error
    if stat.S_ISDIR(mode):
        raise SourceError(where, "is a folder, not a file of audio", "name the file inside it")
    raise SourceError(where, "is no ordinary file", "copy the audio into a file first")


def _examined(file: BinaryIO, path: Path) -> Extent | None:
    """Read the header, and refuse what libsndfile would not say clearly or not notice."""
    try:
        size_bytes = os.fstat(file.fileno()).st_size
        kind = recognise(file.read(HEAD_BYTES))
        if not size_bytes:
            raise SourceError(str(path), "is an empty file (0 bytes)", _ASK_AGAIN)
        if not kind.container:
            raise _unreadable(path, kind)
        extent = audio_extent(file, kind.container, size_bytes=size_bytes)
    except OSError as error:
        raise SourceError(str(path), f"cannot be read: {error.strerror}") from error
    if extent is not None:
        _refuse_lies(extent, path, kind.container)
    return extent


def _unreadable(path: Path, kind: Kind) -> SourceError:
    if kind.is_audio:
        return SourceError(str(path), f"is {kind.looks_like}, which is not read here", _SEND)
    looks = f": it looks like {kind.looks_like}" if kind.looks_like else ""
    return SourceError(str(path), f"is not an audio file{looks}", _SEND)


def _refuse_lies(extent: Extent, path: Path, container: str) -> None:
    if extent.is_truncated:
        promised = _amount(extent.promised_bytes or 0, extent.sample_bytes)
        present = _amount(extent.present_bytes, extent.sample_bytes)
        raise SourceError(
            str(path),
            f"is truncated: the header promises {promised}, there are {present}",
            _ASK_AGAIN,
        )
    if extent.unclaimed_bytes > _UNCLAIMED_TOLERANCE_BYTES:
        raise SourceError(
            str(path),
            f"the {container} header speaks of {extent.promised_bytes} bytes of audio, "
            f"but {extent.unclaimed_bytes} more follow",
            "the recorder did not close the file, or it is over 4 GiB: "
            f"{_EXPORT_AGAIN}, if need be as RF64",
        )


def _amount(n_bytes: int, sample_bytes: int) -> str:
    if sample_bytes:
        n_samples = n_bytes // sample_bytes
        return f"{n_samples} sample{'s' if n_samples != 1 else ''}"
    return f"{n_bytes} bytes of audio"


def _sound_file(path: Path) -> soundfile.SoundFile:
    import soundfile

    # Bytes, because a name on a POSIX system need not be text.
    name = os.fsencode(path) if os.name == "posix" else str(path)
    try:
        return soundfile.SoundFile(name)
    except TypeError as error:  # soundfile goes by the name here, not by the content
        raise SourceError(
            str(path),
            "is named .raw, which says nothing about its rate or depth",
            "it has a header: rename it to what it is",
        ) from error
    except _sound_errors() as error:
        raise UnknownCodingError(
            str(path),
            "begins like an audio file, but its header is damaged or of an unknown kind",
            _SEND,
        ) from error


def _sound_errors() -> tuple[type[Exception], ...]:
    import soundfile

    return (soundfile.SoundFileError, OSError)


def _header(
    file: soundfile.SoundFile, path: Path, extent: Extent | None, *, most_channels: int
) -> MixHeader:
    header = MixHeader(
        container=_CONTAINERS.get(file.format, file.format),
        subtype=file.subtype,
        sample_rate_hz=file.samplerate,
        bits=_BITS.get(file.subtype, 0),
        is_float=file.subtype in ("FLOAT", "DOUBLE"),
        n_channels=file.channels,
        n_samples=file.frames,
        is_lossy=file.subtype not in _BITS,
        is_length_declared=extent is None or extent.promised_bytes is not None,
    )
    _refuse_header(header, path, most_channels=most_channels)
    return header


def _words(path: Path, extent: Extent | None, header: MixHeader) -> _Words | None:
    """Open the words of a file if header and libsndfile agree on where and what they are."""
    word = _WORDS.get(header.subtype)
    if extent is None or word is None or not extent.is_little_endian:
        return None
    sample_bytes = header.n_channels * word.n_bytes
    are_all_there = header.n_samples * sample_bytes <= extent.present_bytes
    if extent.sample_bytes != sample_bytes or not are_all_there:
        return None
    return _Words(
        _opened(path), word, n_channels=header.n_channels, start_bytes=extent.start_bytes
    )


def _refuse_header(header: MixHeader, path: Path, *, most_channels: int) -> None:
    where = str(path)
    if header.n_channels > most_channels:
        layout = _LAYOUTS.get(header.n_channels, "multichannel")
        found = f"{layout} ({header.n_channels} channels); a track is mono or stereo"
        raise SourceError(where, found, "send a stereo mix")
    if not _LOWEST_RATE_HZ <= header.sample_rate_hz <= _HIGHEST_RATE_HZ:
        found = f"a sample rate of {header.sample_rate_hz} Hz; 8 to 384 kHz can be used"
        raise SourceError(where, found, _EXPORT_AGAIN)
    if header.n_samples >= _UNKNOWN_LENGTH:
        found = f"the {header.container} header does not say how long the mix is"
        raise SourceError(where, found, "it was written to a pipe: encode it again to a file")
    if not header.n_samples:
        found = f"holds no audio: a {header.container} header with 0 samples behind it"
        raise SourceError(where, found, _EXPORT_AGAIN)


def _truncated(path: Path, header: MixHeader, n_present: int) -> SourceError:
    rate_hz = header.sample_rate_hz
    promised = f"{header.n_samples} samples ({timecode(header.n_samples, rate_hz)})"
    present = f"{n_present} ({timecode(n_present, rate_hz)})"
    return SourceError(
        str(path),
        f"is truncated: the header promises {promised}, there are {present}",
        _ASK_AGAIN,
    )
