"""The intake's proof: its table is kept, and holds on a small part of the corpus."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from benchmarks.intake import confusion
from benchmarks.intake.confusion import Row, Trial, lines, measure, rows
from benchmarks.intake.corpus import Fault, Programme, Stage, faults, spoil
from pipeline.dsp import Audio
from pipeline.findings import Severity

KEPT = Path(confusion.__file__).with_name("confusion.txt")
KINDS = ("chiptune", "drone", "rock", "spoken word")
SECONDS = 12.0


@cache
def table() -> dict[str, list[str]]:
    """Return the fields behind each code of the table that is kept: `measure` has made it."""
    text = KEPT.read_text(encoding="utf-8")
    row = re.compile(
        r"^(intake/\S+:\S+) +(\d+) +(\d+) +(\d+) +(.*?)  (\w[\w ]*)$", re.MULTILINE
    )
    return {code: list(rest) for code, *rest in row.findall(text)}


def test_the_table_that_is_kept_has_a_row_for_every_finding_that_a_fault_expects() -> None:
    assert {each.expects for each in faults()} <= set(table())


@pytest.mark.parametrize("code", sorted({each.expects for each in faults()}))
def test_each_finding_reached_its_figures_or_is_advice(code: str) -> None:
    assert table()[code][-1] in {"holds", "advice"}


def test_no_finding_sounds_too_often_in_clean_programmes() -> None:
    assert not [code for code, fields in table().items() if "jumpy" in fields[-1]]


@pytest.fixture(scope="module")
def small() -> list[Trial]:
    """A fault of each finding in one programme, each programme clean."""
    first = {each.expects: each for each in reversed(faults())}
    done = []
    for number, kind in enumerate(KINDS):
        here = [
            each
            for place, each in enumerate(first.values())
            if place % len(KINDS) == number and (not each.kinds or kind in each.kinds)
        ]
        done += measure([(kind, 0)], here, seconds=SECONDS, pairs=False)
    return done


def test_a_small_part_of_the_corpus_is_heard_and_clean_programmes_pass(
    small: list[Trial],
) -> None:
    judged = [each for each in rows(small) if each.worst is not Severity.INFO]
    heard = sum(each.alone[0] for each in judged)
    assert heard >= 0.95 * sum(each.alone[1] for each in judged), [r.missed for r in judged]
    assert not [r.alarms for r in judged if r.alarms.get(Severity.FAIL)]
    assert sum(len(r.alarms.get(Severity.WARN, ())) for r in judged) <= 1


# --- the harness itself -----------------------------------------------------------------------


def untouched(audio: Audio, sample_rate_hz: int, rng: np.random.Generator) -> Audio:
    return audio


def louder(audio: Audio, sample_rate_hz: int, rng: np.random.Generator) -> Audio:
    return 2.0 * audio


def added(audio: Audio, sample_rate_hz: int, rng: np.random.Generator) -> Audio:
    return audio + 1.0


HUM = Fault("hum", "intake/hum:hum", untouched)
CLIP = Fault("clip", "intake/clip:clip", untouched)


def trial(number: int, *parts: Fault, **found: Severity) -> Trial:
    heard = {f"intake/{name}:{name}": severity for name, severity in found.items()}
    return Trial(f"rock {number}", "rock", parts, heard)


def row(code: str, *done: Trial) -> Row:
    return next(each for each in rows(done) if each.code == code)


def test_recall_counts_faults_alone_and_in_pairs() -> None:
    found = row(
        HUM.expects,
        trial(0, HUM, hum=Severity.WARN),
        trial(1, HUM),
        trial(2, HUM, CLIP, clip=Severity.FAIL),
        trial(3, HUM, CLIP, hum=Severity.WARN),
        trial(4, CLIP, hum=Severity.WARN),
    )
    assert found.alone == (1, 2)
    assert found.pairs == (1, 2)
    assert found.missed == ["hum in rock 1", "hum in rock 2 beside clip"]
    assert not found.is_heard


@pytest.mark.parametrize(
    ("severity", "n_alarms", "is_quiet"),
    [
        (Severity.FAIL, 2, True),
        (Severity.FAIL, 3, False),
        (Severity.WARN, 5, True),
        (Severity.WARN, 6, False),
        (Severity.INFO, 100, True),
    ],
)
def test_alarms_in_clean_programmes_are_weighed_by_their_severity(
    severity: Severity, n_alarms: int, is_quiet: bool
) -> None:
    loud = [trial(number, hum=severity) for number in range(n_alarms)]
    clean = [trial(number) for number in range(n_alarms, 100)]
    assert row(HUM.expects, *loud, *clean).is_quiet is is_quiet


def verdicts(*done: Trial) -> Iterator[str]:
    yield from (each.split()[-1] for each in lines(list(done)) if each.startswith("intake/"))


def test_the_verdict_says_what_does_not_hold() -> None:
    heard = trial(0, HUM, hum=Severity.WARN)
    assert list(verdicts(heard, trial(0))) == ["holds"]
    assert list(verdicts(trial(0, HUM), trial(0))) == ["deaf"]
    assert list(verdicts(heard, trial(0, hum=Severity.FAIL))) == ["jumpy"]
    assert list(verdicts(trial(0, hum=Severity.WARN), *map(trial, range(1, 30)))) == ["untried"]
    assert list(verdicts(trial(0, HUM, hum=Severity.INFO), trial(0))) == ["advice"]


def test_what_a_fault_raises_besides_is_told() -> None:
    text = "\n".join(lines([trial(0), trial(0, HUM, hum=Severity.WARN, clip=Severity.FAIL)]))
    assert "hum: intake/clip:clip 1/1" in text


def test_faults_of_a_pair_happen_in_the_order_of_their_stages() -> None:
    clean = Programme("rock", "rock 0", np.ones((8, 2)), 48_000)
    early = Fault("add", "intake/a:a", added, Stage.RECORDING)
    late = Fault("louder", "intake/b:b", louder, Stage.EXPORT)
    for parts in ((early, late), (late, early)):
        np.testing.assert_array_equal(spoil(clean, parts, seed=0), np.full((8, 2), 4.0))
    np.testing.assert_array_equal(clean.audio, np.ones((8, 2)))


def test_faults_that_hide_one_another_are_no_pair() -> None:
    lonely = Fault("mute", "intake/silent:all", untouched, clashes=("intake/",))
    assert not lonely.goes_with(HUM)
    assert not HUM.goes_with(lonely)
    assert HUM.goes_with(CLIP)
    assert not HUM.goes_with(HUM)


def test_each_fault_stands_in_one_pair_and_programmes_have_pairs_of_their_own() -> None:
    every = [Fault(f"fault {n}", f"intake/f{n}:f", untouched) for n in range(12)]
    found = [list(confusion._pairs(every, np.random.default_rng(seed))) for seed in range(2)]
    for pairs in found:
        assert len({each.name for pair in pairs for each in pair}) == 12
    assert found[0] != found[1]
