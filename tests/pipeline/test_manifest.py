"""The manifest: what a deliverable promises."""

import hashlib
import json
from pathlib import Path

import pytest

from formats.artwork import Artwork
from formats.tags import Tags
from pipeline.errors import StoreError
from pipeline.manifest import (
    FilePromise,
    Manifest,
    TrackPromise,
    manifest_text,
    read_manifest,
    tag_texts,
)

TRACK = TrackPromise(
    "tide", 1, "Tide", 0, 588, "f" * 64, -10.5, -1.0, {"title": "Tide"}, None, 12
)
MANIFEST = Manifest(
    deliverable="cd",
    kind="cd_image",
    edition="",
    album="Low Water – Ü",
    artist="The Ferrymen",
    upc="",
    catalog_number="FER012",
    revision=2,
    content="c" * 64,
    files=(
        FilePromise("x/a.bin", "bin", 2352, "e" * 64, 44_100, 16, 0, (TRACK,)),
        FilePromise("x/a.cue", "cue", 100, "d" * 64),
    ),
    programme_sectors=1,
    waived={"tide:true_peak": "on purpose"},
    verdict={"checks": ["cd/marks"]},
    is_released=True,
)


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(manifest_text(MANIFEST), encoding="utf-8")
    assert read_manifest(path) == MANIFEST


def test_equal_manifests_are_equal_bytes_in_a_fixed_order() -> None:
    assert manifest_text(MANIFEST) == manifest_text(MANIFEST)
    assert list(json.loads(manifest_text(MANIFEST)))[:3] == [
        "manifest_version",
        "deliverable",
        "kind",
    ]


def test_files_without_tracks_hold_no_audio() -> None:
    assert [file.name for file in MANIFEST.audio_files] == ["x/a.bin"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        '{"manifest_version": 2, "files": [1]}',
        manifest_text(MANIFEST).replace('"kind"', '"sort"'),
        manifest_text(MANIFEST).replace('"manifest_version": 2', '"manifest_version": "x"'),
    ],
)
def test_what_is_no_manifest_is_a_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(content)
    with pytest.raises(StoreError, match="cannot be read as a manifest"):
        read_manifest(path)


def test_a_manifest_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read as a manifest"):
        read_manifest(tmp_path / "manifest.json")


def test_a_manifest_of_a_newer_version_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(manifest_text(MANIFEST).replace('_version": 2', '_version": 3'))
    with pytest.raises(StoreError, match="newer Glassmaster"):
        read_manifest(path)


def test_tags_are_kept_by_name_and_only_those_that_are_there() -> None:
    cover = Artwork(b"cover", "image/jpeg", 1, 1)
    found = tag_texts(Tags(title="Tide", track=2, track_total=9, artwork=cover))
    assert found == {
        "title": "Tide",
        "track": "2",
        "track_total": "9",
        "artwork": hashlib.sha256(b"cover").hexdigest(),
    }
