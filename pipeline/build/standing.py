"""What stands in a deliverable's place, and what was found out about it.

A build that changes one title of twelve must not write, read and measure the other eleven files
again. So a deliverable's files are known by what they were made from: one that is made from the
same is taken over from the folder that is replaced, as long as size and times say that nobody
has touched it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from formats.atomic import write_atomically
from pipeline.build.parcels import Parcel, target_of
from pipeline.build.session import Session
from pipeline.deliver import publish
from pipeline.deliver.package import SEND, Sums, made_from
from pipeline.manifest import MANIFEST_NAME, Manifest, read_manifest
from pipeline.verify.inspect import AudioFacts
from pipeline.verify.package import Package, Piece


@dataclass(frozen=True, slots=True)
class StandingFile:
    """A file in its place, untouched: its hashes, and those of the audio of its tracks."""

    path: Path
    size_bytes: int
    sums: Sums
    payloads: tuple[str, ...]

    def take_over(self, path: Path) -> bool:
        """Give the file a second name; whether the file system could.

        The first name goes with the folder that is replaced. No file of ours is ever changed
        in place, so the two can share their bytes until then.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(self.path, path)
        except OSError:
            return False
        return True


def own_digests(parcel: Parcel) -> dict[str, str]:
    """Return what each file of a parcel is made from, by its name in ``SEND/``."""
    return {each.promise.name: made_from(each) for each in parcel.recipes.values()}


def standing_files(session: Session, name: str) -> dict[str, StandingFile]:
    """Return the untouched files of a deliverable as it stands, by what they were made from."""
    found = session.read_note(_note_path(session, name))
    target = target_of(session, name)
    untouched = publish.untouched_files(target, session.journal)
    standing = {}
    for digest, (file, payloads, md5, accuraterip) in found.get("standing", {}).items():
        place = f"{SEND}/{file}"
        if place in untouched:
            size_bytes, sha256 = untouched[place]
            known = Sums(sha256, md5, tuple(accuraterip))
            path = target / place
            standing[digest] = StandingFile(path, size_bytes, known, tuple(payloads))
    return standing


def remember(
    session: Session,
    parcel: Parcel,
    package: Package,
    *,
    payloads: Mapping[Piece, str],
    keys: tuple[str, ...],
) -> None:
    """Keep what was measured, for the report of a later build that changes nothing here.

    With it the keys of the steps that measured: the store keeps what they made as long as the
    deliverable stands.
    """
    files: dict[str, tuple[Any, ...]] = {}
    promised = package.manifest.files if package.manifest else ()
    sums = {each.name: (each.md5, each.accuraterip) for each in promised}
    for name, digest in own_digests(parcel).items():
        pieces = sorted(
            (each.index, payload) for each, payload in payloads.items() if each.name == name
        )
        files[digest] = (name, [each for _, each in pieces], *sums[name])
    rows = [
        {"name": piece.name, "index": piece.index, "facts": each.to_json()}
        for piece, each in package.facts.items()
        if isinstance(each, AudioFacts)
    ]
    note = {"recipe": parcel.recipe, "keys": sorted(keys), "standing": files, "rows": rows}
    write_atomically(_note_path(session, parcel.name), json.dumps(note).encode())


def remembered_facts(session: Session, parcel: Parcel) -> dict[str, AudioFacts]:
    """Return what was measured of a deliverable that stands unchanged, by track."""
    found = session.read_note(_note_path(session, parcel.name))
    if found.get("recipe") != parcel.recipe:
        return {}
    session.keys.update(found["keys"])
    tracks = _tracks(read_manifest(target_of(session, parcel.name) / MANIFEST_NAME))
    return {
        tracks[row["name"], row["index"]]: AudioFacts.from_json(row["facts"])
        for row in found["rows"]
        if (row["name"], row["index"]) in tracks
    }


def _tracks(manifest: Manifest) -> dict[tuple[str, int], str]:
    return {
        (file.name, number): track.track
        for file in manifest.audio_files
        for number, track in enumerate(file.tracks)
    }


def _note_path(session: Session, name: str) -> Path:
    return session.journal / f"{name}.measured"
