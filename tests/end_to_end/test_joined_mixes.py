"""Mixes that were cut where one song runs into the next, or where the spec ends them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.build.check import check_album
from pipeline.build.session import Settings
from tests.conftest import Listener, write_mix

RATE_HZ = 48_000
SPEC = """\
album: {{title: T, artist: A}}
tracks:
  ebb: {{title: Ebb, mix: mixes/ebb.wav}}
  flood: {{title: Flood, mix: mixes/flood.wav{joined}}}
editions:
  single: {{title: S{edition}}}
deliverables:
  files: {{kind: files, format: wav}}
  single: {{kind: files, format: wav, edition: single}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an album of one piece that swells and fades, cut in its middle into two mixes."""
    made = tmp_path_factory.mktemp("joined")
    n_samples = 12 * RATE_HZ
    shape = np.sin(np.linspace(0.0, np.pi, n_samples)) ** 2
    piece = 0.1 * np.random.default_rng(3).normal(size=(n_samples, 2)) * shape[:, None]
    write_mix(made / "mixes/ebb.wav", piece[: n_samples // 2], RATE_HZ)
    write_mix(made / "mixes/flood.wav", piece[n_samples // 2 :], RATE_HZ)
    return made


def cut(folder: Path, **keys: str) -> set[tuple[str, str]]:
    """Return which mixes are said to be cut, and where."""
    spec = SPEC.format(**{"joined": "", "edition": ""} | keys)
    (folder / "album.yaml").write_text(spec, encoding="utf-8")
    checked = check_album(folder / "album.yaml", settings=Settings(), teller=Listener())
    return {(each.track, each.check) for each in checked.checked.findings if each.code == "cut"}


def test_without_a_join_the_tail_and_the_head_are_cut_off(folder: Path) -> None:
    assert cut(folder) == {("ebb", "intake/tail"), ("flood", "intake/head")}


@pytest.mark.parametrize("join", ["segue_from: ebb", "crossfade_from: ebb, crossfade: 1 s"])
def test_where_one_runs_into_the_other_both_are_meant(folder: Path, join: str) -> None:
    assert cut(folder, joined=f", {join}") == set()


def test_a_join_in_one_edition_is_enough(folder: Path) -> None:
    assert cut(folder, edition=", tracks: {flood: {segue_from: ebb}}") == set()


@pytest.mark.parametrize(
    ("keys", "left"),
    [
        ("fade_in: {to: 0.5 s}", {("ebb", "intake/tail")}),
        ("trim: {from: 1 s}", {("ebb", "intake/tail")}),
        ("fade_out: {from: 4 s, to: 5 s}", {("ebb", "intake/tail"), ("flood", "intake/head")}),
        ("trim: {to: 5 s}", {("ebb", "intake/tail"), ("flood", "intake/head")}),
    ],
)
def test_an_end_that_is_trimmed_or_faded_is_not_heard(
    folder: Path, keys: str, left: set[tuple[str, str]]
) -> None:
    assert cut(folder, joined=f", {keys}") == left


def test_a_tail_that_is_faded_is_not_heard(folder: Path) -> None:
    overlay = ", tracks: {ebb: {fade_out: {from: 4 s, to: 5 s}}}"
    assert cut(folder, edition=overlay) == {("flood", "intake/head")}


def test_a_join_says_nothing_of_the_other_ends(folder: Path) -> None:
    spec = "tracks:\n  flood: {title: Flood, mix: mixes/flood.wav}\n  ebb: {title: Ebb, "
    joined = f"album: {{title: T, artist: A}}\n{spec}mix: mixes/ebb.wav, segue_from: flood}}\n"
    (folder / "album.yaml").write_text(joined, encoding="utf-8")
    checked = check_album(folder / "album.yaml", settings=Settings(), teller=Listener())
    found = {(each.track, each.code) for each in checked.checked.findings}
    assert {("ebb", "cut"), ("flood", "cut")} <= found
