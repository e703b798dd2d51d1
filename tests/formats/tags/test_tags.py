from __future__ import annotations

import re
import struct
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import mutagen
import mutagen.flac
import mutagen.mp3
import mutagen.wave
import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from formats.artwork import Artwork
from formats.codecs import decode, encode_flac, encode_mp3, stream_facts
from formats.errors import EncodeError, FormatError, UnsupportedError
from formats.payload import Container, payload_digest
from formats.tags import Tags, copy_tagged, losses, read_tags, write_tags
from formats.tool import Command, ffmpeg_path, run
from formats.wav import read_info, write_wav

N_SAMPLES = 3001
KINDS = ("wav", "flac", "mp3")


def jpeg(width: int, height: int) -> Artwork:
    out = BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "JPEG")
    return Artwork(out.getvalue(), "image/jpeg", width, height)


FULL = Tags(
    title="Slipway",
    artist="The Ferrymen & Björk",
    album="Low Water",
    album_artist="The Ferrymen",
    track=3,
    track_total=12,
    disc=1,
    disc_total=2,
    date="2026-03-06",
    isrc="GBAAA2600001",
    upc="5012345678900",
    catalog_number="FER012CD",
    label="Slack Tide",
    genre="Folk Rock",
    copyright="2026 The Ferrymen",
    p_line="2026 Slack Tide Records",
    artwork=jpeg(40, 30),
)

TITLES = (
    "Björk",
    "Motörhead: Ace of Spades",
    "日本語のうた",
    "“Don't” \"Stop\" 'Me'",
    "🎵 emoji 👩‍👩‍👧",
    "AC/DC; back\\slash",
    "x" * 300,
    "é" * 300,
    " spaced ",
    "e\u0301 is not \u00e9",
    "ID3",
    "=",
    "(17)",
    "\ufeffmarked",
)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return files without tags, by kind."""
    folder = tmp_path_factory.mktemp("bare")
    audio = np.random.default_rng(1).integers(-9999, 9999, (N_SAMPLES, 2), np.int16)
    audio.tofile(folder / "raw.pcm")
    (audio / 32768).astype("<f4").tofile(folder / "raw.f32")
    rate: dict[str, Any] = {"sample_rate_hz": 44100}
    write_wav(folder / "song.wav", folder / "raw.pcm", bits=16, n_channels=2, **rate)
    encode_flac([audio.astype(np.int32)], folder / "song.flac", bits=16, **rate)
    encode_mp3(folder / "raw.f32", folder / "song.mp3", **rate)
    return {kind: folder / f"song.{kind}" for kind in KINDS}


@pytest.fixture(params=KINDS)
def source(request: pytest.FixtureRequest, bare: dict[str, Path]) -> Path:
    return bare[request.param]


def tagged(source: Path, tags: Tags, folder: Path) -> Path:
    out = folder / f"tagged{source.suffix}"
    copy_tagged(source, out, tags)
    return out


def test_every_field_comes_back(source: Path, tmp_path: Path) -> None:
    assert read_tags(tagged(source, FULL, tmp_path)) == FULL


def test_a_file_without_tags_has_none(source: Path) -> None:
    assert read_tags(source) == Tags()


@pytest.mark.parametrize("title", TITLES)
def test_titles_come_back_as_they_were(title: str, source: Path, tmp_path: Path) -> None:
    tags = Tags(title=title, artist=title, album=title, label=title)
    assert read_tags(tagged(source, tags, tmp_path)) == tags


LINES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=300)
NUMBERS = st.none() | st.integers(1, 999)


@st.composite
def some_tags(draw: st.DrawFn) -> Tags:
    texts = {
        name: draw(LINES)
        for name in ("title", "artist", "album", "album_artist", "label", "upc")
    }
    texts["genre"] = draw(st.just("") | LINES.map("Folk {}".format))
    texts |= {name: draw(LINES) for name in ("isrc", "catalog_number", "copyright", "p_line")}
    date = draw(st.sampled_from(["", "2026", "1999-12", "2024-02-29"]))
    track, disc = draw(NUMBERS), draw(NUMBERS)
    totals = {
        "track_total": draw(st.none() | st.integers(track, 999)) if track else None,
        "disc_total": draw(st.none() | st.integers(disc, 999)) if disc else None,
    }
    return Tags(**texts, date=date, track=track, disc=disc, **totals)  # type: ignore[arg-type]


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(tags=some_tags())
def test_whatever_can_be_written_is_read(tags: Tags, source: Path, tmp_path: Path) -> None:
    assert read_tags(tagged(source, tags, tmp_path)) == tags


def decoded(path: Path) -> Any:
    return np.concatenate([piece.audio for piece in decode(path)])


def test_tags_do_not_touch_the_audio(source: Path, tmp_path: Path) -> None:
    out = tagged(source, FULL, tmp_path)
    assert payload_digest(out) == payload_digest(source)
    assert stream_facts(out) == stream_facts(source)
    np.testing.assert_array_equal(decoded(out), decoded(source))


def test_the_same_tags_and_audio_give_the_same_bytes(source: Path, tmp_path: Path) -> None:
    once = tagged(source, FULL, tmp_path).read_bytes()
    detour = tmp_path / "detour"
    detour.write_bytes(source.read_bytes())
    write_tags(detour, Tags(title="Another", artwork=jpeg(300, 300)))
    write_tags(detour, Tags())
    write_tags(detour, FULL)
    assert detour.read_bytes() == once


def test_old_tags_are_replaced(source: Path, tmp_path: Path) -> None:
    path = tagged(source, FULL, tmp_path)
    write_tags(path, Tags(title="Alone"))
    assert read_tags(path) == Tags(title="Alone")


def test_a_file_is_retagged_whole_or_not_at_all(source: Path, tmp_path: Path) -> None:
    path = tagged(source, FULL, tmp_path)
    path.chmod(0o640)
    before = path.read_bytes()
    with pytest.raises(EncodeError):
        write_tags(path, Tags(title="two\nlines"))
    assert path.read_bytes() == before
    write_tags(path, Tags(title="one line"))
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_what_tags_cannot_hold_is_not_written(source: Path, tmp_path: Path) -> None:
    with pytest.raises(EncodeError, match="track: 0 must be 1 to 999"):
        tagged(source, Tags(track=0), tmp_path)


def test_a_picture_that_flac_cannot_hold_is_refused(
    bare: dict[str, Path], tmp_path: Path
) -> None:
    huge = Artwork(bytes(1 << 24), "image/jpeg", 1, 1)
    with pytest.raises(EncodeError, match="artwork: '16777216 bytes' must stay under 16 MiB"):
        tagged(bare["flac"], Tags(artwork=huge), tmp_path)


def test_what_readers_may_not_see_is_said() -> None:
    for container in Container:
        assert any("p_line" in loss or "all tags" in loss for loss in losses(container))


# Where the tags stand


def test_a_wav_ends_with_its_audio(bare: dict[str, Path], tmp_path: Path) -> None:
    out = tagged(bare["wav"], FULL, tmp_path)
    info = read_info(out)
    assert [chunk.id for chunk in info.chunks] == ["fmt ", "id3 ", "data"]
    assert info.format_tag == 1
    assert out.stat().st_size == info.chunks[-1].end
    assert all(chunk.n_bytes % 2 == 0 for chunk in info.chunks)
    assert soundfile.info(out).frames == N_SAMPLES


def test_other_chunks_of_a_wav_are_kept(bare: dict[str, Path], tmp_path: Path) -> None:
    data = bare["wav"].read_bytes()
    late = b"cue " + struct.pack("<I", 4) + bytes(4)
    (tmp_path / "cue.wav").write_bytes(data + late)
    out = tagged(tmp_path / "cue.wav", FULL, tmp_path)
    assert [chunk.id for chunk in read_info(out).chunks] == ["fmt ", "cue ", "id3 ", "data"]


def test_a_wav_of_floats_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "float.wav", np.zeros((9, 2)), 48000, subtype="FLOAT")
    with pytest.raises(UnsupportedError, match="must hold whole integer samples"):
        tagged(tmp_path / "float.wav", FULL, tmp_path)


def test_a_flac_has_its_comments_before_the_picture(
    bare: dict[str, Path], tmp_path: Path
) -> None:
    # Windows Explorer shows no tags when the picture comes first.
    reader: Any = mutagen.flac.FLAC
    flac = reader(tagged(bare["flac"], FULL, tmp_path))
    codes = [block.code for block in flac.metadata_blocks]
    assert codes == [0, 4, 6, 1]
    assert flac.metadata_blocks[-1].length == 4096


def test_a_flac_says_how_large_its_picture_is(bare: dict[str, Path], tmp_path: Path) -> None:
    reader: Any = mutagen.flac.FLAC
    picture = reader(tagged(bare["flac"], FULL, tmp_path)).pictures[0]
    assert (picture.type, picture.mime) == (3, "image/jpeg")
    assert (picture.width, picture.height, picture.depth) == (40, 30, 24)


def test_an_mp3_carries_id3_version_2_4_and_no_other(
    bare: dict[str, Path], tmp_path: Path
) -> None:
    data = tagged(bare["mp3"], FULL, tmp_path).read_bytes()
    assert data[:6] == b"ID3\x04\0\0"
    assert data.count(b"ID3") == 1
    assert data[-128:-125] != b"TAG"


@pytest.mark.parametrize("kind", ["mp3", "wav"])
def test_frames_are_those_of_the_mapping(
    kind: str, bare: dict[str, Path], tmp_path: Path
) -> None:
    reader: Any = {"mp3": mutagen.mp3.MP3, "wav": mutagen.wave.WAVE}[kind]
    found = reader(tagged(bare[kind], FULL, tmp_path)).tags
    frames = {key: found[key] for key in found if not key.startswith("APIC")}
    assert {key: str(frame) for key, frame in frames.items()} == {
        "TIT2": "Slipway",
        "TPE1": "The Ferrymen & Björk",
        "TALB": "Low Water",
        "TPE2": "The Ferrymen",
        "TRCK": "3/12",
        "TPOS": "1/2",
        "TDRC": "2026-03-06",
        "TSRC": "GBAAA2600001",
        "TXXX:BARCODE": "5012345678900",
        "TXXX:CATALOGNUMBER": "FER012CD",
        "TPUB": "Slack Tide",
        "TCON": "Folk Rock",
        "TCOP": "2026 The Ferrymen",
        "TPRO": "2026 Slack Tide Records",
    }


def test_comments_are_those_of_the_mapping(bare: dict[str, Path], tmp_path: Path) -> None:
    reader: Any = mutagen.flac.FLAC
    found = reader(tagged(bare["flac"], FULL, tmp_path)).tags.as_dict()
    assert found == {
        "title": ["Slipway"],
        "artist": ["The Ferrymen & Björk"],
        "album": ["Low Water"],
        "albumartist": ["The Ferrymen"],
        "tracknumber": ["3"],
        "tracktotal": ["12"],
        "discnumber": ["1"],
        "disctotal": ["2"],
        "date": ["2026-03-06"],
        "isrc": ["GBAAA2600001"],
        "barcode": ["5012345678900"],
        "catalognumber": ["FER012CD"],
        "label": ["Slack Tide"],
        "genre": ["Folk Rock"],
        "copyright": ["2026 The Ferrymen"],
        "pline": ["2026 Slack Tide Records"],
    }


# Others agree


@pytest.mark.parametrize("title", [*TITLES[:7], "plain"])
def test_ffmpeg_reads_the_same(title: str, source: Path, tmp_path: Path) -> None:
    path = tagged(source, replace(FULL, title=title), tmp_path)
    argv = (ffmpeg_path(), "-v", "error", "-i", str(path), "-f", "ffmetadata", "-")
    said = run(Command(argv, "ffmpeg", "reading tags")).decode()
    lines = re.findall(r"^(\w+)=(.*)$", said, flags=re.MULTILINE)
    found = {key.lower(): re.sub(r"\\(.)", r"\1", value) for key, value in lines}
    assert found["title"] == title
    assert (found["artist"], found["album"]) == (FULL.artist, FULL.album)
    assert (found["album_artist"], found["genre"]) == ("The Ferrymen", "Folk Rock")
    assert found["date"] == "2026-03-06"
    assert found["track"].split("/")[0] == "3"
    assert found.get("isrc", found.get("tsrc")) == "GBAAA2600001"
    assert found["barcode"] == "5012345678900"


def test_ffmpeg_finds_the_picture(source: Path, tmp_path: Path) -> None:
    path = tagged(source, FULL, tmp_path)
    argv = (ffmpeg_path(), "-v", "error", "-i", str(path), "-map", "0:v", "-c", "copy")
    command = Command((*argv, "-f", "image2pipe", "-"), "ffmpeg", "reading artwork")
    assert FULL.artwork is not None
    assert run(command) == FULL.artwork.data


# Files of others


def test_id3_version_2_3_is_read(bare: dict[str, Path], tmp_path: Path) -> None:
    path = tagged(bare["mp3"], replace(FULL, p_line=""), tmp_path)
    reader: Any = mutagen.mp3.MP3
    other = reader(path)
    other.tags.update_to_v23()
    other.save(v2_version=3)
    assert path.read_bytes()[:4] == b"ID3\x03"
    assert read_tags(path) == replace(FULL, p_line="")


def test_a_chunk_in_capitals_is_read(bare: dict[str, Path], tmp_path: Path) -> None:
    path = tagged(bare["wav"], FULL, tmp_path)
    path.write_bytes(path.read_bytes().replace(b"id3 ", b"ID3 ", 1))
    assert read_tags(path) == FULL
    write_tags(path, Tags(title="Alone"))
    assert [chunk.id for chunk in read_info(path).chunks] == ["fmt ", "id3 ", "data"]


def test_several_artists_are_read_as_one_line(bare: dict[str, Path], tmp_path: Path) -> None:
    path = tagged(bare["flac"], FULL, tmp_path)
    reader: Any = mutagen.flac.FLAC
    other = reader(path)
    other["artist"] = ["Ada", "Grace"]
    other.save()
    assert read_tags(path).artist == "Ada; Grace"


@pytest.mark.parametrize(("kind", "frame"), [("mp3", b"3/12"), ("flac", b"TRACKNUMBER=3")])
def test_a_track_that_is_no_number_is_an_error(
    kind: str, frame: bytes, bare: dict[str, Path], tmp_path: Path
) -> None:
    path = tagged(bare[kind], FULL, tmp_path)
    data = path.read_bytes()
    assert frame in data
    path.write_bytes(data.replace(frame, frame.replace(b"3", b"A")))
    with pytest.raises(FormatError, match=r"the track in the .* is 'A"):
        read_tags(path)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_whatever_the_bytes_only_our_own_errors_escape(
    data: st.DataObject, source: Path, tmp_path: Path
) -> None:
    path = tagged(source, replace(FULL, artwork=jpeg(1, 1)), tmp_path)
    damaged = bytearray(path.read_bytes())
    places = st.integers(0, min(700, len(damaged) - 1))
    for place, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=9)):
        damaged[place] = byte
    path.write_bytes(damaged[: data.draw(st.sampled_from([None, 30, 200, 900]))])
    with suppress(FormatError):
        read_tags(path)
    with suppress(FormatError):
        copy_tagged(path, tmp_path / "again", FULL)
