"""Steps of delivering: tracks encoded, untagged, so that a corrected title costs no encode."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from shutil import copyfileobj
from typing import TYPE_CHECKING, Any

from formats import codecs, pcm
from pipeline.dsp.dither import Pcm
from pipeline.engine import copy_file
from pipeline.render.words import Words

if TYPE_CHECKING:
    from pipeline.engine import Job

_FLOAT_STEREO_BYTES = 8
_COPY_BYTES = 1 << 20


def encode_flac(job: Job) -> None:
    """Encode float tracks, each with the silence behind it, as FLAC: ``flac`` and ``words``.

    ``words`` holds the hash of the samples in the file, and what was done to them.
    """
    params: Mapping[str, Any] = job.params
    bits = params["bits"]
    tracks = [
        Words(
            job.input(name),
            bits=bits,
            start_samples=start,
            tail_samples=tail,
            dither=params.get("dither"),
        )
        for name, (start, tail) in zip(job.inputs, params["pieces"], strict=True)
    ]
    digest = hashlib.sha256()
    codecs.encode_flac(
        _hashed(chain.from_iterable(tracks), digest, pcm.SampleFormat.of_bits(bits)),
        job.output("flac", suffix=".flac"),
        sample_rate_hz=params["sample_rate_hz"],
        bits=bits,
    )
    logs = [track.log for track in tracks]
    job.write_json("words", {"pcm_sha256": digest.hexdigest(), "tracks": logs})


def encode_mp3(job: Job) -> None:
    """Encode the float master, with the silence behind it, as MP3: ``mp3``."""
    params: Mapping[str, Any] = job.params
    pieces = [job.input(name) for name in job.inputs]
    *inner_tails, tail_samples = params["tail_samples"]
    codecs.encode_mp3(
        _joined(job, pieces, tails=inner_tails),
        job.output("mp3", suffix=".mp3"),
        sample_rate_hz=params["sample_rate_hz"],
        kbps=params["kbps"],
        tail_samples=tail_samples,
    )


def _hashed(
    words: Iterable[Pcm], digest: hashlib._Hash, word: pcm.SampleFormat
) -> Iterator[Pcm]:
    """Yield the words, and add the bytes that a file of them would hold to `digest`."""
    for block in words:
        digest.update(pcm.pack(block, word))
        yield block


def _joined(job: Job, pieces: Sequence[Path], *, tails: Sequence[int]) -> Path:
    """Return one raw file of all pieces; `tails` is the silence behind all but the last."""
    if len(pieces) == 1:
        return pieces[0]
    whole = job.scratch(".raw")
    copy_file(pieces[0], whole, sync=False)  # a clone, where the disk can
    with whole.open("r+b") as out:
        for number, piece in enumerate(pieces[1:]):
            silence_bytes = tails[number] * _FLOAT_STEREO_BYTES
            out.truncate(out.seek(0, os.SEEK_END) + silence_bytes)
            out.seek(0, os.SEEK_END)
            with piece.open("rb") as source:
                copyfileobj(source, out, _COPY_BYTES)
    return whole
