from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from math import inf, nan
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pipeline
from pipeline.findings import Finding, Severity
from pipeline.report import html
from pipeline.report.data import AlbumReport, DeliverableReport, TrackReport
from pipeline.report.html import render_page
from tests.pipeline.report.pages import HOSTILE, Page, parse, shape, with_all_text

MakeTrack = Callable[..., TrackReport]


@pytest.fixture
def full(
    report: AlbumReport, make_track: MakeTrack, deliverable: DeliverableReport
) -> AlbumReport:
    """A report with something in every place."""
    waived = Finding(Severity.FAIL, "a", "b", "c/d", "song-1", 1.5, "e", waived="f")
    edition = report.editions[0]
    track = make_track(
        1,
        join="segue from song-0",
        artist="Guest",
        source=replace(edition.tracks[0].source, is_finished=True, is_upsampled=True),
        processors=(
            {"processor": "compressor", "mean_reduction_db": 1.0, "max_reduction_db": 3.0},
        ),
    )
    return replace(
        report,
        editions=(
            replace(edition, tracks=(track, *edition.tracks[1:])),
            replace(edition, id="lp"),
        ),
        deliverables=(replace(deliverable, findings=(waived,), edition="lp"),),
        findings=(waived, *report.findings),
        remarks=("remark",),
    )


def test_what_a_processor_lifted_is_told_as_a_lift(
    report: AlbumReport, make_track: MakeTrack
) -> None:
    names = ("processor", "mean_reduction_db", "max_reduction_db")
    did = (("compressor", 1.0, 3.0), ("dynamic_eq: bell 60 Hz", -0.25, -2.0))
    track = make_track(1, processors=tuple(dict(zip(names, each, strict=True)) for each in did))
    edition = replace(report.editions[0], tracks=(track,))
    page = parse(render_page(replace(report, editions=(edition,))))
    told = [each.text for each in page.all("p") if " on average" in each.text]
    assert told == [
        "compressor: 1.00 dB reduction on average, 3.0 dB at most",
        "dynamic_eq: bell 60 Hz: 0.25 dB lift on average, 2.0 dB at most",
    ]


def test_hostile_text_stays_text_wherever_it_stands(full: AlbumReport) -> None:
    hostile = render_page(with_all_text(full, HOSTILE))
    page = parse(hostile)
    assert shape(hostile) == shape(render_page(with_all_text(full, "plain")))
    assert len(page.all("script")) == 1
    assert not [n for each in page.elements for n in each.attributes if n.startswith("on")]
    assert HOSTILE in page.all("h1")[0].text
    assert "49" not in page.all("h1")[0].text


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=40))
def test_no_text_changes_what_the_page_is_made_of(full: AlbumReport, text: str) -> None:
    assert shape(render_page(with_all_text(full, "x" + text))) == shape(
        render_page(with_all_text(full, "x"))
    )


def test_user_text_cannot_turn_its_surroundings_around(full: AlbumReport) -> None:
    rtl = "أغنية \u202e!"
    written = {
        "id",
        "title",
        "artist",
        "label",
        "summary",
        "reason",
        "remarks",
        "name",
        "folder",
    }
    written |= {"edition", "message", "action", "waived", "not_checked", "release_date"}
    page = parse(render_page(with_all_text(full, rtl, only=written)))
    holders = [e for e in page.elements if rtl in e.own and "body" in e.path]
    assert len(holders) > 40
    for each in holders:
        isolated = each.tag == "bdi" or each.attributes.get("dir") == "auto"
        assert isolated or "svg" in each.path, each


def test_only_our_own_style_and_script_may_run(report: AlbumReport) -> None:
    page = parse(render_page(report))
    (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    content = policy.attributes["content"] or ""
    assert "default-src 'none'" in content
    for tag in ("style", "script"):
        (element,) = page.all(tag)
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in content


def test_the_page_refers_to_nothing_outside_it(full: AlbumReport) -> None:
    text = render_page(full)
    page = parse(text)
    ids = {each.attributes["id"] for each in page.elements if "id" in each.attributes}
    for each in page.elements:
        assert not {"src", "srcset", "data", "action"} & set(each.attributes), each
        href = each.attributes.get("href")
        assert href is None or (href[0] == "#" and href[1:] in ids), each
    assert not re.search(r"https?:|//\w|url\(|@import", text)


def test_ids_are_unique_and_pictures_are_named_for_screen_readers(full: AlbumReport) -> None:
    page = parse(render_page(full))
    counts = Counter(each.attributes["id"] for each in page.elements if "id" in each.attributes)
    assert set(counts.values()) == {1}
    pictures = page.all("svg", role="img")
    assert len(pictures) == 6  # two editions, each a contour and two tracks with curves
    texts = {each.attributes.get("id"): each.text for each in page.elements}
    for each in pictures:
        title, description = (each.attributes["aria-labelledby"] or "").split()
        assert texts[title].strip()
        assert "LUFS" in texts[description]


def test_equal_reports_give_equal_pages(report: AlbumReport) -> None:
    assert render_page(report) == render_page(replace(report))


def test_a_file_name_that_is_no_utf8_still_gives_a_page(report: AlbumReport) -> None:
    render_page(replace(report, title="odd \udcff name")).encode()


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (-10.04, 1, "−10.0"),
        (-0.04, 1, "0.0"),
        (3.456, 2, "3.46"),
        (None, 1, "–"),
        (nan, 1, "–"),
        (-inf, 1, "−∞"),
        (inf, 1, "∞"),
    ],
)
def test_figures_have_a_true_minus_and_signs_for_nothing(
    value: float | None, places: int, text: str
) -> None:
    assert html.figure(value, places) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "+1.00"), (-1.0, "−1.00"), (0.001, "0.00"), (None, "–"), (-inf, "−∞")],
)
def test_changes_carry_their_sign(value: float | None, text: str) -> None:
    assert html.signed(value) == text


@pytest.mark.parametrize(
    ("time_s", "text"),
    [(0.0, "0:00"), (59.5, "1:00"), (61.4, "1:01"), (3661.0, "1:01:01"), (None, "–")],
)
def test_times_are_minutes_and_seconds(time_s: float | None, text: str) -> None:
    assert html.clock(time_s) == text


def test_a_place_in_a_track_is_told_to_the_millisecond() -> None:
    assert html.timecode(62.3456) == "1:02.346"
    assert html.timecode(59.9999) == "1:00.000"


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [(1, "1 byte"), (999, "999 bytes"), (1_500, "1.5 kB"), (2_000_000_000, "2.0 GB")],
)
def test_sizes_are_told_in_the_unit_that_fits(n_bytes: int, text: str) -> None:
    assert html.size(n_bytes) == text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("brought to -10 LUFS", "brought to −10 LUFS"),
        ("peaks at -0.03 dBFS, -1 dB over", "peaks at −0.03 dBFS, −1 dB over"),
        ("2026-03-06 and GB-AAA", "2026-03-06 and GB-AAA"),
        ("song -5 is out", "song -5 is out"),
    ],
)
def test_levels_in_sentences_get_a_true_minus_and_nothing_else_does(
    written: str, shown: str
) -> None:
    assert html.typeset(written) == shown


def rows(page: Page) -> list[list[str]]:
    """Return the cells of the track tables, row by row."""
    found: list[list[str]] = []
    for each in page.elements:
        if each.tag == "tr" and "tbody" in each.path:
            found.append([])
        elif each.tag in {"td", "th"} and "tbody" in each.path:
            found[-1].append(" ".join(each.text.split()))
    return found


def test_the_track_table_tells_place_level_and_what_was_measured(report: AlbumReport) -> None:
    first, second, third = rows(parse(render_page(report)))
    assert first[0] == "1"
    assert first[1] == "Song 1 24-bit WAV, 48 kHz"
    assert first[2:] == [
        "0:00", "1:00", "–", "−1.25 dB", "−10.0 LUFS", "−11.2 LUFS", "−9.8 LUFS", "5.6 LU",
        "−1.02 dBTP", "10.2 dB", "2.5 dB", "0.31 dB",
    ]  # fmt: skip
    assert second[2:5] == ["1:02", "1:00", "2.00 s"]
    assert second[7:12] == ["−∞ LUFS", "–", "–", "−∞ dBTP", "–"]
    assert third[5:12] == ["–"] * 7


def test_a_join_stands_where_the_gap_would(full: AlbumReport) -> None:
    assert rows(parse(render_page(full)))[0][4] == "segue"


def test_upsampled_songs_and_finished_masters_are_marked(
    full: AlbumReport, report: AlbumReport
) -> None:
    marks = parse(render_page(full)).all("mark")
    assert [each.text for each in marks] == ["finished master", "upsampled"]
    assert not parse(render_page(report)).all("mark")


def test_the_album_tells_its_pooled_loudness_and_its_loudest_song(report: AlbumReport) -> None:
    (figures,) = parse(render_page(report)).all("dl", **{"class": "figures"})
    text = " ".join(figures.text.split())
    assert "Album loudness −11.3 LUFS" in text
    assert "Loudest song −11.2 LUFS Song 1" in text
    assert "Highest true peak −1.02 dBTP ceiling −1.0 dBTP" in text
    assert "loud passages at −10 LUFS" in text
    assert "3:04" in text


def test_every_gain_has_its_reason_and_says_whether_the_lock_kept_it(
    report: AlbumReport, make_track: MakeTrack
) -> None:
    level = make_track().level
    assert level is not None
    frozen = replace(level, is_frozen=True, reason="frozen at -3 dB", gain_db=2.5)
    tracks = (make_track(1), make_track(2, level=frozen))
    page = parse(
        render_page(replace(report, editions=(replace(report.editions[0], tracks=tracks),)))
    )
    (decisions,) = page.all("ul", **{"class": "decisions"})
    new, kept = " ".join(decisions.text.split()).split("Song 2")
    assert "−1.25 dB new brought to its aim" in new
    assert "off by −0.04 LU" in new
    assert "+2.50 dB kept from the lock frozen at −3 dB" in kept


@pytest.mark.parametrize(
    ("is_released", "words"), [(True, "RELEASED"), (False, "NOT FOR RELEASE")]
)
def test_the_verdict_stands_in_large(
    report: AlbumReport, deliverable: DeliverableReport, is_released: bool, words: str
) -> None:
    status = "changed" if is_released else "held"
    held = replace(deliverable, is_released=is_released, status=status)
    page = parse(render_page(replace(report, is_released=is_released, deliverables=(held,))))
    (stamp,) = page.all("div", **{"class": "stamp"})
    assert stamp.text.split("\n")[1].strip() == words
    assert ("held back: stores" in stamp.text) != is_released


def test_a_held_deliverable_is_enough_to_hold_the_record(
    report: AlbumReport, deliverable: DeliverableReport
) -> None:
    held = replace(deliverable, is_released=False, status="held")
    page = parse(render_page(replace(report, deliverables=(deliverable, held))))
    assert "NOT FOR RELEASE" in page.all("div", **{"class": "stamp"})[0].text


def test_nothing_delivered_is_not_called_released(report: AlbumReport) -> None:
    page = parse(render_page(replace(report, deliverables=())))
    assert "NOTHING DELIVERED" in page.all("div", **{"class": "stamp"})[0].text


def test_findings_are_told_once_and_the_worst_comes_first(
    report: AlbumReport, deliverable: DeliverableReport
) -> None:
    same = Finding(
        Severity.FAIL, "over", "too hot", "audio/true_peak", "song-2", 62.5, "turn it down"
    )
    crash = Finding(Severity.CRASH, "crash", "it broke", "audio/opens")
    waived = Finding(Severity.FAIL, "clip", "clipped", "intake/clipped", waived="on purpose")
    warning = Finding(Severity.WARN, "loud", "loud", "audio/loudness")
    changed = replace(
        report,
        findings=(warning, waived, same),
        deliverables=(
            replace(deliverable, findings=(same,)),
            replace(deliverable, name="promo", findings=(crash, same)),
        ),
    )
    placed = html.placed_findings(changed)
    assert [each.finding for each in placed] == [crash, same, waived, warning]
    assert placed[1].deliverables == ("stores", "promo")
    page = parse(render_page(changed))
    (section,) = [e for e in page.all("section") if e.attributes.get("id") == "findings"]
    text = " ".join(section.text.split())
    assert re.search(r"check broke .* failure .* failure waived .* warning ", text)
    assert "too hot Song 2 at 1:02.500 · in stores, promo" in text
    assert "What to do: turn it down" in text
    assert "Waived, because: on purpose" in text


@pytest.mark.parametrize("severity", list(Severity))
def test_every_severity_has_a_word(report: AlbumReport, severity: Severity) -> None:
    page = parse(render_page(replace(report, findings=(Finding(severity, "x", "y"),))))
    chips = [
        e.text for e in page.all("span", **{"class": f"chip {severity}"}) if "ul" in e.path
    ]
    assert chips == [html.SEVERITY_WORDS[severity]]


def test_no_findings_are_said_to_be_none(report: AlbumReport) -> None:
    assert (
        "every check that ran passed" in parse(render_page(replace(report, findings=()))).text
    )


def test_a_deliverable_tells_what_it_is_and_what_was_not_checked(report: AlbumReport) -> None:
    (card,) = parse(render_page(report)).all("article")
    text = " ".join(card.text.split())
    for part in (
        "stores released", "FLAC, 24-bit 48 kHz", "out/stores", "r3, changed", "cd" * 32,
        "3 files, 123.5 MB", "Checked files/complete audio/loudness",
        "Not checked the music: listen to all of it once",
    ):  # fmt: skip
        assert part in text


def test_what_ran_and_what_was_reused_is_folded(report: AlbumReport) -> None:
    (folded,) = parse(render_page(report)).all("details")
    assert "open" not in folded.attributes
    assert "1 step ran, 2 steps reused" in folded.text
    assert "track/song-3/master" in folded.text


def test_remarks_on_the_spec_are_printed(full: AlbumReport) -> None:
    assert "About album.yaml remark" in parse(render_page(full)).text


def test_an_empty_report_is_a_page_too(report: AlbumReport) -> None:
    bare = replace(report, editions=(), deliverables=(), findings=(), ran=(), reused=())
    parse(render_page(bare))
    no_tracks = replace(report.editions[0], tracks=(), album_integrated_lufs=None)
    assert (
        "Album loudness – all songs"
        in parse(render_page(replace(report, editions=(no_tracks,)))).text
    )


def test_the_page_is_made_from_a_wheel_as_well(tmp_path: Path) -> None:
    source = Path(pipeline.__file__).parent
    wheel = tmp_path / "glassmaster.zip"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in (
            source / "__init__.py",
            source / "findings.py",
            *source.glob("report/**/*"),
        ):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, path.relative_to(source.parent))
    code = (
        f"import sys; sys.path.insert(0, {str(wheel)!r})\n"
        "from pipeline.report import html, data\n"
        "assert 'glassmaster.zip' in html.__file__\n"
        "assert 'jinja2' not in sys.modules\n"
        "empty = data.AlbumReport('T', 'A', '', '', 1, True, '', (), (), (), (), (), ())\n"
        "assert '<h1' in html.render_page(empty)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
