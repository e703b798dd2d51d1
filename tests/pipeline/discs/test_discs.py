"""Discs of any program: shown, taken apart and joined again, written in another form."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile

from formats.cue_disc import read_cue
from formats.ddp.reader import disc_of, read_audio, read_fileset
from formats.ddp.writer import CUE2DDP, write_fileset
from formats.disc import Disc, DiscIndex, DiscTrack, TextBlock, Texts
from formats.discid import musicbrainz_id
from pipeline.cli import main
from pipeline.discs.convert import KINDS, convert
from pipeline.discs.extract import FORMATS, extract
from pipeline.discs.info import info_json, info_text, raw_json, raw_text
from pipeline.discs.source import open_disc, open_discs
from pipeline.errors import DeliveryError, SourceError, UsageError

Written = Callable[..., Path]


def a_disc(seed: int) -> Disc:
    """Return a disc with pauses, points inside, now and then something before track 1."""
    rng = random.Random(seed)
    at, tracks = 0, []
    for number in range(1, rng.randint(2, 5)):
        pause = 150 + rng.choice([0, 40]) if number == 1 else rng.choice([0, 30])
        points = [at] * (pause > 0) + [at + pause, at + pause + rng.randint(5, 20)]
        indexes = [DiscIndex(n, each) for n, each in enumerate(points, start=not pause)]
        isrc = f"GBAAA26{number:05d}" if number % 2 else ""
        tracks.append(
            DiscTrack(number, tuple(indexes), isrc, is_copy_permitted=rng.random() < 0.5)
        )
        at += pause + rng.randint(30, 60)
    said = tuple(Texts(f"Song / {each.number}", "Björk") for each in tracks)
    text = TextBlock(Texts("Album", "The Testers"), said)
    return Disc(tuple(tracks), at, "5012345678900", cd_text=(text,))


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Return what writes a disc as a fileset of noise."""

    def write(disc: Disc, name: str = "ddp", **how: object) -> Path:
        rng = np.random.default_rng(disc.lead_out_sector)
        sound = rng.integers(-9_000, 9_000, (disc.lead_out_sector - 150) * 1_176, dtype="<i2")
        blocks = [bytes(150 * 2_352), sound.tobytes()]
        write_fileset(tmp_path / name, disc, blocks, **how)  # type: ignore[arg-type]
        return tmp_path / name

    return write


def sound_of(fileset: Path) -> bytes:
    read = read_fileset(fileset)
    return b"".join(read_audio(read, 150, disc_of(read).lead_out_sector))


# --- ddp info --------------------------------------------------------------------------------


def test_info_shows_marks_codes_texts_and_ids(written: Written) -> None:
    disc = a_disc(3)
    text = info_text(open_disc(written(disc)))
    assert musicbrainz_id(disc) in text
    assert "5012345678900" in text
    assert "Song / 1" in text
    assert "GBAAA2600001" in text
    data = info_json(open_disc(written(disc, "again", dialect=CUE2DDP)))
    assert (data["form"], data["disc_ids"]["MusicBrainz"]) == ("DDP 2.00", musicbrainz_id(disc))
    starts = [
        next(index["start_sectors"] for index in track["indexes"] if index["number"] == 1)
        for track in data["tracks"]
    ]
    assert starts == [track.start_sector for track in disc.tracks]


def test_info_tells_what_contradicts_itself(written: Written) -> None:
    folder = written(a_disc(4))
    ddpid = folder / "DDPID"
    ddpid.write_bytes(ddpid.read_bytes().replace(b"5012345678900", b"5012345678917"))
    assert "is told in several ways" in info_text(open_disc(folder))


def test_raw_shows_every_field_of_a_fileset_and_of_nothing_else(written: Written) -> None:
    folder = written(a_disc(5))
    assert "DDPMS" in raw_text(open_disc(folder))
    assert json.dumps(raw_json(open_disc(folder)))
    convert(open_disc(folder), "cue", folder / "cue")
    with pytest.raises(SourceError, match="has no fields to show"):
        raw_text(open_disc(folder / "cue" / "disc.cue"))


def test_a_folder_of_filesets_is_several_discs(written: Written, tmp_path: Path) -> None:
    written(a_disc(1), "both/one")
    written(a_disc(2), "both/two")
    assert [each.path.name for each in open_discs(tmp_path / "both")] == ["one", "two"]
    with pytest.raises(SourceError, match="holds 2 discs"):
        open_disc(tmp_path / "both")


@pytest.mark.parametrize("name", ["nothing", "text.txt", "bad.cue", "bad.toc"])
def test_what_is_no_disc_is_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "nothing").mkdir()
    for each in ("text.txt", "bad.cue", "bad.toc"):
        (tmp_path / each).write_bytes(b"\xff\x00 no disc")
    for path in (tmp_path / name, tmp_path / "gone"):
        with pytest.raises(SourceError):
            open_disc(path)


# --- ddp extract -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_tracks_joined_again_are_the_disc(written: Written, tmp_path: Path, seed: int) -> None:
    disc = a_disc(seed)
    fileset = written(disc)
    found = extract(open_disc(fileset), tmp_path / "out")
    joined = b"".join(
        soundfile.read(path, dtype="int16")[0].astype("<i2").tobytes() for path in found.tracks
    )
    assert joined == sound_of(fileset)
    again = read_cue(found.sheet).disc
    assert [each.indexes for each in again.tracks] == [each.indexes for each in disc.tracks]
    assert again == replace(disc, cd_text=again.cd_text)
    assert again.cd_text[0].tracks == disc.cd_text[0].tracks
    has_hidden = disc.tracks[0].start_sector > 150
    assert found.tracks[0].name.startswith("00 Hidden" if has_hidden else "01 Song - 1")


@pytest.mark.parametrize("file_format", FORMATS)
def test_tracks_carry_what_the_disc_says_of_them(
    written: Written, tmp_path: Path, file_format: str
) -> None:
    fileset = written(a_disc(3))
    found = extract(open_disc(fileset), tmp_path / "out", file_format=file_format)
    track = next(path for path in found.tracks if path.name.startswith("01"))
    tags = mutagen.File(track)
    said = str(dict(tags))
    for text in ("Song / 1", "Björk", "Album", "The Testers", "GBAAA2600001"):
        assert text in said
    audio, rate = soundfile.read(track, dtype="int16")
    assert rate == 44_100
    assert audio.astype("<i2").tobytes() in sound_of(fileset)


def test_a_folder_that_holds_something_is_left_alone(written: Written, tmp_path: Path) -> None:
    fileset, out = written(a_disc(1)), tmp_path / "out"
    out.mkdir()
    (out / "mine").write_text("mine")
    with pytest.raises(DeliveryError, match="holds something already"):
        extract(open_disc(fileset), out)
    assert [each.name for each in out.iterdir()] == ["mine"]


def test_an_image_that_breaks_off_leaves_nothing_behind(
    written: Written, tmp_path: Path
) -> None:
    fileset = written(a_disc(1))
    with (fileset / "IMAGE.DAT").open("r+b") as image:
        image.truncate(2_352 * 200)
    with pytest.raises(SourceError, match="more bytes of audio"):
        extract(open_disc(fileset), tmp_path / "out")
    assert not [each for each in tmp_path.iterdir() if "out" in each.name]


# --- ddp convert -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_every_form_becomes_the_same_fileset_again(
    written: Written, tmp_path: Path, kind: str, seed: int
) -> None:
    disc = a_disc(seed)
    fileset = written(disc)
    made = convert(open_disc(fileset), kind, tmp_path / "made")
    sheet = next(
        (path for path in made.files if path.suffix in (".cue", ".toc")), tmp_path / "made"
    )
    back = convert(open_disc(sheet), "ddp", tmp_path / "back", dialect="cue2ddp")
    assert {path.name for path in back.files} >= {"DDPID", "DDPMS", "SD", "IMAGE.DAT"}
    found = disc_of(read_fileset(tmp_path / "back"))
    assert [each.indexes for each in found.tracks] == [each.indexes for each in disc.tracks]
    assert [each.isrc for each in found.tracks] == [each.isrc for each in disc.tracks]
    assert found.catalog == disc.catalog
    assert sound_of(tmp_path / "back") == sound_of(fileset)


def test_what_a_form_cannot_hold_is_told(written: Written, tmp_path: Path) -> None:
    fileset = written(replace(a_disc(1), master_id="CAT-1"))
    made = convert(open_disc(fileset), "cue", tmp_path / "made")
    assert made.lost == ("master id: 'CAT-1' has no place there",)


def test_a_wrong_wish_is_a_sentence(written: Written, tmp_path: Path) -> None:
    source = open_disc(written(a_disc(1)))
    with pytest.raises(UsageError, match="allowed: cue, toc, wav"):
        convert(source, "iso", tmp_path / "x")
    with pytest.raises(UsageError, match="allowed: plant, cue2ddp"):
        convert(source, "ddp", tmp_path / "x", dialect="other")
    with pytest.raises(UsageError, match="allowed: wav, flac"):
        extract(source, tmp_path / "x", file_format="mp3")
    convert(source, "cue", tmp_path / "cue")
    with pytest.raises(UsageError, match="is a sheet already"):
        convert(open_disc(tmp_path / "cue" / "disc.cue"), "toc", tmp_path / "x")
    with pytest.raises(DeliveryError, match="already"):
        convert(source, "cue", tmp_path / "cue")


# --- the command -----------------------------------------------------------------------------


def test_the_commands_print_what_they_did(
    written: Written,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fileset = str(written(a_disc(1)))

    def said(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["glassmaster", "ddp", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        return capsys.readouterr().out

    assert "glassmaster verify does that" in said("info", fileset)
    assert "DDPMS[1]" in said("info", fileset, "--raw")
    assert len(json.loads(said("info", fileset, "--json"))) == 1
    assert "01 Song - 1.flac" in said("extract", fileset, str(tmp_path / "t"), "--format=flac")
    assert "disc.toc" in said("convert", fileset, str(tmp_path / "c"), "--to", "toc")
