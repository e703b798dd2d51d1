"""A disc as image and sheet."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from formats.cue import CueSheet
from formats.discid import accuraterip_sums
from pipeline.assemble.cd import CdLayout, StartOffset, lay_out_cd
from pipeline.assemble.timeline import Join, Take, lay_out
from pipeline.deliver.album import Rendered
from pipeline.deliver.cd import cue_recipes, ddp_recipes
from pipeline.deliver.disc import disc_of
from pipeline.deliver.package import compose, made_from
from pipeline.engine import MemoryStore

MakeAlbum = Callable[..., Rendered]


def layout_of(album: Rendered, *, first: int = 0, is_hidden_first: bool = False) -> CdLayout:
    takes = [
        Take(track.spec.id, 44_100, 0, track.n_sectors * 588, Join(Fraction(0)))
        for track in album.tracks
    ]
    return lay_out_cd(
        lay_out(takes),
        offset=StartOffset(first, 0),
        end_silence_sectors=3,
        is_hidden_first=is_hidden_first,
    )


def written(
    album: Rendered, layout: CdLayout, folder: Path, store: MemoryStore
) -> tuple[bytes, CueSheet]:
    recipes = cue_recipes(album, layout, disc_of(album, layout), revision=1, content="0" * 16)
    image, sheet = (
        (folder / compose(each, folder, path_of=store.path_of).name)
        for each in recipes.values()
    )
    found = CueSheet.decode(sheet.read_bytes())
    assert found.files[0].name == image.name
    return image.read_bytes(), found


def audio_of(album: Rendered, store: MemoryStore) -> bytes:
    parts = [part for track in album.tracks for part in track.payload]
    return b"".join(store.path_of(part).read_bytes() for part in parts)


def test_an_image_is_lead_audio_and_end_silence(
    make_album: MakeAlbum, memory: MemoryStore, tmp_path: Path
) -> None:
    album = make_album(["Tide", "Undertow"], n_sectors=4)
    image, sheet = written(album, layout_of(album, first=2), tmp_path, memory)
    assert image == bytes(2 * 2352) + audio_of(album, memory) + bytes(3 * 2352)
    assert [track.indexes[0].sectors for track in sheet.tracks] == [0, 6]


def test_promises_of_an_image_are_places_in_it(make_album: MakeAlbum) -> None:
    album = make_album(["Tide", "Undertow"], n_sectors=4)
    layout = layout_of(album, first=2)
    recipes = cue_recipes(album, layout, disc_of(album, layout), revision=1, content="0" * 16)
    first, second = recipes["image"].promise.tracks
    assert (first.start_samples, first.n_samples) == (2 * 588, 4 * 588)
    assert (first.mark_sectors, second.mark_sectors) == (0, 6)
    assert second.pause_sectors is None
    assert first.tags == {
        "artist": "The Ferrymen",
        "cd_title": "Tide",
        "cd_performer": "The Ferrymen",
    }


def test_what_is_hidden_before_track_1_is_in_the_image_and_not_on_the_sheet(
    make_album: MakeAlbum, memory: MemoryStore, tmp_path: Path
) -> None:
    album = make_album(["Ghost", "Tide"], n_sectors=4, first=0)
    layout = layout_of(album, is_hidden_first=True)
    image, sheet = written(album, layout, tmp_path, memory)
    assert audio_of(album, memory) in image
    assert [(track.title, track.indexes[0].number) for track in sheet.tracks] == [("Tide", 0)]
    recipes = cue_recipes(album, layout, disc_of(album, layout), revision=1, content="0" * 16)
    assert recipes["image"].promise.tracks[0].mark_sectors is None


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Low Water", "Low Water.bin"),
        ("Grüße", "Grüße.bin"),
        ("Dvořák", "Dvorak.bin"),
        ("Тихая вода", "disc.bin"),
        ('Say "Yes"', "Say 'Yes'.bin"),
        ("Wait…", "Wait.bin"),
    ],
)
def test_an_images_name_is_one_that_a_sheet_can_hold(
    make_album: MakeAlbum, memory: MemoryStore, tmp_path: Path, title: str, name: str
) -> None:
    album = make_album(["Tide"], album=title)
    _, sheet = written(album, layout_of(album), tmp_path, memory)
    assert sheet.files[0].name == name


def test_a_catalogue_number_names_the_image(make_album: MakeAlbum) -> None:
    album = make_album(["Tide"])
    numbered = replace(
        album, product=album.product.model_copy(update={"catalog_number": "FER 012/CD"})
    )
    layout = layout_of(album)
    disc = disc_of(numbered, layout)
    recipes = cue_recipes(numbered, layout, disc, revision=1, content="0" * 16)
    assert recipes["image"].promise.name == "FER 012-CD_r1_00000000/FER 012-CD.bin"


def test_an_image_promises_the_sums_of_its_tracks_as_ripping_programs_have_them(
    make_album: MakeAlbum, memory: MemoryStore, tmp_path: Path
) -> None:
    album = make_album(["Tide", "Undertow"], n_sectors=40)
    layout = layout_of(album, first=2)
    disc = disc_of(album, layout)
    promised, sound = set(), b""
    for recipes in (
        cue_recipes(album, layout, disc, revision=1, content="0" * 16),
        ddp_recipes(album, layout, disc, is_zipped=False, revision=1, content="0" * 16),
    ):
        image = next(each for each in recipes.values() if each.image)
        promise = compose(image, tmp_path, path_of=memory.path_of)
        promised.add(promise.accuraterip)
        sound = (tmp_path / promise.name).read_bytes()[-85 * 2352 :]  # from INDEX 01 on
    expected = accuraterip_sums(disc, [sound])
    assert promised == {tuple(f"{each.v1:08x} {each.v2:08x}" for each in expected)}


def test_a_file_is_made_from_other_things_when_only_marks_move(make_album: MakeAlbum) -> None:
    album = make_album(["Tide", "Undertow"], n_sectors=40)
    found = set()
    for others in (0, 5):
        layout = replace_offset(layout_of(album), others)
        recipes = cue_recipes(
            album, layout, disc_of(album, layout), revision=1, content="0" * 16
        )
        found.add(made_from(recipes["image"]))
    assert len(found) == 2


def replace_offset(layout: CdLayout, sectors: int) -> CdLayout:
    first, second = layout.tracks
    moved = replace(second, start_sectors=second.start_sectors - sectors)
    return replace(layout, tracks=(first, moved))
