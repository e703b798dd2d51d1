from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.findings import Evidence, Finding, Plot, Severity
from pipeline.intake.comparison import Compared
from pipeline.intake.readiness import Readiness
from pipeline.report.intake import Checked, CheckedMix
from pipeline.report.intake_page import number_of, render_intake
from tests.pipeline.report.pages import HOSTILE, Page, parse, shape, with_all_text

CLIPPED = Finding(
    Severity.FAIL,
    "clipped",
    "the mix is clipped 31 times",
    check="intake/clipped",
    track="tide",
    action="ask for a new bounce",
    evidence=Evidence(
        (67.25, 80.0),
        (("runs_per_s", 7.5), ("least_hz", 12_000.0)),
        Plot(
            (20.0, 200.0, 2_000.0, 20_000.0),
            (-60.0, -30.0, -40.0, -80.0),
            "frequency, Hz",
            "level, dB",
            is_log_x=True,
            limit=-35.0,
            marks=(1_000.0, 5.0),
        ),
    ),
)
MONO = Finding(
    Severity.WARN, "mono", "mono", "intake/mono", "tide", waived="one microphone", action="ask"
)
LOOSE = Finding(
    Severity.WARN, "lossy", "an MP3", "intake/lossy_source", "dawn", loosened="strictness: demo"
)
NOTE = Finding(Severity.INFO, "short-words", "16-bit WAV", "intake/stored_as", "dawn", 1.5)
ALBUM = Finding(Severity.WARN, "rates", "two rates", "intake/rates")


def mix(track: str, verdict: Readiness) -> CheckedMix:
    title, file = track.title(), f"mixes/{track}.wav"
    return CheckedMix(track, title, file, "24-bit WAV", 48_000, 61.0, -3.2, verdict)


@pytest.fixture
def checked() -> Checked:
    values = {"tide": -10.0, "dawn": -20.04, "noon": None}
    loudness = Compared("integrated_lufs", "Loudness", "LUFS", 1, -20.0, values, ("tide",))
    return Checked(
        "Small Hours",
        "The Testers",
        48_000,
        "demo",
        (
            mix("tide", Readiness.FIX_IN_THE_MIX),
            mix("dawn", Readiness.REMARKS),
            mix("noon", Readiness.READY),
        ),
        ("a remark",),
        (NOTE, MONO, CLIPPED, LOOSE, ALBUM),
        (loudness,),
    )


def article(page: Page, number: int) -> str:
    (found,) = page.all("article", id=f"t{number}")
    return " ".join(found.text.split())


def test_each_mix_has_its_verdict_what_was_found_where_and_what_is_asked_for(
    checked: Checked,
) -> None:
    page = parse(render_intake(checked))
    tide = article(page, 1)
    assert "Tide fix in the mix" in tide
    assert "mixes/tide.wav · 24-bit WAV, 48 kHz · 1:01 · peak −3.2 dBFS" in tide
    assert "the mix is clipped 31 times What is asked for: ask for a new bounce" in tide
    assert "Listen at 1:07.250 1:20.000" in tide
    assert "runs 7.50 per second" in tide
    assert "least 12000 Hz" in tide
    assert "intake/clipped/clipped" in tide
    assert "Nothing to ask for." in article(page, 3)
    assert "NOT READY YET" in page.all("div", **{"class": "stamp"})[0].text


def test_reasons_are_printed_with_what_they_waive_or_loosen(checked: Checked) -> None:
    page = parse(render_intake(checked))
    assert "waived mono What is asked for: ask Waived, because: one microphone" in article(
        page, 1
    )
    assert "loosened an MP3 Loosened by strictness: demo" in article(page, 2)
    assert "strictness: demo" in page.all("p", **{"class": "imprint"})[0].text


def test_notes_are_folded_and_waived_remarks_are_not_asked_for(checked: Checked) -> None:
    page = parse(render_intake(checked))
    (folded,) = page.all("details")
    assert "1 note" in folded.text
    assert "16-bit WAV" in folded.text
    assert "open" not in folded.attributes
    glance = page.all("ol", **{"class": "glance"})[0].text
    assert "ask for a new bounce" in glance
    assert "+ 1" not in glance


def test_what_stands_apart_is_marked_in_the_comparison(checked: Checked) -> None:
    page = parse(render_intake(checked))
    apart = page.all("td", **{"class": "apart"})
    assert [" ".join(each.text.split()) for each in apart] == ["−10.0 LUFS"]
    (table,) = page.all("table", **{"class": "compare"})
    assert "Middle of the album −20.0 LUFS" in " ".join(table.text.split())


def test_a_picture_has_its_line_its_limit_its_marks_and_words(checked: Checked) -> None:
    page = parse(render_intake(checked))
    (drawing,) = page.all("svg", role="img")
    assert "level, dB over frequency, Hz, with what is allowed" in drawing.text
    kinds = Counter(each.attributes["class"] for each in page.all("path"))
    assert kinds == {"edge": 1, "mark": 1, "aim": 1, "loudness thin": 1}


def test_hostile_text_stays_text_wherever_it_stands(checked: Checked) -> None:
    hostile = replace(with_all_text(checked, HOSTILE), strictness="demo")
    plain = replace(with_all_text(checked, "plain"), strictness="demo")
    hostile, plain = (
        replace(each, mixes=_with_tracks(checked, each), comparison=checked.comparison)
        for each in (hostile, plain)
    )
    page = parse(render_intake(hostile))
    assert shape(render_intake(hostile)) == shape(render_intake(plain))
    assert len(page.all("script")) == 1
    assert HOSTILE in page.all("h1")[0].text
    assert not [n for each in page.elements for n in each.attributes if n.startswith("on")]


def _with_tracks(checked: Checked, changed: Checked) -> tuple[CheckedMix, ...]:
    pairs = zip(changed.mixes, checked.mixes, strict=True)
    return tuple(replace(new, track=old.track) for new, old in pairs)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=40))
def test_no_title_changes_what_the_page_is_made_of(checked: Checked, text: str) -> None:
    titled = replace(checked, mixes=tuple(replace(m, title=text) for m in checked.mixes))
    assert shape(render_intake(titled)) == shape(render_intake(checked))


def test_only_our_own_style_and_script_may_run(checked: Checked) -> None:
    page = parse(render_intake(checked))
    (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    content = policy.attributes["content"] or ""
    assert "default-src 'none'" in content
    for tag in ("style", "script"):
        (element,) = page.all(tag)
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in content


def test_the_page_refers_to_nothing_outside_it(checked: Checked) -> None:
    text = render_intake(checked)
    page = parse(text)
    ids = [each.attributes["id"] for each in page.elements if "id" in each.attributes]
    assert len(set(ids)) == len(ids)
    for each in page.elements:
        assert not {"src", "srcset", "data", "action", "style"} & set(each.attributes), each
        href = each.attributes.get("href")
        assert href is None or (href[0] == "#" and href[1:] in ids), each
    assert not re.search(r"https?:|//\w|url\(|@import", text)


def test_an_album_without_mixes_or_findings_is_a_page_too(checked: Checked) -> None:
    bare = replace(checked, mixes=(), findings=(), remarks=(), comparison=())
    assert "0 mixes" in parse(render_intake(bare)).text
    one = replace(checked, mixes=checked.mixes[:1])
    assert not parse(render_intake(one)).all("table")


@pytest.mark.parametrize(
    ("name", "value", "words", "text"),
    [
        ("offset_dbfs", -52.13, "offset", "−52.1 dBFS"),
        ("frequency_hz", 12_345.6, "frequency", "12346 Hz"),
        ("loss_lu", 0.456, "loss", "0.46 LU"),
        ("count", 31.0, "count", "31"),
        ("level", -200.0, "level", "−200"),
    ],
)
def test_numbers_carry_the_unit_of_their_name(
    name: str, value: float, words: str, text: str
) -> None:
    found = number_of(name, value)
    assert (found.name, found.text) == (words, text)
