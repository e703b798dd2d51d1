"""The fileset for a plant: the disc of the spec, the sound of the album, always the same."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from formats.cue_disc import read_cue
from formats.ddp.export import export_cue, export_toc
from formats.ddp.reader import disc_of, read_audio, read_fileset
from formats.discid import musicbrainz_id
from pipeline.errors import DeliveryError, SourceError, SpecError
from pipeline.verify.runner import verify_folder
from tests.conftest import Album

if TYPE_CHECKING:
    from pathlib import Path

    from formats.disc import Disc
    from tests.conftest import NewAlbum

MARKS = "start_offset: {first: 20 sectors, others: 5 sectors}"
PLANT = f"""\
album: {{title: Small Hours, artist: The Testers, cd_text: {{performer: Testers}}}}
products:
  cd: {{upc: 9526000000013, catalog_number: SH-1}}
defaults: {{gap: 0.5 s}}
tracks:
  dawn:  {{title: Dawn’s, mix: mixes/dawn.wav, isrc: AQZZZ2600011, indexes: [2 s, 3.1 s]}}
  noon:  {{title: Noon, mix: mixes/noon.wav, isrc: AQZZZ2600012, cd_text: {{title: NOON}}}}
  dusk:  {{title: Dusk, artist: Nobody, mix: mixes/dusk.wav}}
  night: {{title: Night, mix: mixes/night.wav, isrc: AQZZZ2600014, segue_from: dusk}}
deliverables:
  plant: {{kind: ddp, product: cd, copying: permitted, zip: yes, {MARKS}}}
  cd:    {{kind: cd_image, product: cd, {MARKS}}}
"""


def fileset_of(album: Album) -> Path:
    return album.files("plant")["DDPID"].parent


def disc_in(album: Album) -> Disc:
    return disc_of(read_fileset(fileset_of(album)))


@pytest.fixture(scope="module")
def pressed(tmp_path_factory: pytest.TempPathFactory, mixes: Path) -> Album:
    """Return the album, built; not to be changed."""
    album = Album(tmp_path_factory.mktemp("pressed") / "album")
    shutil.copytree(mixes, album.folder / "mixes")
    album.spec.write_text(PLANT, encoding="utf-8")
    built = album.build()
    assert built.report.is_released
    return album


def test_the_fileset_is_the_disc_of_the_spec(pressed: Album) -> None:
    disc = disc_in(pressed)
    assert (disc.catalog, disc.master_id) == ("9526000000013", "SH-1")
    assert [track.isrc for track in disc.tracks] == [
        "AQZZZ2600011",
        "AQZZZ2600012",
        "",
        "AQZZZ2600014",
    ]
    assert {track.is_copy_permitted for track in disc.tracks} == {True}
    (block,) = disc.cd_text
    assert (block.disc.title, block.disc.performer) == ("Small Hours", "Testers")
    assert [(each.title, each.performer) for each in block.tracks] == [
        ("Dawn's", "Testers"),
        ("NOON", "Testers"),
        ("Dusk", "Nobody"),
        ("Night", "Testers"),
    ]


def test_indexes_are_where_their_times_are_heard(pressed: Album) -> None:
    first, *others = disc_in(pressed).tracks
    # The start mark stands 20 sectors before the music; times are those of the mix.
    assert [(each.number, each.sector) for each in first.indexes] == [
        (0, 0),
        (1, 150),
        (2, 170 + 2 * 75),
        (3, 170 + int(3.1 * 75)),
    ]
    assert {index.number for track in others for index in track.indexes} <= {0, 1}


def test_fileset_and_image_are_one_disc_and_one_sound(pressed: Album) -> None:
    (sheet,) = (path for name, path in pressed.files("cd").items() if name.endswith(".cue"))
    burned, disc = read_cue(sheet).disc, disc_in(pressed)
    assert [track.indexes for track in burned.tracks] == [
        track.indexes for track in disc.tracks
    ]
    assert burned.lead_out_sector == disc.lead_out_sector
    assert [track.isrc for track in burned.tracks] == [track.isrc for track in disc.tracks]
    fileset = read_fileset(fileset_of(pressed))
    image = next(path for name, path in pressed.files("cd").items() if name.endswith(".bin"))
    assert b"".join(read_audio(fileset, 150, disc.lead_out_sector)) == image.read_bytes()
    assert not any(b"".join(read_audio(fileset, 0, 150)))


def test_manifest_report_and_papers_tell_how_the_disc_is_known(pressed: Album) -> None:
    expected = musicbrainz_id(disc_in(pressed))
    assert pressed.manifest("plant").disc_ids["MusicBrainz"] == expected
    page = (pressed.out / "reports" / "album.html").read_text(encoding="utf-8")
    sheet = (pressed.out / "plant" / "papers" / "pq-sheet.txt").read_text(encoding="utf-8")
    assert expected in page
    assert expected in sheet
    assert "CD-TEXT shows \"Dawn's\" for 'Dawn’s' (track 01 title)" in sheet
    (image,) = pressed.manifest("plant").audio_files
    assert len(image.accuraterip) == 4
    assert image.accuraterip == pressed.manifest("cd").audio_files[0].accuraterip


def test_what_was_built_is_verified_alone_and_as_a_zip_file(pressed: Album) -> None:
    (sent,) = (path for name, path in pressed.files("plant").items() if name.endswith(".zip"))
    for path in (pressed.out / "plant", fileset_of(pressed), sent):
        verdict = verify_folder(path)
        worse = [each for each in verdict.findings if each.code != "simplified"]
        assert not worse
        assert "ddp/structure" in {each.id for each in verdict.checks}


@pytest.mark.oracle
def test_cdrdao_and_libcdio_find_the_marks_and_the_length(
    pressed: Album, tmp_path: Path
) -> None:
    missing = [name for name in ("cdrdao", "cd-info") if shutil.which(name) is None]
    if missing:
        assert not os.environ.get("REQUIRE_ORACLES"), f"{missing} are not installed"
        pytest.skip(f"{missing} are not installed")
    export_toc(fileset_of(pressed), tmp_path)
    export_cue(fileset_of(pressed), tmp_path, stem="burn")
    disc = disc_in(pressed)

    def said(*command: str) -> str:
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        return ran.stdout

    assert int(said("cdrdao", "toc-size", "disc.toc")) == disc.lead_out_sector - 150
    quiet = ("--no-header", "--no-device-info", "--no-cddb")
    rows = re.findall(
        r"^ *\d+: [\d:]+ +(\d+) audio", said("cd-info", *quiet, "--cue-file=burn.cue"), re.M
    )
    assert [int(lsn) + 150 for lsn in rows] == [track.start_sector for track in disc.tracks]


def test_a_new_title_runs_no_step_and_leaves_the_image_alone(
    pressed: Album, tmp_path: Path
) -> None:
    shutil.copytree(pressed.folder, tmp_path / "again", copy_function=shutil.copy2)
    album = Album(tmp_path / "again")
    album.build()
    before = album.files("plant")["IMAGE.DAT"].stat()
    album.change("title: Night", "title: Late Night")
    album.build()
    assert album.heard.steps == []
    after = album.files("plant")["IMAGE.DAT"].stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert disc_in(album).cd_text[0].tracks[3].title == "Late Night"


def test_two_builds_give_the_same_bytes_zip_file_and_all(
    pressed: Album, tmp_path: Path
) -> None:
    other = pressed.clone(tmp_path / "other")
    other.build("plant")
    assert other.sent("plant") == pressed.sent("plant")


def test_a_finished_master_with_pre_emphasis_is_marked_so(new_album: NewAlbum) -> None:
    album = new_album(
        PLANT.replace("mix: mixes/noon.wav", "master: mixes/noon.wav, pre_emphasis: yes")
    )
    album.build()
    flags = [track.has_pre_emphasis for track in disc_in(album).tracks]
    assert flags == [False, True, False, False]
    sheet = next(path for name, path in album.files("cd").items() if name.endswith(".cue"))
    assert sheet.read_text(encoding="latin-1").count("FLAGS PRE") == 1


def test_japanese_stands_in_a_language_of_its_own(new_album: NewAlbum) -> None:
    album = new_album(
        PLANT.replace("title: Dusk", "title: 夕暮れ, cd_text: {title: Yuugure}").replace(
            "zip: yes", "cd_text: ms_jis"
        )
    )
    album.build("plant")
    latin, japanese = disc_in(album).cd_text
    assert [each.title for each in latin.tracks][2] == "Yuugure"
    assert [each.title for each in japanese.tracks][2] == "夕暮れ"
    assert not verify_failures(album)


def test_a_disc_without_texts_has_no_file_of_them(new_album: NewAlbum) -> None:
    album = new_album(PLANT.replace("zip: yes", "cd_text: off"))
    album.build("plant")
    assert "CDTEXT.BIN" not in album.files("plant")
    assert disc_in(album).cd_text == ()
    assert not verify_failures(album)


def verify_failures(album: Album) -> list[str]:
    verdict = verify_folder(album.out / "plant")
    return [each.message for each in verdict.findings if each.blocks_release]


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("[2 s, 3.1 s]", "[2 s, 9 s]", SourceError, "an index at 0:09.000 does not lie in"),
        ("[2 s, 3.1 s]", "[3 s, 2 s]", SourceError, "INDEX 03 does not lie inside the track"),
        ("[2 s, 3.1 s]", "[2 s, 2001 ms]", SourceError, "INDEX 03 does not lie inside"),
        ("cd_text: {title: NOON}", "pre_emphasis: yes", SpecError, "a mix has no pre-emphasis"),
        ("zip: yes", "zip: maybe", SpecError, "zip"),
        ("copying: permitted", "copying: never", SpecError, "copying"),
    ],
)
def test_what_no_disc_can_hold_is_told_in_words(
    new_album: NewAlbum, old: str, new: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        new_album(PLANT.replace(old, new)).build("plant")


def test_more_cd_text_than_a_disc_holds_is_refused_before_a_file_is_written(
    new_album: NewAlbum,
) -> None:
    names = ("Dawn’s", "Noon", "Dusk", "Night")
    text = PLANT
    for number, name in enumerate(names):
        long = "".join(chr(65 + (number * 7 + at) % 26) for at in range(160)) * 8
        text = text.replace(f"title: {name}", f"title: {long}")
    album = new_album(text)
    with pytest.raises(DeliveryError, match="no disc can hold it"):
        album.build("plant")
    assert not (album.out / "plant").exists()


def test_tracks_end_where_the_next_begins(pressed: Album) -> None:
    disc = disc_in(pressed)
    ends = [after.indexes[0].sector for _, after in pairwise(disc.tracks)]
    assert ends == sorted(ends)
    assert ends[-1] < disc.lead_out_sector


DOUBLE = """\
album: {title: Small Hours, artist: The Testers}
products: {cd: {upc: 9526000000013, catalog_number: SH-1}}
defaults: {gap: 0.5 s}
discs: [[dawn, noon], [dusk, night]]
tracks:
  dawn:  {title: Dawn, mix: mixes/dawn.wav}
  noon:  {title: Noon, mix: mixes/noon.wav}
  dusk:  {title: Dusk, mix: mixes/dusk.wav}
  night: {title: Night, mix: mixes/night.wav, segue_from: dusk}
deliverables:
  first:  {kind: ddp, product: cd, disc: 1}
  second: {kind: ddp, product: cd, disc: 2}
  files:  {kind: files, product: cd, format: flac}
"""


def test_a_record_of_two_discs_is_two_filesets_and_files_numbered_disc_by_disc(
    new_album: NewAlbum,
) -> None:
    album = new_album(DOUBLE)
    assert album.build().report.is_released
    for name, number, titles in (
        ("first", 1, ["Dawn", "Noon"]),
        ("second", 2, ["Dusk", "Night"]),
    ):
        (fileset,) = (path.parent for path in (album.out / name).rglob("DDPID"))
        assert f"_disc{number}_" in fileset.name
        disc = disc_of(read_fileset(fileset))
        assert [track.number for track in disc.tracks] == [1, 2]
        assert disc.tracks[0].start_sector == 150
        assert [each.title for each in disc.cd_text[0].tracks] == titles
        sheet = (album.out / name / "papers" / "pq-sheet.txt").read_text(encoding="utf-8")
        assert re.search(rf"^disc +{number} of 2$", sheet, re.MULTILINE)
    assert sorted(album.files("files")) == [
        "1-01 Dawn.flac",
        "1-02 Noon.flac",
        "2-01 Dusk.flac",
        "2-02 Night.flac",
    ]
    tags = [album.promise("files", track)[1].tags for track in ("noon", "dusk")]
    assert [(each["disc"], each["disc_total"], each["track"]) for each in tags] == [
        ("1", "2", "2"),
        ("2", "2", "1"),
    ]
    copy = (album.out / "files" / "papers" / "label-copy.txt").read_text(encoding="utf-8")
    assert "2-01  Dusk" in copy
    album.change("title: Night", "title: Late Night")
    assert [each.status for each in album.build().report.deliverables] == [
        "unchanged",
        "changed",
        "changed",
    ]
    assert album.heard.steps == []
