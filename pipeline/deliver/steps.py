"""Steps of delivering: tracks encoded, untagged, so that a corrected title costs no encode."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shutil import copyfileobj
from typing import TYPE_CHECKING

from formats import codecs

if TYPE_CHECKING:
    from pipeline.engine import Job

_FLOAT_STEREO_BYTES = 8


def encode_flac(job: Job) -> None:
    """Encode raw samples as FLAC: ``flac``."""
    raw = _joined(job, [job.input(name) for name in job.inputs])
    codecs.encode_flac(
        raw,
        job.output("flac", suffix=".flac"),
        sample_rate_hz=job.params["sample_rate_hz"],
        bits=job.params["bits"],
    )


def encode_mp3(job: Job) -> None:
    """Encode the float master, with the silence behind it, as MP3: ``mp3``."""
    pieces = [job.input(name) for name in job.inputs]
    codecs.encode_mp3(
        _joined(job, pieces, tails=job.params["tail_samples"]),
        job.output("mp3", suffix=".mp3"),
        sample_rate_hz=job.params["sample_rate_hz"],
        kbps=job.params["kbps"],
    )


def _joined(job: Job, pieces: Sequence[Path], tails: Sequence[int] = ()) -> Path:
    """Return one raw file of all pieces, each with its silence behind it."""
    if len(pieces) == 1 and not any(tails):
        return pieces[0]
    whole = job.scratch(".raw")
    with whole.open("wb") as out:
        for number, piece in enumerate(pieces):
            with piece.open("rb") as source:
                copyfileobj(source, out, 1 << 20)
            tail = tails[number] if tails else 0
            out.truncate(out.tell() + tail * _FLOAT_STEREO_BYTES)
            out.seek(0, 2)
    return whole
