"""A finished disc becomes an album, and the album the same disc again."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from formats.ddp.export import export_wav_cue
from formats.ddp.reader import disc_of, read_audio, read_fileset
from formats.ddp.writer import write_fileset
from formats.disc import Disc, DiscIndex, DiscTrack, TextBlock, Texts
from pipeline.build import Settings, build_album
from pipeline.cli import main
from pipeline.discs.adopt import adopt
from pipeline.discs.source import open_disc
from pipeline.errors import SourceError, UsageError
from tests.conftest import Listener

SECTOR = 588 * 2


def a_disc(seed: int) -> Disc:
    """Return a disc of short tracks; with seeds, all that a disc can have."""
    rng = random.Random(seed)
    hidden = (0, 60, 320)[seed % 3]
    at, tracks = 0, []
    for number in range(1, rng.randint(2, 4) + 1):
        pause = 150 + hidden if number == 1 else rng.choice([0, 30, 77])
        start = at + pause
        points = [at] * (pause > 0) + [start] + [start + 40, start + 50] * (number == 2)
        indexes = [DiscIndex(n, each) for n, each in enumerate(points, start=not pause)]
        tracks.append(
            DiscTrack(
                number,
                tuple(indexes),
                f"GBAAA26{number:05d}" if number % 2 else "",
                has_pre_emphasis=number == 2 and seed % 2 == 1,
                is_copy_permitted=seed % 2 == 0,
            )
        )
        at = start + rng.randint(310, 330)
    said = tuple(Texts(f'Song: "{each.number}" #', "Björk") for each in tracks)
    text = TextBlock(Texts("Album - no. 1", "Björk"), said)
    return Disc(tuple(tracks), at, "5012345678900", "CAT-1", cd_text=(text,))


def sound_for(disc: Disc, seed: int) -> bytes:
    """Return sound with pauses that are silent, but for some in which somebody claps."""
    rng = np.random.default_rng(seed)
    sound = rng.integers(-2_000, 2_000, disc.lead_out_sector * SECTOR, dtype="<i2")
    sound[: 150 * SECTOR] = 0
    for track in disc.tracks[1:]:
        if track.pause_sector is not None and (track.number + seed) % 2:
            sound[track.pause_sector * SECTOR : track.start_sector * SECTOR] = 0
    if seed % 3 == 1:
        sound[: disc.tracks[0].start_sector * SECTOR] = 0
    return sound.tobytes()


def fileset_at(folder: Path, seed: int) -> Path:
    disc = a_disc(seed)
    write_fileset(folder, disc, [sound_for(disc, seed)])
    return folder


def built(spec: Path) -> Path:
    """Build the fileset of a spec and return its folder."""
    album = build_album(spec, ("plant",), settings=Settings(), teller=Listener())
    assert album.report.is_released, [each.findings for each in album.report.deliverables]
    (found,) = (path.parent for path in (spec.parent / "out").rglob("DDPID"))
    return found


def comparable(disc: Disc) -> Disc:
    """Return a disc without what a spec words in its own way."""
    blocks = tuple(
        replace(
            block,
            disc=replace(block.disc, code=""),
            tracks=tuple(replace(each, code="") for each in block.tracks),
        )
        for block in disc.cd_text
    )
    return replace(disc, cd_text=blocks)


@pytest.mark.parametrize("seed", range(6))
def test_a_disc_that_is_adopted_and_built_is_the_same_disc(tmp_path: Path, seed: int) -> None:
    fileset = fileset_at(tmp_path / "ddp", seed)
    spec = tmp_path / "album" / "album.yaml"
    spec.parent.mkdir()
    adopt(open_disc(fileset), spec)
    again = built(spec)
    old, new = read_fileset(fileset), read_fileset(again)
    end = a_disc(seed).lead_out_sector
    assert comparable(disc_of(new)) == comparable(disc_of(old))
    assert b"".join(read_audio(new, 0, end)) == b"".join(read_audio(old, 0, end))


def test_a_cue_sheet_is_adopted_like_a_fileset(tmp_path: Path) -> None:
    fileset = fileset_at(tmp_path / "ddp", 2)
    export_wav_cue(fileset, tmp_path / "cue")
    text = {}
    for name, path in (("a", fileset), ("b", tmp_path / "cue" / "disc.cue")):
        (tmp_path / name).mkdir()
        spec = tmp_path / name / "album.yaml"
        adopt(open_disc(path), spec)
        masters = sorted((tmp_path / name / "masters").iterdir())
        text[name] = [each.read_bytes() for each in masters]
    assert text["a"] == text["b"]
    assert len(text["a"]) >= 2


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    fileset = fileset_at(tmp_path / "ddp", 0)
    (tmp_path / "album.yaml").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        adopt(open_disc(fileset), tmp_path / "album.yaml")
    (tmp_path / "masters").mkdir()
    with pytest.raises(UsageError, match="masters is there already"):
        adopt(open_disc(fileset), tmp_path / "other.yaml")
    assert (tmp_path / "album.yaml").read_text() == "mine"


def test_what_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    fileset = fileset_at(tmp_path / "ddp", 0)
    with (fileset / "IMAGE.DAT").open("r+b") as image:
        image.truncate(400 * 2_352)
    (tmp_path / "album").mkdir()
    with pytest.raises(SourceError, match="more bytes of audio"):
        adopt(open_disc(fileset), tmp_path / "album" / "album.yaml")
    assert list((tmp_path / "album").iterdir()) == []


def test_what_a_spec_cannot_say_is_a_line_to_be_answered(tmp_path: Path) -> None:
    disc = a_disc(0)
    first, *others = disc.tracks
    block = disc.cd_text[0]
    disc = replace(
        disc,
        tracks=(replace(first, is_copy_permitted=False), *others),
        catalog="5012345678901",
        cd_text=(
            replace(block, disc=replace(block.disc, title="", composer="Bach")),
            replace(block, language=15),
        ),
    )
    write_fileset(tmp_path / "ddp", disc, [sound_for(disc, 0)])
    adopt(open_disc(tmp_path / "ddp"), tmp_path / "album.yaml")
    text = (tmp_path / "album.yaml").read_text(encoding="utf-8")
    for line in (
        "# TODO its tracks have copy flags that differ",
        "# TODO its CD-Text in language 15 is left out",
        "# TODO its CD-Text names composer",
        "# TODO upc: 5012345678901",
        "title: TODO title  # TODO what is the record called?",
    ):
        assert line in text


def test_the_command_says_what_it_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fileset = fileset_at(tmp_path / "ddp", 0)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["glassmaster", "init", "--from-ddp", str(fileset)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert "masters beside it in masters" in capsys.readouterr().out
    assert (tmp_path / "album.yaml").exists()
