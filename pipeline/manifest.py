"""The manifest: what a deliverable promises, file by file.

It stands beside ``SEND/`` and holds what was *decided*: lengths, hashes of the decoded samples,
the loudness that was aimed at, the ceiling, the tags. The verifier measures, and compares.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from formats.tags.model import Tags, texts
from pipeline.errors import StoreError

MANIFEST_NAME = "manifest.json"
MANIFEST_VERSION = 2
DATABASES = {
    "musicbrainz_id": "MusicBrainz",
    "freedb_id": "freedb",
    "accuraterip_id": "AccurateRip",
    "ctdb_toc_id": "CUETools",
}
"""What databases of discs are called, by the key of their id in `FilePromise.disc`."""
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError)


@dataclass(frozen=True, slots=True)
class TrackPromise:
    """What is promised about one track inside one file.

    Parameters
    ----------
    track : str
        Id of the track.
    number : int
        Number on the medium, from 1; 0 for what is hidden before track 1.
    title : str
        Title as delivered.
    start_samples, n_samples : int
        Where it lies in the file, at the file's rate.
    pcm_sha256 : str
        Hash of its decoded little-endian samples; empty for a lossy file.
    integrated_lufs : float or None
        Loudness that was decided; None if none was.
    ceiling_dbtp : float or None
        Highest true peak that was promised; None if no limiter was asked for.
    tags : mapping of str to str
        Tags by name; empty if the file carries none. On a disc with CD-Text, `cd_title` and
        `cd_performer` are what it says of the track, before letters are replaced that it has
        not; `flags` are those of its subcode.
    pause_sectors, mark_sectors : int or None
        INDEX 00 and INDEX 01 of a CD track, in sectors of its image; None where there is none.
    limited_db : float
        The most that the limiter has taken off its peaks, in dB.
    index_sectors : tuple of int
        INDEX 02 and up of a CD track, in sectors of its image.
    """

    track: str
    number: int
    title: str
    start_samples: int
    n_samples: int
    pcm_sha256: str
    integrated_lufs: float | None
    ceiling_dbtp: float | None
    tags: Mapping[str, str]
    pause_sectors: int | None = None
    mark_sectors: int | None = None
    limited_db: float = 0.0
    index_sectors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FilePromise:
    """What is promised about one file of ``SEND/``.

    Parameters
    ----------
    name : str
        Path inside ``SEND/``, with forward slashes.
    format : str
        ``wav``, ``flac``, ``mp3``, ``bin``, ``cue``, ``ddp``, ``zip``.
    size_bytes : int
        Length of the file.
    sha256 : str
        Hash of the whole file.
    sample_rate_hz, bits, kbps : int
        Facts of its audio; 0 where they have no meaning.
    tracks : tuple of TrackPromise
        The tracks inside, in order; empty for what is no audio.
    md5 : str
        The same hash as plants ask for it; empty where nobody does.
    disc : mapping of str to str
        Of the image of a disc: what it is known by in databases, and what CD-Text says of it.
    accuraterip : tuple of str
        Of the image of a disc: the sums v1 and v2 of each track, as AccurateRip has them.
    """

    name: str
    format: str
    size_bytes: int
    sha256: str
    sample_rate_hz: int = 0
    bits: int = 0
    kbps: int = 0
    tracks: tuple[TrackPromise, ...] = ()
    md5: str = ""
    disc: Mapping[str, str] = field(default_factory=dict)
    accuraterip: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything promised about one deliverable.

    Parameters
    ----------
    deliverable, kind, edition : str
        Its id, its kind (``cd_image``, ``ddp``, ``files``), and its edition; empty for the
        album itself.
    album, artist, upc, catalog_number : str
        What it is called; empty where the spec says nothing.
    revision : int
        Number it is handed over under.
    content : str
        Digest of everything in its files.
    files : tuple of FilePromise
        Every file of ``SEND/``.
    programme_sectors : int
        Length of all tracks together.
    sample_rate_hz : int
        The album's rate, at which levels were decided; 0 if it is not known.
    waived : mapping of str to str
        Written reasons, by the check they waive or by ``track:check``.
    verdict : mapping
        What the verifier found when it was made: checks, findings, what was not checked.
    is_released : bool
        Whether there is a package to send.
    """

    deliverable: str
    kind: str
    edition: str
    album: str
    artist: str
    upc: str
    catalog_number: str
    revision: int
    content: str
    files: tuple[FilePromise, ...]
    programme_sectors: int
    waived: Mapping[str, str]
    sample_rate_hz: int = 0
    verdict: Mapping[str, Any] = field(default_factory=dict)
    is_released: bool = False

    @property
    def disc_ids(self) -> dict[str, str]:
        """What a disc is known by, by the name of the database; empty if it is none."""
        return {
            DATABASES[key]: found
            for file in self.files
            for key, found in file.disc.items()
            if key in DATABASES
        }

    @property
    def audio_files(self) -> tuple[FilePromise, ...]:
        """The files that hold tracks."""
        return tuple(each for each in self.files if each.tracks)


def tag_texts(tags: Tags) -> dict[str, str]:
    """Return tags as a manifest keeps them: by name, numbers as text, the cover by its hash."""
    numbers = {
        "track": tags.track,
        "track_total": tags.track_total,
        "disc": tags.disc,
        "disc_total": tags.disc_total,
    }
    found = texts(tags) | {name: str(n) for name, n in numbers.items() if n is not None}
    if tags.artwork:
        found["artwork"] = hashlib.sha256(tags.artwork.data).hexdigest()
    return found


def manifest_text(manifest: Manifest) -> str:
    """Return the manifest as JSON text in a fixed order."""
    data = {"manifest_version": MANIFEST_VERSION, **asdict(manifest)}
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Raises
    ------
    StoreError
        If the file cannot be read as one.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        version = data.pop("manifest_version")
        if version > MANIFEST_VERSION:
            raise StoreError(
                str(path),
                f"written by a newer Glassmaster (manifest version {version}, this one reads "
                f"up to {MANIFEST_VERSION})",
                "update Glassmaster",
            )
        files = tuple(_file(each) for each in data.pop("files"))
        return Manifest(**data, files=files)
    except _UNREADABLE as error:
        raise StoreError(
            str(path),
            f"cannot be read as a manifest ({error})",
            "build the deliverable again, or verify without it: move the file away",
        ) from error


def _file(data: dict[str, Any]) -> FilePromise:
    tracks = tuple(_track(each) for each in data.pop("tracks"))
    sums = tuple(data.pop("accuraterip", ()))
    return FilePromise(**data, tracks=tracks, accuraterip=sums)


def _track(data: dict[str, Any]) -> TrackPromise:
    return TrackPromise(**data | {"index_sectors": tuple(data.get("index_sectors", ()))})
