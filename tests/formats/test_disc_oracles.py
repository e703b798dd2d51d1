"""What other programs read in our sheets: the same places, flags, codes, texts and sound.

Where they err, the test says so and asks for less; our output does not bend to it.
"""

from __future__ import annotations

import ctypes
import os
import random
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from formats.cue import CueSheet
from formats.cue_disc import disc_of_cue
from formats.ddp.export import export_cue, export_toc, export_wav_cue
from formats.ddp.writer import write_fileset
from formats.disc import Disc, DiscIndex, DiscTrack, TextBlock, Texts
from formats.discid import freedb_id, musicbrainz_id
from formats.program import FilePiece
from formats.toc_disc import toc_of_disc

pytestmark = pytest.mark.oracle

Noise = Callable[[int], bytes]
Program = Callable[[str], str]

SECTOR_BYTES = 2_352
CD_INFO = ("--no-header", "--no-device-info", "--no-cddb")


# --- Discs -----------------------------------------------------------------------------------


def laid_out(*tracks: tuple[int, int, int, int], **flags: tuple[int, ...]) -> Disc:
    """Return a disc of tracks: pause, length, points inside and their distance, in sectors."""
    at, made = 0, []
    for number, (pause, length, n_points, distance) in enumerate(tracks, start=1):
        points = [at] if pause else []
        points += [at + pause + distance * point for point in range(n_points + 1)]
        indexes = [DiscIndex(n, each) for n, each in enumerate(points, start=not pause)]
        set_flags = {name: True for name, numbers in flags.items() if number in numbers}
        isrc = f"GBAAA24{number:05d}" if number % 3 else ""
        made.append(DiscTrack(number, tuple(indexes), isrc, **set_flags))
        at += pause + length
    return Disc(tuple(made), at)


def told(disc: Disc, performer: str = "The Testers") -> Disc:
    """Return a disc with CD-Text."""
    tracks = tuple(Texts(f"Song {track.number}", performer) for track in disc.tracks)
    return replace(disc, cd_text=(TextBlock(Texts("Album", performer), tracks),))


def random_disc(seed: int) -> Disc:
    rng = random.Random(seed)
    rows = [
        (rng.choice([0, rng.randint(1, 300)]), rng.randint(300, 700), rng.randint(0, 3), 60)
        for _ in range(rng.randint(2, 12))
    ]
    rows[0] = (150 + rng.choice([0, 1, 600]), *rows[0][1:])
    numbers = range(1, len(rows) + 1)
    disc = laid_out(
        *rows,
        has_pre_emphasis=tuple(rng.sample(numbers, len(rows) // 3)),
        is_copy_permitted=tuple(rng.sample(numbers, len(rows) // 2)),
    )
    return told(replace(disc, catalog=rng.choice(["", "5012345678900"])))


DISCS = {
    "plain": laid_out((150, 450, 0, 0), (0, 400, 0, 0)),
    "full": told(
        replace(
            laid_out(
                (150, 450, 0, 0),
                (75, 600, 1, 225),
                (0, 375, 0, 0),
                has_pre_emphasis=(2,),
                is_copy_permitted=(2, 3),
            ),
            catalog="5012345678900",
        ),
        "Björk",
    ),
    "hidden": told(laid_out((900, 400, 0, 0), (1, 400, 0, 0))),
    "indexes": laid_out((150, 600, 98, 5), (20, 500, 98, 5)),
    "99 tracks": told(laid_out((150, 300, 0, 0), *[(n % 2, 301, 0, 0) for n in range(98)])),
    **{f"random {seed}": random_disc(seed) for seed in range(1, 6)},
}


@dataclass(frozen=True)
class Written:
    """A disc and the folder where it lies as DDP, as BIN and as WAV with their sheets."""

    disc: Disc
    folder: Path
    pcm: bytes = field(repr=False)

    @property
    def starts(self) -> list[int]:
        """INDEX 01 of each track, in sectors of the BIN file."""
        return [track.start_sector - 150 for track in self.disc.tracks]

    @property
    def end(self) -> int:
        return self.disc.lead_out_sector - 150

    def sound(self, begin_sector: int, end_sector: int) -> bytes:
        return self.pcm[begin_sector * SECTOR_BYTES : end_sector * SECTOR_BYTES]

    def run(self, *command: str) -> str:
        """Return what a program says; it must leave with status 0."""
        environment = {"LC_ALL": "C.UTF-8", "HOME": str(self.folder), "PATH": os.defpath}
        found = subprocess.run(
            command,
            cwd=self.folder,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment,
            timeout=120,
        )
        said = (found.stdout + found.stderr).decode("utf-8", "replace")
        assert found.returncode == 0, said[-2_000:]
        return said


@pytest.fixture(scope="module", params=DISCS)
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, noise: Noise
) -> Written:
    disc = DISCS[request.param]
    folder = tmp_path_factory.mktemp("disc")
    pcm = noise(disc.lead_out_sector - 150)
    write_fileset(folder / "ddp", disc, [bytes(150 * SECTOR_BYTES), pcm])
    assert export_cue(folder / "ddp", folder).losses == ()
    assert export_toc(folder / "ddp", folder, stem="toc").losses == ()
    assert export_wav_cue(folder / "ddp", folder, stem="wav").losses == ()
    return Written(disc, folder, pcm)


# --- cdrdao ----------------------------------------------------------------------------------


@dataclass
class Shown:
    """A track as ``cdrdao show-toc`` prints it; places count from where the sheet begins."""

    indexes: dict[int, int]
    isrc: str = ""
    is_copy_permitted: bool = False
    has_pre_emphasis: bool = False
    pause: int = 0
    end: int = 0


def cdrdao_tracks(said: str) -> list[Shown]:
    tracks: list[Shown] = []
    for line in said.splitlines():
        place = re.search(r"\(\s*(\d+)\)", line)
        match line.split():
            case ["TRACK", _, "Mode", "AUDIO:"]:
                tracks.append(Shown({}))
            case ["ISRC", *parts]:
                tracks[-1].isrc = "".join(parts)
            case ["COPY", "PERMITTED"]:
                tracks[-1].is_copy_permitted = True
            case ["PRE-EMPHASIS"]:
                tracks[-1].has_pre_emphasis = True
            case ["PREGAP", *_] if place:
                tracks[-1].pause = int(place[1])
            case ["START", *_] if place:
                tracks[-1].indexes[1] = int(place[1])
            case ["INDEX", number, *_] if place:
                tracks[-1].indexes[int(number)] = int(place[1])
            case ["END", *_] if place:
                tracks[-1].end = int(place[1])
    return tracks


def expect_cdrdao(written: Written, tracks: list[Shown]) -> None:
    ends = [track.indexes[0].sector - 150 for track in written.disc.tracks[1:]]
    assert [track.end for track in tracks] == [*ends, written.end]
    for ours, shown in zip(written.disc.tracks, tracks, strict=True):
        places = {each.number: each.sector - 150 for each in ours.indexes if each.number}
        assert shown.indexes == places
        begin = max(150, ours.indexes[0].sector)
        assert shown.pause == ours.start_sector - begin
        assert shown.isrc == ours.isrc
        assert shown.is_copy_permitted == ours.is_copy_permitted
        assert shown.has_pre_emphasis == ours.has_pre_emphasis


def test_cdrdao_finds_the_same_in_our_toc_file(written: Written, program: Program) -> None:
    said = written.run(program("cdrdao"), "show-toc", "toc.toc")
    assert "ERROR" not in said
    assert "WARNING" not in said
    expect_cdrdao(written, cdrdao_tracks(said))
    found = re.search(r"CATALOG NUMBER: (\d+)", said)
    assert (found[1] if found else "") == written.disc.catalog


def test_cdrdao_reads_all_sound_of_our_toc_file(written: Written, program: Program) -> None:
    said = written.run(program("cdrdao"), "read-test", "toc.toc")
    assert f"Read {written.end} blocks." in said
    said = written.run(program("cdrdao"), "toc-size", "toc.toc")
    assert re.findall(r"^\d+$", said, re.MULTILINE) == [str(written.end)]


def test_cdrdao_finds_the_same_in_our_cue_sheet(written: Written, program: Program) -> None:
    for name in ("disc.cue", "wav.cue"):
        sheet = (written.folder / name).read_text(encoding="latin-1")
        # It adds INDEX 02 and up to INDEX 01 when it reads a cue sheet.
        without = re.sub(r"(?m)^ +INDEX (?!0[01])\d\d .*\n", "", sheet)
        (written.folder / "without.cue").write_text(without, encoding="latin-1")
        said = written.run(program("cdrdao"), "show-toc", "without.cue")
        assert "ERROR" not in said
        tracks = (
            replace(track, indexes=tuple(each for each in track.indexes if each.number < 2))
            for track in written.disc.tracks
        )
        disc = replace(written.disc, tracks=tuple(tracks))
        expect_cdrdao(replace(written, disc=disc), cdrdao_tracks(said))


def test_cdrdao_finds_our_texts_and_the_freedb_id(written: Written, program: Program) -> None:
    said = written.run(program("toc2cddb"), "toc.toc")
    ours, theirs = freedb_id(written.disc), re.search(r"DISCID=(\w{8})", said)
    assert theirs
    # It counts the whole disc but for two seconds, and not from the first track on.
    hidden_s = written.disc.tracks[0].start_sector // 75 - 2
    assert int(theirs[1], 16) == ours + (hidden_s << 8)
    for block in written.disc.cd_text:
        # It writes Latin-1, which is no UTF-8.
        performer = block.disc.performer.replace("ö", "\N{REPLACEMENT CHARACTER}")
        assert f"\nDTITLE={performer} / Album\n" in said
        titles = re.findall(r"^TTITLE(\d+)=(.*)$", said, re.MULTILINE)
        assert [int(number) for number, _ in titles] == list(range(len(block.tracks)))
        for (_, title), texts in zip(titles, block.tracks, strict=True):
            assert texts.title in title


@pytest.mark.parametrize("name", ["plain", "full", "hidden"])
def test_cdrdao_hears_our_samples(
    name: str, tmp_path: Path, program: Program, noise: Noise
) -> None:
    disc = DISCS[name]
    pcm = noise(disc.lead_out_sector - 150)
    write_fileset(tmp_path / "ddp", disc, [bytes(150 * SECTOR_BYTES), pcm])
    export_toc(tmp_path / "ddp", tmp_path)
    image = FilePiece("ddp/IMAGE.DAT", offset_bytes=150 * SECTOR_BYTES)
    (tmp_path / "image.toc").write_bytes(toc_of_disc(disc, image).encode())
    for sheet in ("disc.toc", "image.toc"):
        said = Written(disc, tmp_path, pcm).run(program("cdrdao"), "show-data", sheet)
        rows = re.sub(r"(?m)^Cdrdao.*$", "", said).replace(":", " ")
        found = np.array(rows.split(), dtype=np.int64).reshape(-1, 3)
        ours = np.frombuffer(pcm, "<i2").reshape(-1, 2)
        assert len(found) == len(ours)
        np.testing.assert_array_equal(found[:, 1:], ours)


# --- libcdio ---------------------------------------------------------------------------------


def expect_libcdio(written: Written, said: str, *, too_long_sectors: int = 0) -> None:
    """Compare the list of tracks; libcdio shows no ISRC."""
    row = r"^ *(\d+): [\d:]+ +(\d+) audio +false +(yes|no) +2 +(yes|no)$"
    rows = re.findall(row, said, re.MULTILINE)
    assert [int(number) for number, *_ in rows] == [t.number for t in written.disc.tracks]
    assert [int(lsn) for _, lsn, *_ in rows] == written.starts
    flags = [(t.is_copy_permitted, t.has_pre_emphasis) for t in written.disc.tracks]
    assert [(copy == "yes", pre == "yes") for _, _, copy, pre in rows] == flags
    end = re.search(r"^170: [\d:]+ +(\d+) leadout", said, re.MULTILINE)
    assert end
    assert int(end[1]) == written.end + too_long_sectors
    catalog = re.search(r"\(MCN\): (\d+)", said)
    assert (catalog[1] if catalog else "") == written.disc.catalog


def libcdio_texts(said: str) -> dict[str, dict[str, str]]:
    """Return place (``Disc`` or ``Track  1``) to item to text."""
    found: dict[str, dict[str, str]] = {}
    items: dict[str, str] = {}
    for line in said.splitlines():
        if place := re.match(r"CD-TEXT for (.*):$", line):
            items = found.setdefault(place[1], {})
        elif item := re.match(r"\t(\w+): (.*)$", line):
            items[item[1]] = item[2]
    return found


def expect_libcdio_texts(written: Written, said: str, *, escaped: bool) -> None:
    texts = libcdio_texts(said)
    for block in written.disc.cd_text:
        for number, told in enumerate((block.disc, *block.tracks)):
            found = texts[f"Track {number:2d}" if number else "Disc"]
            performer = told.performer.replace("ö", "\\366") if escaped else told.performer
            assert (found["TITLE"], found["PERFORMER"]) == (told.title, performer)


def test_libcdio_finds_the_same_in_our_cue_sheet(written: Written, program: Program) -> None:
    said = written.run(program("cd-info"), *CD_INFO, "--cue-file=disc.cue")
    expect_libcdio(written, said)
    expect_libcdio_texts(written, said, escaped=False)  # from the file of packs


def test_libcdio_finds_our_texts_in_the_sheet_itself(
    written: Written, program: Program
) -> None:
    sheet = (written.folder / "disc.cue").read_text(encoding="latin-1")
    alone = re.sub("(?m)^CDTEXTFILE.*\n", "", sheet)
    (written.folder / "alone.cue").write_text(alone, encoding="latin-1")
    # libcdio looks for a file of the sheet's name, not for FILE.
    (written.folder / "alone.bin").unlink(missing_ok=True)
    (written.folder / "alone.bin").hardlink_to(written.folder / "disc.bin")
    said = written.run(program("cd-info"), *CD_INFO, "--cue-file=alone.cue")
    expect_libcdio(written, said)
    expect_libcdio_texts(written, said, escaped=False)


def test_libcdio_finds_the_same_in_our_toc_file(written: Written, program: Program) -> None:
    said = written.run(program("cd-info"), *CD_INFO, "--toc-file=toc.toc")
    last = written.disc.tracks[-1]
    # It adds the pause of the last track to where the disc ends.
    too_long = last.start_sector - last.indexes[0].sector
    expect_libcdio(written, said, too_long_sectors=too_long)
    expect_libcdio_texts(written, said, escaped=True)  # it does not know octal escapes


def test_libcdio_hears_our_sound(written: Written, program: Program) -> None:
    count = ("-s", "0", "-n", str(written.end))
    written.run(
        program("cd-read"), "--no-header", "--mode=audio", *count, "-c", "disc.cue", "-o", "out"
    )
    found = (written.folder / "out").read_bytes()
    (written.folder / "out").unlink()
    assert found == written.pcm


# --- flac ------------------------------------------------------------------------------------


def test_flac_takes_our_sheet_and_gives_it_back(written: Written, program: Program) -> None:
    written.run(
        *(program("flac"), "-s", "-f", "-0", "--cuesheet=wav.cue", "wav.wav", "-o", "d.flac")
    )
    back = written.run(program("metaflac"), "--export-cuesheet-to=-", "d.flac")
    theirs = CueSheet.decode(back.encode())
    name = theirs.files[0].name
    disc = disc_of_cue(theirs, {name: written.end * 588})
    # It keeps no texts and no DCP.
    silent = (replace(track, is_copy_permitted=False) for track in written.disc.tracks)
    assert disc == replace(written.disc, tracks=tuple(silent), cd_text=())


def test_flac_cuts_our_tracks_where_they_are(written: Written, program: Program) -> None:
    written.run(
        *(program("flac"), "-s", "-f", "-0", "--cuesheet=wav.cue", "wav.wav", "-o", "d.flac")
    )
    last = len(written.starts)
    raw = ("--force-raw-format", "--endian=little", "--sign=signed", "-o", "t.raw")
    for number, begin, end in ((1, *written.starts[:2]), (last, written.starts[-1], None)):
        until = f"{number + 1}.1" if end is not None else f"{last + 1}.0"
        written.run(
            program("flac"), "-s", "-d", "-f", f"--cue={number}.1-{until}", *raw, "d.flac"
        )
        found = (written.folder / "t.raw").read_bytes()
        assert found == written.sound(begin, written.end if end is None else end)


# --- shntool ---------------------------------------------------------------------------------


def test_shntool_splits_as_we_say(written: Written, program: Program) -> None:
    split = written.folder / "split"
    split.mkdir(exist_ok=True)
    places = ("-f", "wav.cue", "-d", "split", "-a", "t", "-o", "wav", "-O", "always")
    written.run(program("shnsplit"), *places, "wav.wav")
    found = sorted(split.glob("*.wav"))
    bounds = [*written.starts, written.end]
    if bounds[0] > 0:
        bounds.insert(0, 0)  # what is hidden becomes a file of its own
    assert len(found) == len(bounds) - 1
    for path, begin, end in zip(found, bounds, bounds[1:], strict=False):
        assert path.read_bytes()[44:] == written.sound(begin, end)
    said = written.run(program("shnlen"), "-c", *(f"split/{path.name}" for path in found))
    lengths = re.findall(r"^ *(\d+):(\d\d)\.(\d\d) +\d+ B +(\S+)", said, re.MULTILINE)
    sectors = [(int(m) * 60 + int(s)) * 75 + int(f) for m, s, f, _ in lengths]
    assert sectors[: len(found)] == [e - b for b, e in pairwise(bounds)]
    assert {problems for *_, problems in lengths[: len(found)]} == {"---"}
    for path in found:
        path.unlink()


# --- libcue ----------------------------------------------------------------------------------

PRE_EMPHASIS, COPY_PERMITTED = 1, 2
TITLE, PERFORMER = 0, 1


@pytest.fixture(scope="module")
def libcue(program: Program) -> ctypes.CDLL:
    library = ctypes.CDLL(program("cue"))
    for name in ("cue_parse_string", "cd_get_track", "cd_get_cdtext", "track_get_cdtext"):
        getattr(library, name).restype = ctypes.c_void_p
    for name in ("track_get_isrc", "cdtext_get"):
        getattr(library, name).restype = ctypes.c_char_p
    for name in (
        "track_get_start",
        "track_get_length",
        "track_get_zero_pre",
        "track_get_index",
    ):
        getattr(library, name).restype = ctypes.c_long
    return library


def pointer(found: int) -> ctypes.c_void_p:
    return ctypes.c_void_p(found)


def libcue_tracks(libcue: ctypes.CDLL, cd: int) -> Iterator[ctypes.c_void_p]:
    for number in range(1, libcue.cd_get_ntrack(pointer(cd)) + 1):
        yield pointer(libcue.cd_get_track(pointer(cd), number))


def test_libcue_finds_the_same_in_our_cue_sheet(written: Written, libcue: ctypes.CDLL) -> None:
    cd = libcue.cue_parse_string((written.folder / "disc.cue").read_bytes())
    tracks = list(libcue_tracks(libcue, cd))
    assert [libcue.track_get_start(track) for track in tracks] == written.starts
    # Up to the pause of the next; of the last it knows none.
    begins = [track.indexes[0].sector - 150 for track in written.disc.tracks[1:]]
    lengths = [end - start for start, end in zip(written.starts, begins, strict=False)]
    assert [libcue.track_get_length(track) for track in tracks] == [*lengths, -1]
    for ours, track in zip(written.disc.tracks, tracks, strict=True):
        isrc = libcue.track_get_isrc(track)
        assert (isrc or b"").decode() == ours.isrc
        places = {each.number: each.sector - 150 for each in ours.indexes if each.number > 1}
        for number, place in places.items():
            assert libcue.track_get_index(track, number) == place
        assert bool(libcue.track_is_set_flag(track, PRE_EMPHASIS)) == ours.has_pre_emphasis
        assert bool(libcue.track_is_set_flag(track, COPY_PERMITTED)) == ours.is_copy_permitted
        pause = ours.start_sector - max(150, ours.indexes[0].sector)
        assert max(0, libcue.track_get_zero_pre(track)) == pause
    for block in written.disc.cd_text:
        for texts, track in zip(block.tracks, tracks, strict=True):
            spoken = pointer(libcue.track_get_cdtext(track))
            assert libcue.cdtext_get(TITLE, spoken).decode("latin-1") == texts.title
            assert libcue.cdtext_get(PERFORMER, spoken).decode("latin-1") == texts.performer
    libcue.cd_delete(pointer(cd))


# --- libdiscid -------------------------------------------------------------------------------


def test_libdiscid_names_our_discs_alike(written: Written, program: Program) -> None:
    library = ctypes.CDLL(program("discid"))
    for name in ("discid_get_id", "discid_get_freedb_id"):
        getattr(library, name).restype = ctypes.c_char_p
    library.discid_new.restype = ctypes.c_void_p
    disc = pointer(library.discid_new())
    offsets = (ctypes.c_int * 100)(
        written.disc.lead_out_sector, *(track.start_sector for track in written.disc.tracks)
    )
    assert library.discid_put(disc, 1, len(written.disc.tracks), offsets)
    assert library.discid_get_id(disc).decode() == musicbrainz_id(written.disc)
    assert library.discid_get_freedb_id(disc).decode() == f"{freedb_id(written.disc):08x}"
    library.discid_free(disc)


def test_libdiscid_counts_a_second_disc_like_us(program: Program) -> None:
    library = ctypes.CDLL(program("discid"))
    library.discid_get_id.restype = ctypes.c_char_p
    library.discid_new.restype = ctypes.c_void_p
    disc = pointer(library.discid_new())
    tracks = [replace(each, number=each.number + 12) for each in DISCS["full"].tracks]
    ours = replace(DISCS["full"], tracks=tuple(tracks), cd_text=())
    offsets = (ctypes.c_int * 100)(ours.lead_out_sector)
    for track in tracks:
        offsets[track.number] = track.start_sector
    assert library.discid_put(disc, 13, 15, offsets)
    assert library.discid_get_id(disc).decode() == musicbrainz_id(ours)
    library.discid_free(disc)
