"""Papers of a build: printed from what was made, and the same bytes from the same inputs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from formats.checksums import file_digest
from pipeline.papers.pqsheet import PqSheet

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Album, NewAlbum

PAPERS = ["label-copy.pdf", "label-copy.txt", "pq-sheet.json", "pq-sheet.pdf", "pq-sheet.txt"]

HIDDEN = """\
album: {title: Small Hours, artist: The Testers}
defaults: {gap: 1 s}
tracks:
  dawn:  {title: Dawn, mix: mixes/dawn.wav}
  noon:  {title: Noon, mix: mixes/noon.wav}
  ghost: {title: Ghost, artist: Nobody, mix: mixes/dusk.wav, isrc: AQZZZ2600013,
          hidden: {after: noon, silence: 3 s, cd: inside, files: inside}}
deliverables:
  cd: {kind: cd_image, start_offset: {first: 20 sectors, others: 0 s}}
  lossless: {kind: files, format: flac}
"""


def pq_of(album: Album) -> PqSheet:
    text = (album.out / "cd" / "papers" / "pq-sheet.json").read_text(encoding="utf-8")
    return PqSheet.from_json(json.loads(text))


def test_a_disc_has_both_papers_and_files_have_label_copy(built_once: Album) -> None:
    found = {
        name: sorted(path.name for path in (built_once.out / name / "papers").iterdir())
        for name in ("cd", "promo")
    }
    assert found == {"cd": PAPERS, "promo": PAPERS[:2]}


def test_the_sheet_names_the_files_that_are_handed_over_with_their_hashes(
    built_once: Album,
) -> None:
    send = built_once.out / "cd" / "SEND"
    there = {
        path.relative_to(send).as_posix(): (path.stat().st_size, file_digest(path))
        for path in send.rglob("*")
        if path.is_file()
    }
    sheet = pq_of(built_once)
    assert {each.name: (each.size_bytes, each.sha256) for each in sheet.files} == there
    assert len(there) == 2


def test_the_sheet_has_the_marks_that_were_promised(built_once: Album) -> None:
    (image,) = built_once.manifest("cd").audio_files
    promised = [
        (track.number, track.mark_sectors)
        for track in image.tracks
        if track.mark_sectors is not None
    ]
    sheet = pq_of(built_once)
    assert [(each.number, each.start_sectors - 150) for each in sheet.tracks] == promised
    assert sheet.lead_out_sectors == 150 + image.size_bytes // 2352


def test_papers_are_equal_when_an_album_is_built_elsewhere(
    built_once: Album, tmp_path: Path
) -> None:
    clone = built_once.clone(tmp_path / "elsewhere")
    clone.build()
    parts = ("out/cd/papers", "out/lossless/papers")
    assert clone.snapshot(*parts) == built_once.snapshot(*parts)


def test_a_song_hidden_inside_a_track_is_found_where_it_sounds(new_album: NewAlbum) -> None:
    album = new_album(HIDDEN)
    album.build()
    (ghost,) = pq_of(album).hidden
    assert (ghost.track, ghost.title, ghost.performer, ghost.isrc) == (
        2, "Ghost", "Nobody", "AQZZZ2600013",
    )  # fmt: skip
    image = album.image()
    start = (ghost.start_sectors - 150) * 588
    assert not image[start - 3 * 44_100 : start].any(), "the silence before it"
    assert image[start : start + ghost.n_sectors * 588].any()
    assert not image[start + ghost.n_sectors * 588 :].any(), "only the silence at the end"
    text = (album.out / "lossless" / "papers" / "label-copy.txt").read_text(encoding="utf-8")
    assert "Ghost  Nobody       AQZZZ2600013  0:04  hidden in 02" in text
