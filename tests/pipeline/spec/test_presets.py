"""Presets: lines to begin with, which do only what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.master.checks import Worked, chain_findings
from pipeline.master.registry import parameters
from pipeline.spec.loader import load
from pipeline.spec.model import AlbumSpec
from pipeline.spec.presets import PROPOSED, preset_names, preset_summary, preset_text

REST = """
album: {title: A, artist: B}
tracks: {one: {title: One, mix: one.wav}}
"""


def spec_of(text: str, folder: Path) -> AlbumSpec:
    path = folder / "album.yaml"
    path.write_text(text + REST, encoding="utf-8")
    return load(path, processors=parameters()).spec


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_a_spec_within_the_guard_rails(name: str, tmp_path: Path) -> None:
    spec = spec_of(preset_text(name), tmp_path)
    assert spec.level is not None
    assert spec.limiter is not None
    assert chain_findings(Worked(spec.album_chain), track="one", intent={}) == ()


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_says_in_one_line_what_it_is_for(name: str) -> None:
    assert preset_text(name).startswith(f"# {preset_summary(name)}\n")
    assert 20 < len(preset_summary(name)) < 100


def test_what_is_proposed_changes_no_sound(tmp_path: Path) -> None:
    assert spec_of(preset_text(PROPOSED), tmp_path).album_chain == ()
    assert len(preset_names()) >= 6


def test_a_file_of_ones_own_is_taken_as_it_is(tmp_path: Path) -> None:
    own = tmp_path / "mine.yaml"
    own.write_text("album_chain: [{gain: -1 dB}]\n", encoding="utf-8")
    assert preset_text(str(own)) == "album_chain: [{gain: -1 dB}]\n"


def test_what_is_no_preset_is_told_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no preset is called wram") as caught:
        preset_text("wram")
    assert "warm" in caught.value.hint
    with pytest.raises(UsageError, match=r"mine\.yaml: cannot be read: No such file"):
        preset_text(str(tmp_path / "mine.yaml"))
    (tmp_path / "pic.yaml").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(UsageError, match="it is no text"):
        preset_text(str(tmp_path / "pic.yaml"))
