import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.errors import SourceError
from pipeline.intake.scaffold import draft
from pipeline.intake.yaml_text import quoted
from pipeline.master.registry import parameters
from pipeline.spec.loader import LoadedSpec, load

WriteMix = Callable[..., Path]
ALBUM = "The Ferrymen - Low Water"


@pytest.fixture
def write_mixes(write_mix: WriteMix, noise: Audio) -> Callable[..., Path]:
    """Write mixes of a tenth of a second under these names; return their folder."""

    def write(*names: str, folder: str = ALBUM, **how: object) -> Path:
        paths = [write_mix(noise[:4800], f"{folder}/{name}", **how) for name in names]
        return paths[0].parent

    return write


def scaffold(folder: Path, *, spec_folder: Path | None = None) -> str:
    return draft(folder, spec_folder=spec_folder).text


def loaded(folder: Path, *, spec_folder: Path | None = None) -> LoadedSpec:
    text = scaffold(folder, spec_folder=spec_folder)
    path = (spec_folder or folder) / "album.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, processors=parameters())


def titles(folder: Path) -> list[str]:
    return [track.title for track in loaded(folder).spec.tracks.values()]


def line_with(text: str, word: str) -> str:
    (line,) = (line for line in text.splitlines() if word in line)
    return line.strip()


def test_order_titles_and_album_come_from_the_names(write_mixes: Callable[..., Path]) -> None:
    folder = write_mixes("02 Tide_v2.wav", "10 Dry Dock.flac", "01 - Slipway (final mix 3).wav")
    spec = loaded(folder).spec
    assert (spec.album.artist, spec.album.title) == ("The Ferrymen", "Low Water")
    assert list(spec.tracks) == ["slipway", "tide", "dry-dock"]
    assert [track.title for track in spec.tracks.values()] == ["Slipway", "Tide", "Dry Dock"]


def test_names_without_numbers_keep_their_natural_order(
    write_mixes: Callable[..., Path],
) -> None:
    folder = write_mixes("Part 10.wav", "part 2.wav", "01 Intro.wav")
    assert titles(folder) == ["Intro", "part 2", "Part 10"]


def test_paths_are_relative_to_where_the_spec_will_be(
    write_mixes: Callable[..., Path],
) -> None:
    folder = write_mixes("01 Slipway.wav", folder=f"{ALBUM}/mixes")
    spec = loaded(folder, spec_folder=folder.parent).spec
    source = spec.tracks["slipway"].source
    assert (source.text, source.path) == ("mixes/01 Slipway.wav", folder / "01 Slipway.wav")
    text = scaffold(folder, spec_folder=folder.parent / "x")
    assert 'mix: "../mixes/01 Slipway.wav"' in text


def test_a_folder_called_mixes_takes_the_name_above_it(
    write_mixes: Callable[..., Path],
) -> None:
    spec = loaded(write_mixes("01 Slipway.wav", folder=f"{ALBUM}/Final Mixes")).spec
    assert (spec.album.artist, spec.album.title) == ("The Ferrymen", "Low Water")


def test_what_nobody_can_guess_is_a_todo(write_mixes: Callable[..., Path]) -> None:
    text = scaffold(write_mixes("01 Slipway.wav", folder="demos"))
    assert "TODO who made it?" in line_with(text, "artist:")
    assert line_with(text, "title: demos").startswith("title: demos")


def test_nothing_invented_can_be_released_by_taking_a_comment_sign_away(
    write_mixes: Callable[..., Path],
) -> None:
    text = scaffold(write_mixes("01 Slipway.wav"))
    for key in ("isrc", "release_date"):
        assert line_with(text, f"{key}:").startswith(f"# {key}: TODO")
    assert "{upc: …, catalog_number: …}" in line_with(text, "cd: {}")


def test_proposals_are_lines_that_work(write_mixes: Callable[..., Path]) -> None:
    spec = loaded(write_mixes("01 Slipway.wav", "02 Tide.wav")).spec
    assert (spec.level.match, spec.level.at_lufs) == ("loud_passages", -10)
    assert spec.limiter is not None
    assert (spec.limiter.ceiling_dbtp, spec.limiter.max_reduction_db) == (-1, 4)
    assert spec.tracks["tide"].gap.to_seconds(48_000) == 2
    assert [each.kind for each in spec.deliverables.values()] == ["cd_image", "files", "files"]


def test_lengths_rates_and_depths_are_comments(
    write_mixes: Callable[..., Path], write_mix: WriteMix
) -> None:
    folder = write_mixes("01 Slipway.wav", "02 Tide.wav")
    write_mix(np.zeros((44_100 * 62, 1)), f"{ALBUM}/03 Long.flac", samplerate=44_100)
    text = scaffold(folder)
    assert line_with(text, "long:") == "long:  # 1:02, 44.1 kHz, 16-bit FLAC"
    assert "2 mixes at 48 kHz, 1 mix at 44.1 kHz" in line_with(text, "sample_rate")
    assert "mono: it goes to both channels alike" in text
    assert text.count("48 kHz: not the rate of the others") == 2


def test_hidden_files_and_other_files_are_passed_over(
    write_mixes: Callable[..., Path],
) -> None:
    folder = write_mixes("01 Slipway.wav", "._01 Slipway.wav", ".x.wav")
    (folder / "notes.txt").write_text("take 3")
    (folder / "02 Folder.wav").mkdir()
    assert titles(folder) == ["Slipway"]


def test_the_last_take_is_chosen_and_the_others_are_shown(
    write_mixes: Callable[..., Path],
) -> None:
    folder = write_mixes("Slipway mix 9.wav", "Slipway mix 10.wav", "Slipway mix 2.wav")
    loaded_spec = loaded(folder)
    (track,) = loaded_spec.spec.tracks.values()
    assert track.source.text == "Slipway mix 10.wav"
    after = loaded_spec.text.partition("TODO several takes of one song")[2].splitlines()
    assert [line.strip() for line in after[1:3]] == [
        "# mix: Slipway mix 2.wav",
        "# mix: Slipway mix 9.wav",
    ]


def test_one_title_in_two_places_is_two_tracks_and_a_question(
    write_mixes: Callable[..., Path],
) -> None:
    folder = write_mixes("01 Slipway.wav", "02 Tide.wav", "03 Slipway.wav")
    text = loaded(folder).text
    assert titles(folder) == ["Slipway", "Tide", "Slipway"]
    assert text.count("TODO another track has this title too") == 2


def test_two_files_with_one_number_are_a_question(write_mixes: Callable[..., Path]) -> None:
    text = scaffold(write_mixes("01 Slipway.wav", "01 Tide.wav", "Ghost.wav"))
    assert text.count("TODO another file has this number too") == 2
    assert text.count("TODO its file has no number") == 1


def test_a_lossy_mix_is_listed_with_the_question_why(
    write_mixes: Callable[..., Path],
) -> None:
    folder = write_mixes("01 Slipway.mp3", subtype="MPEG_LAYER_III")
    text = loaded(folder).text
    assert "TODO MP3 is lossy: ask for the WAV" in text
    waived = text.replace("# intent: {lossy_source", "intent: {lossy_source")
    assert yaml.safe_load(waived)["tracks"]["slipway"]["intent"] == {"lossy_source": "TODO why"}


def test_a_file_that_cannot_be_used_is_left_out_with_the_reason(
    write_mixes: Callable[..., Path],
) -> None:
    folder = write_mixes("01 Slipway.wav", "02 Tide.wav")
    cut = folder / "02 Tide.wav"
    cut.write_bytes(cut.read_bytes()[:-400])
    (folder / "03\nGhost.m4a").write_bytes(b"\x00\x00\x00\x20ftypM4A ")
    text = loaded(folder).text
    assert titles(folder) == ["Slipway"]
    assert "# TODO left out: 02 Tide.wav is truncated" in text
    assert "# TODO left out: 03\\U0000000aGhost.m4a has a name" in text


@pytest.mark.parametrize("name", ["01 a\\b.wav", "01 \udcff.wav", "01 a\u2028b.wav"])
def test_a_name_that_no_spec_can_hold_is_left_out(
    write_mixes: Callable[..., Path], name: str
) -> None:
    folder = write_mixes("02 Tide.wav")
    (folder / "02 Tide.wav").with_name(name).write_bytes((folder / "02 Tide.wav").read_bytes())
    assert titles(folder) == ["Tide"]
    assert "has a name that no other system can read: rename it" in scaffold(folder)


def test_an_album_too_long_for_a_cd_gets_none(write_mix: WriteMix) -> None:
    path = write_mix(
        np.zeros((10, 1)), f"{ALBUM}/01 Long.wav", subtype="PCM_U8", samplerate=8000
    )
    content = bytearray(path.read_bytes())
    n_samples = 8000 * 60 * 80
    struct.pack_into("<I", content, 4, n_samples + 36)
    struct.pack_into("<I", content, 40, n_samples)
    path.write_bytes(content[:44])
    with path.open("r+b") as file:
        file.truncate(44 + n_samples)
    spec = loaded(path.parent).spec
    assert set(spec.deliverables) == {"stores", "promo"}
    assert "# TODO too long for one CD: 80 min, 1 tracks" in scaffold(path.parent)


@pytest.mark.parametrize(
    "title",
    ["NO", "1999", "It's", "a: b", "#1", "🎉", '"Heroes"', "null", "👩‍🚀", "{x}", "~", "@"],
)
def test_any_title_is_kept_as_it_is(write_mixes: Callable[..., Path], title: str) -> None:
    assert titles(write_mixes(f"01 - {title}.wav")) == [title]


@pytest.mark.parametrize("title", ["con", "Aux", "日本語", "!!!", "COM1", "x" * 200, "Don't"])
def test_any_title_gives_an_id_that_loads(write_mixes: Callable[..., Path], title: str) -> None:
    assert titles(write_mixes(f"01 - {title}.wav")) == [title]


def test_ids_are_told_apart(write_mixes: Callable[..., Path]) -> None:
    folder = write_mixes("01 Tide!.wav", "02 Tide.wav", "03 Tide?.wav")
    assert list(loaded(folder).spec.tracks) == ["tide", "tide-2", "tide-3"]


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_quoting_keeps_every_text(text: str) -> None:
    assert yaml.load(f"a: {quoted(text)}  # x", yaml.BaseLoader) == {"a": text}
    assert yaml.safe_load(f"{quoted(text)}: b") == {text: "b"}


@settings(max_examples=25, deadline=None)
@given(
    names=st.lists(
        st.text(
            st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), max_size=25
        ),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_the_names_the_spec_loads_or_says_why_not(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("mixes")
    content = b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\xbb\0\0\0\x77\1\0\2\0\x10\0"
    for name in names:
        (folder / f"{name}.wav").write_bytes(content + b"data\4\0\0\0\1\2\3\4")
    usable = {name for name in names if name.isprintable() and name and name[0].isalnum()}
    if not {name for name in usable if "\\" not in name}:
        with suppress(SourceError):
            loaded(folder)
        return
    assert all(track.source.path.exists() for track in loaded(folder).spec.tracks.values())


def test_a_folder_without_mixes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(SourceError, match="has no audio files in it\n  hint: put the mixes in"):
        scaffold(tmp_path)
    (tmp_path / "CD 1").mkdir()
    with pytest.raises(SourceError, match="name one of the folders in it"):
        scaffold(tmp_path)
    (tmp_path / "a.wav").touch()
    with pytest.raises(SourceError, match=r"no mix that can be used: a.wav is an empty file"):
        scaffold(tmp_path)


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        scaffold(tmp_path / "none")
    (tmp_path / "a.wav").touch()
    with pytest.raises(SourceError, match="is a file, not a folder of mixes"):
        scaffold(tmp_path / "a.wav")


def test_nothing_is_written(write_mixes: Callable[..., Path]) -> None:
    folder = write_mixes("01 Slipway.wav")
    scaffold(folder)
    assert [path.name for path in folder.iterdir()] == ["01 Slipway.wav"]
