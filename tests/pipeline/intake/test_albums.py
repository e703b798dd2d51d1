"""The proof of the checks between files: its table is kept, and holds on one small album."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from benchmarks.intake import albums
from benchmarks.intake.album_faults import FAULTS
from benchmarks.intake.albums import measure
from benchmarks.intake.confusion import rows
from pipeline.findings import Severity

KEPT = Path(albums.__file__).with_name("albums.txt")
EXPECTED = sorted({each.expects for each in FAULTS})


@cache
def verdicts() -> dict[str, str]:
    """Return the verdict on each code of the table that is kept: `measure` has made it."""
    row = re.compile(r"^(intake/\S+:\S+) .*  (\w[\w ]*)$", re.MULTILINE)
    return dict(row.findall(KEPT.read_text(encoding="utf-8")))


@pytest.mark.parametrize("code", EXPECTED)
def test_each_finding_reached_its_figures_or_is_advice(code: str) -> None:
    assert verdicts()[code] in {"holds", "advice"}


def test_no_finding_sounds_too_often_in_clean_albums() -> None:
    assert not [code for code, verdict in verdicts().items() if "jumpy" in verdict]


def test_one_album_is_quiet_without_faults_and_heard_with_them() -> None:
    first = {each.expects: each for each in reversed(FAULTS)}
    done = measure(["a rock band"], list(first.values())[:4], seconds=12.0)
    table = rows(done)
    assert not [row.alarms for row in table if row.alarms.get(Severity.FAIL)]
    judged = [row.alone for row in table if row.worst is not Severity.INFO]
    assert sum(heard for heard, _ in judged) == sum(of for _, of in judged) > 0
