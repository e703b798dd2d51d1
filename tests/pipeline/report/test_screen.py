from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.findings import Evidence, Finding, Severity
from pipeline.intake.comparison import Compared
from pipeline.intake.readiness import readiness_of
from pipeline.report.intake import Checked, CheckedMix, sentence
from pipeline.report.screen import screen

CLIPPED = Finding(
    Severity.FAIL,
    "clipped",
    "the mix is clipped 31 times, first at 1:07",
    check="intake/clipped",
    time_s=67.0,
    action="ask for a new bounce",
)
HISS = Finding(Severity.WARN, "hiss", "hiss", check="intake/noise", time_s=12.5)
HUM = Finding(Severity.WARN, "hum", "hum", check="intake/hum")
NOTE = Finding(Severity.INFO, "short-words", "16 bits", check="intake/stored_as")


def checked(*findings: Finding, n_mixes: int = 12, others: tuple[Finding, ...] = ()) -> Checked:
    """An album in which the second mix has these findings."""
    found = (*(replace(each, track="t2") for each in findings), *others)
    mixes = tuple(
        CheckedMix(
            f"t{number}", f"Song {number}", f"mixes/{number}.wav", "24-bit WAV", 48_000, 200.0,
            -3.0, readiness_of(each for each in found if each.track == f"t{number}"),
        )
        for number in range(1, n_mixes + 1)
    )  # fmt: skip
    return Checked("Low Water", "Ferrymen", 48_000, "release", mixes, (), found, ())


def shown(album: Checked, **how: bool) -> list[str]:
    return list(screen(album, width=100, **how))


def test_a_clean_album_is_a_line_for_each_mix() -> None:
    lines = shown(checked())
    assert lines[0] == "Ferrymen: Low Water  40:00, made at 48 kHz"
    assert lines[1] == "  1  Song 1   ready           3:20"
    assert lines[-1] == "12 mixes: 12 ready to master"
    assert len(lines) == 14


def test_the_weightiest_sentences_stand_below_their_mix_and_the_rest_is_counted() -> None:
    lines = shown(checked(NOTE, HUM, HISS, CLIPPED))
    assert lines[2] == "  2  Song 2   FIX IN THE MIX  3:20  + 1 warning, 1 note"
    said = "the mix is clipped 31 times, first at 1:07: ask for a new bounce [intake/clipped]"
    assert lines[3] == f"     ! {said}"
    assert lines[4].startswith("     ? h")
    assert lines[5].startswith("  3  ")
    assert lines[-1].endswith("1 to fix in the mix, 11 ready to master; 2 more with --all")


def test_all_says_everything_and_nothing_is_counted() -> None:
    lines = shown(checked(NOTE, HUM, HISS, CLIPPED), show_all=True)
    text = "\n".join(lines)
    for each in (NOTE, HUM, HISS, CLIPPED):
        assert f"[{each.check}]" in text
    assert "mixes/2.wav" in text
    assert "--all" not in text
    assert "+ " not in text


@pytest.mark.parametrize("n_findings", [1, 40])
def test_twelve_bad_mixes_fit_on_a_screen(n_findings: int) -> None:
    found = tuple(
        replace(CLIPPED, track=f"t{number}", code=f"c{i}")
        for number in range(1, 13)
        for i in range(n_findings)
    )
    assert len(shown(checked(others=found))) <= 40


def test_reasons_are_always_printed() -> None:
    waived = replace(NOTE, waived="a tape of 1974")
    loose = replace(CLIPPED, severity=Severity.WARN, loosened="strictness: lofi (sound)")
    text = "\n".join(shown(checked(waived, loose, HISS, HUM)))
    assert "~ 16 bits; waived: a tape of 1974 [intake/stored_as]" in text
    assert "loosened by strictness: lofi (sound)" in text.replace("\n       ", " ")


def test_what_is_about_the_album_stands_below_the_mixes() -> None:
    lines = shown(
        checked(others=(Finding(Severity.WARN, "rates", "two rates", "intake/rates"),))
    )
    assert lines[13:15] == ["     the album", "     ? two rates [intake/rates]"]


def test_mixes_that_stand_apart_are_named_with_the_middle() -> None:
    values = {f"t{number}": -18.0 for number in range(1, 13)} | {"t3": -9.5}
    column = Compared("integrated_lufs", "Loudness", "LUFS", 1, -18.0, values, ("t3",))
    text = "\n".join(shown(replace(checked(), comparison=(column,))))
    assert "Song 3 stands apart: loudness -9.5 LUFS, the album's middle -18.0 LUFS" in text


def test_a_strictness_is_named_in_the_heading() -> None:
    assert shown(replace(checked(), strictness="lofi"))[0].endswith("strictness: lofi")


@pytest.mark.parametrize(
    ("finding", "text"),
    [
        (CLIPPED, "the mix is clipped 31 times, first at 1:07: ask for a new bounce"),
        (HISS, "hiss, at 0:12"),
        (replace(HUM, evidence=Evidence((61.9, 70.0))), "hum, first at 1:01"),
        (
            replace(CLIPPED, waived="so"),
            "the mix is clipped 31 times, first at 1:07; waived: so",
        ),
    ],
)
def test_a_sentence_says_what_where_and_what_to_ask_for(finding: Finding, text: str) -> None:
    assert sentence(finding) == text
