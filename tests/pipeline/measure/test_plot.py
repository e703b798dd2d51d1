"""The picture: a panel for each file, well-formed, and true to the figures."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import soundfile

from pipeline.measure.figures import FileFigures
from pipeline.measure.files import Wish, measure_file
from pipeline.measure.plot import BOTTOM_PX, LEFT_PX, PANEL_PX, RIGHT_PX, TOP_PX, plot_svg
from pipeline.measure.tables import csv_text, sheet_lines, table_lines

SVG = "{http://www.w3.org/2000/svg}"
Make = Callable[..., FileFigures]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return what measures a song of some levels, three seconds each."""

    def made(name: str, *levels_db: float) -> FileFigures:
        noise = np.random.default_rng(1).standard_normal((3 * 8_000 * len(levels_db), 2))
        gains = np.repeat(10 ** (np.array(levels_db) / 20), 3 * 8_000)[:, np.newaxis]
        soundfile.write(tmp_path / name, np.clip(noise * gains, -1, 1), 8_000, subtype="PCM_16")
        return measure_file(tmp_path / name, Wish(is_quick=True))

    return made


def root_of(*files: FileFigures) -> ET.Element:
    return ET.fromstring(plot_svg(files))


def of_class(root: ET.Element, name: str) -> list[ET.Element]:
    return [each for each in root.iter() if each.get("class") == name]


def ys(path: str) -> list[float]:
    return [float(y) for y in re.findall(r"[ML]\S+ (\S+?)(?=[ML ]|$)", path)]


def test_every_file_has_a_panel(make: Make) -> None:
    root = root_of(make("a.wav", -20, -30), make("b & c <d>.wav", -10, -40))
    assert [each.text for each in of_class(root, "title")] == ["a.wav", "b & c <d>.wav"]
    assert root.get("height") == str(2 * PANEL_PX)


def test_both_gates_and_the_integrated_loudness_are_drawn(make: Make) -> None:
    root = root_of(make("a.wav", -20, -60, -20))
    assert len(of_class(root, "gate")) == 2
    words = [each.text or "" for each in root.iter(f"{SVG}text")]
    assert any(word.startswith("relative gate") for word in words)
    assert any(word.startswith("integrated") for word in words)
    assert "absolute gate" in words


def test_louder_is_higher_and_everything_stays_inside(make: Make) -> None:
    (path,) = of_class(root_of(make("a.wav", -40, -10)), "short-term")
    places = ys(path.get("d") or "")
    assert len(places) == 31
    assert places[-1] < places[0] - 50
    assert all(TOP_PX <= y <= BOTTOM_PX for y in places)
    xs = [float(x) for x in re.findall(r"[ML](\S+)", path.get("d") or "")]
    assert LEFT_PX < xs[0] < xs[-1] < RIGHT_PX


def test_bars_under_the_gate_are_told_apart(make: Make) -> None:
    root = root_of(make("a.wav", -10, -45))
    assert of_class(root, "bar")
    assert of_class(root, "bar out")


@pytest.mark.parametrize("levels_db", [(-400.0,), (-400.0, -400.0)])
def test_silence_has_a_picture_too(make: Make, levels_db: tuple[float, ...]) -> None:
    root = root_of(make("a.wav", *levels_db))
    assert not of_class(root, "bar")


def test_a_table_has_a_line_for_each_file(make: Make) -> None:
    files = [make("a.wav", -20), make("b.wav", -30)]
    lines = list(table_lines(files, None))
    assert [line.split()[0] for line in lines[1:3]] == ["a.wav", "b.wav"]
    assert len({len(line) for line in lines[:3]}) == 1


def test_remarks_name_what_a_figure_does_not_show(make: Make) -> None:
    found = replace(
        make("a.wav", -20, -30),
        n_clipped_runs=31, first_clipped_sample=67 * 8_000, bits=24, bits_in_use=16,
        n_silent_gaps=1, longest_silent_gap_samples=96, first_silent_gap_sample=8_000,
        silent_head_samples=24_000,
    )  # fmt: skip
    text = "\n".join(sheet_lines(found))
    assert "at full scale 31 times for three samples or more, first at 1:07.000" in text
    assert "digital silence inside, once, up to 12 ms, first at 0:01.000" in text
    assert "16 of 24 bits are in use" in text
    assert "begins with 3.0 s of digital silence" in text


def test_csv_has_a_column_for_every_figure_that_is_no_list(make: Make) -> None:
    head, line = csv_text([make("a.wav", -20, -30)]).splitlines()
    assert {"integrated_lufs", "true_peak_dbtp", "dr"} <= set(head.split(","))
    assert len(line.split(",")) == len(head.split(","))
    assert csv_text([]) == "\n"
