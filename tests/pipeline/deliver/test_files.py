"""One file per track: names that are safe everywhere, promises, tags, odd sizes."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
import soundfile

from formats.tags import read_tags
from formats.wav import read_info
from pipeline.deliver.album import Rendered
from pipeline.deliver.files import file_names, files_recipes
from pipeline.deliver.package import Recipe, compose, recipe_digest
from pipeline.engine import MemoryStore

MakeAlbum = Callable[..., Rendered]
CONTENT = "0123456789abcdef"


def recipes_of(
    album: Rendered, *, file_format: str = "wav", bits: int = 16, rate_hz: int = 44_100
) -> dict[str, Recipe]:
    return files_recipes(
        album,
        file_format=file_format,
        sample_rate_hz=rate_hz,
        bits=bits,
        kbps=0,
        revision=3,
        content=CONTENT,
    )


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("AC/DC", "01 AC-DC.wav"),
        ("..", "01.wav"),
        ("CON", "01 CON.wav"),
        ("Fine 🎉", "01 Fine.wav"),
        ("The End...", "01 The End.wav"),
        ("What? No: Yes", "01 What No - Yes.wav"),
        ("Тихая вода", "01 Тихая вода.wav"),
    ],
)
def test_file_names_are_safe_on_every_system(
    make_album: MakeAlbum, title: str, name: str
) -> None:
    assert file_names(make_album([title]), "wav") == (name,)


def test_a_title_of_300_characters_is_shortened(make_album: MakeAlbum) -> None:
    (name,) = file_names(make_album(["x" * 300]), "flac")
    assert len(name) == 125
    assert name.endswith("x.flac")


def test_titles_that_collide_on_some_system_are_told_apart(make_album: MakeAlbum) -> None:
    album = make_album(["Tide"] * 3)
    same_number = Rendered(
        album.info, album.title, album.product, (album.tracks[0],) * 3, album.ceiling_dbtp
    )
    assert file_names(same_number, "mp3") == (
        "01 Tide.mp3",
        "01 Tide (2).mp3",
        "01 Tide (3).mp3",
    )


def test_a_hundred_tracks_sort_in_their_order(make_album: MakeAlbum) -> None:
    names = file_names(make_album(["x"] * 100), "wav")
    assert (names[0], names[99]) == ("001 x.wav", "100 x.wav")
    assert list(names) == sorted(names)


@pytest.mark.parametrize("album", ["..", "a/b", "x" * 300, "CON"])
def test_the_folder_is_safe_and_keeps_its_revision_and_hash(
    make_album: MakeAlbum, album: str
) -> None:
    (recipe,) = recipes_of(make_album(["Tide"], album=album)).values()
    folder, *rest = PurePosixPath(recipe.promise.name).parts
    assert rest == ["01 Tide.wav"]
    assert folder.endswith("_r3_01234567")
    assert len(folder) <= 120


def made(album: Rendered, folder: Path, store: MemoryStore, **options: int) -> Path:
    (recipe,) = recipes_of(album, **options).values()  # type: ignore[arg-type]  # numbers only
    promise = compose(recipe, folder, path_of=store.path_of)
    path = folder / promise.name
    assert promise.size_bytes == path.stat().st_size
    assert promise.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    return path


@pytest.mark.parametrize("bits", [16, 24])
def test_a_wav_file_has_its_tags_before_the_samples(
    make_album: MakeAlbum, memory: MemoryStore, tmp_path: Path, bits: int
) -> None:
    album = make_album(["Tide"], bits=bits, genre="Folk")
    path = made(album, tmp_path, memory, bits=bits)
    assert read_tags(path) == album.tags(album.tracks[0])
    assert [chunk.id for chunk in read_info(path).chunks] == ["fmt ", "id3 ", "data"]
    raw = memory.path_of(album.tracks[0].payload[0]).read_bytes()
    assert path.read_bytes().endswith(raw)
    assert soundfile.info(path).subtype == f"PCM_{bits}"


def test_a_wav_file_of_an_odd_number_of_samples_ends_where_its_header_says(
    make_album: MakeAlbum, memory: MemoryStore, tmp_path: Path
) -> None:
    album = make_album(["Tide"], bits=24, n_sectors=1, samples_per_sector=147)
    path = made(album, tmp_path, memory, bits=24, rate_hz=11_025)
    assert read_info(path).n_samples == 147
    assert int.from_bytes(path.read_bytes()[4:8], "little") + 8 == path.stat().st_size


def test_promises_say_what_was_decided(make_album: MakeAlbum) -> None:
    album = make_album(["Tide", "Undertow"])
    first, second = (each.promise for each in recipes_of(album).values())
    (track,) = second.tracks
    assert (first.format, first.bits, first.sample_rate_hz) == ("wav", 16, 44_100)
    assert (track.number, track.n_samples, track.ceiling_dbtp) == (2, 1176, -1.0)
    assert track.pcm_sha256 == album.tracks[1].payload[0].digest
    assert (track.tags["track"], track.tags["track_total"]) == ("2", "2")


def test_a_finished_master_promises_no_ceiling(make_album: MakeAlbum) -> None:
    album = make_album(["Tide"])
    spec = album.tracks[0].spec.model_copy(update={"master": object()})
    finished = Rendered(
        album.info,
        album.title,
        album.product,
        (type(album.tracks[0])(spec, 1, 0, 2, (), "", None),),
        album.ceiling_dbtp,
    )
    assert finished.ceiling_of(finished.tracks[0]) is None


def test_what_is_hidden_before_track_1_has_no_number(make_album: MakeAlbum) -> None:
    album = make_album(["Ghost", "Tide"], first=0)
    assert file_names(album, "wav") == ("00 Ghost.wav", "01 Tide.wav")
    ghost, tide = (album.tags(track) for track in album.tracks)
    assert (ghost.track, ghost.track_total) == (None, None)
    assert (tide.track, tide.track_total) == (1, 1)


def test_the_content_does_not_depend_on_the_name_of_the_package(make_album: MakeAlbum) -> None:
    album = make_album(["Tide"])
    other = files_recipes(
        album,
        file_format="wav",
        sample_rate_hz=44_100,
        bits=16,
        kbps=0,
        revision=9,
        content="f" * 16,
    )
    assert recipe_digest(recipes_of(album)) == recipe_digest(other)


@pytest.mark.parametrize("change", [{"genre": "Folk"}, {"album": "High Water"}])
def test_the_content_depends_on_every_tag(
    make_album: MakeAlbum, change: dict[str, str]
) -> None:
    before = recipe_digest(recipes_of(make_album(["Tide"])))
    assert recipe_digest(recipes_of(make_album(["Tide"], **change))) != before


def test_recipes_name_no_path_of_this_machine(make_album: MakeAlbum) -> None:
    for recipe in recipes_of(make_album(["Tide"])).values():
        assert not os.path.isabs(recipe.promise.name)  # noqa: PTH117 - of a text
