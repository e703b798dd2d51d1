"""The PQ sheet on A4, read back by programs that have nothing to do with its printer."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from formats.cdtime import msf_to_sectors
from pipeline.papers import pdf
from pipeline.papers.heading import Heading
from pipeline.papers.pqsheet import (
    HiddenSong,
    PaperFile,
    PaperFinding,
    PqIndex,
    PqSheet,
    PqTrack,
)
from pipeline.papers.printed import pq_pdf


def printed_pages(sheet: PqSheet) -> list[str]:
    """Return the text of each page, without white space: where lines break is no matter."""
    pages = PdfReader(BytesIO(pq_pdf(sheet))).pages
    return ["".join(page.extract_text().split()) for page in pages]


def long_disc(n_tracks: int, *, held: tuple[str, ...] = ()) -> PqSheet:
    tracks = tuple(
        PqTrack(
            n,
            f"Song number {n}",
            f"Singer {n}",
            f"GBAAA26{n:05d}",
            (PqIndex(0, (n - 1) * 3000), PqIndex(1, (n - 1) * 3000 + 150 + n)),
            n * 3000,
            ("DCP",) if n % 2 else (),
            n % 7,
            {"title": f"Shown {n}", "performer": f"Sung by {n}"},
        )
        for n in range(1, n_tracks + 1)
    )
    return PqSheet(
        Heading(
            "Low Water", "The Ferrymen", "Slack Tide", "FER012CD", "5012345678900",
            "2026-03-06", "Folk Rock", "2026 C", "2026 P", "plant", 3, "1a2b3c4d", held,
        ),
        tracks,
        n_tracks * 3000,
        (HiddenSong(1, "Ghost Ship", "Nobody", "GBAAA2600999", 150, 10),),
        {"title": "Low Water as shown", "genre": "Folk"},
        {"MusicBrainz": "lSOVc5h6IXSuzcamJS1Gp4_tRuA-"},
        (PaperFile("FER012CD_r3/IMAGE.DAT", 123_456_789, "0123456789abcdef" * 4),),
        ("Press it with love.",),
        (PaperFinding("warn", "the peak is high", "meant so"),),
    )  # fmt: skip


def words_of(sheet: PqSheet) -> set[str]:
    """Return every text, time and number that a sheet must show."""
    words = {*sheet.facts.values(), *sheet.disc_ids.values(), *sheet.notes}
    words |= {text for _, _, text in sheet.cd_text_lines()}
    words |= {kind.upper() for _, kind, _ in sheet.cd_text_lines()}
    words |= {sheet.heading.stamp, *sheet.heading.held, *sheet.offset_lines()}
    for mark in sheet.marks():
        words |= {
            mark.disc, mark.program, mark.in_track, mark.length, mark.gap, mark.isrc,
            mark.flags, mark.title, mark.performer,
        }  # fmt: skip
    for song_ in sheet.hidden:
        words |= {song_.title, song_.performer, song_.isrc}
    for file in sheet.files:
        words |= {file.name, str(file.size_bytes), file.sha256}
    for finding in sheet.findings:
        words |= {finding.severity, finding.message, finding.waived}
    return {"".join(word.split()) for word in words if word}


@pytest.mark.parametrize("n_tracks", [1, 3, 99])
def test_every_field_is_on_the_printed_pages(n_tracks: int) -> None:
    sheet = long_disc(n_tracks)
    printed = "".join(printed_pages(sheet))
    assert not [word for word in words_of(sheet) if word not in printed]


def test_each_page_has_revision_hash_number_and_whether_it_may_be_released() -> None:
    pages = printed_pages(long_disc(99, held=("track 02 is too short",)))
    assert len(pages) > 5
    for number, page in enumerate(pages, start=1):
        assert page.startswith("NOTFORRELEASE")
        assert "NOTFORRELEASE·plant·revision3·1a2b3c4d" in page
        assert f"page{number}of{len(pages)}" in page
    assert "track02istooshort" in pages[0]
    assert not [page for page in printed_pages(long_disc(99)) if "RELEASE" in page]


def test_equal_sheets_are_printed_to_equal_bytes() -> None:
    assert pq_pdf(long_disc(3)) == pq_pdf(long_disc(3))
    assert pq_pdf(long_disc(3)) != pq_pdf(long_disc(4))
    about = PdfReader(BytesIO(pq_pdf(long_disc(3)))).metadata
    assert about is not None
    assert str(about["/CreationDate"]).startswith("D:19800101000000"), "no clock enters it"


def test_neither_time_nor_place_nor_chance_enters_the_bytes() -> None:
    code = (
        "import hashlib, sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_printed import long_disc, pq_pdf\n"
        "print(hashlib.sha256(pq_pdf(long_disc(3))).hexdigest())"
    )
    root, here = Path(pdf.__file__).parents[2], Path(__file__).parent
    found = {
        subprocess.run(
            [sys.executable, "-c", code, str(here)],
            env={**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Pacific/Auckland"))
    }
    assert len(found) == 1


def titled(title: str) -> str:
    sheet = long_disc(1)
    return "".join(
        printed_pages(replace(sheet, tracks=(replace(sheet.tracks[0], title=title),)))
    )


@pytest.mark.parametrize(
    "title",
    ["Björk", "日本語のタイトル", "한국어", "Ελληνικά", "Łódź", "Кино", "Tiếng", "♥★♪", "−6"],
)
def test_letters_that_the_fonts_have_are_printed(title: str) -> None:
    printed = titled(title)
    assert title in printed
    assert "‹U+" not in printed


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("שלום", "‹U+05E9›‹U+05DC›‹U+05D5›‹U+05DD›"),
        ("हिन्दी", "‹U+0939›"),
        ("a\U000f0000", "a‹U+F0000›"),
        ("سلام", "‹U+0633›‹U+0644›"),
    ],
)
def test_letters_that_the_fonts_lack_are_named_and_explained(title: str, named: str) -> None:
    printed = titled(title)
    assert named in printed
    assert "standsforaletterthatthefontsofthispaperdonothave" in printed


# --- parsed back ----------------------------------------------------------------------------

TIME = r"(-?\d\d:\d\d:\d\d)"
ROW = re.compile(
    rf"(\d\d|AA) +(\d\d) +{TIME} +{TIME}(?: +{TIME} +{TIME})?"
    rf"(?: +{TIME}(?: +([A-Z]{{5}}\d{{7}}))?((?: +(?:PRE|DCP|SCMS))*))? {{2,}}(\S.*)"
)


def by_pypdf(data: bytes) -> list[str]:
    pages = PdfReader(BytesIO(data)).pages
    return [
        line.strip()
        for page in pages
        for line in page.extract_text(extraction_mode="layout").splitlines()
    ]


def by_poppler(data: bytes) -> list[str]:
    program = shutil.which("pdftotext")
    if program is None:
        assert not os.environ.get("REQUIRE_ORACLES"), "pdftotext is not installed"
        pytest.skip("pdftotext is not installed")
    done = subprocess.run(
        [program, "-layout", "-enc", "UTF-8", "-", "-"],
        input=data,
        capture_output=True,
        check=True,
    )
    assert not done.stderr, "it has nothing to complain of"
    return [line.strip() for line in done.stdout.decode().splitlines()]


READERS = [
    pytest.param(by_pypdf, id="pypdf"),
    pytest.param(by_poppler, id="poppler", marks=pytest.mark.oracle),
]


def marks_on(lines: list[str]) -> list[tuple[str, ...]]:
    """Return what the rows of the table say, by their columns."""
    rows = [found.groups(default="") for line in lines if (found := ROW.fullmatch(line))]
    return [tuple(" ".join(each.split()) for each in row) for row in rows]


def with_indexes(sheet: PqSheet) -> PqSheet:
    """Return the sheet with further marks inside every third track, and all flags."""
    tracks = [
        replace(
            each,
            indexes=(
                *each.indexes,
                PqIndex(2, each.start_sectors + 400),
                PqIndex(3, each.start_sectors + 700),
            ),
            flags=("PRE", "SCMS"),
        )
        if each.number % 3 == 0
        else each
        for each in sheet.tracks
    ]
    return replace(sheet, tracks=tuple(tracks))


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("n_tracks", [1, 4, 99])
def test_the_printed_marks_are_read_back(
    read: Callable[[bytes], list[str]], n_tracks: int
) -> None:
    sheet = with_indexes(long_disc(n_tracks))
    found = marks_on(read(pq_pdf(sheet)))
    wanted = [
        (
            mark.track, mark.index, mark.disc, mark.program, mark.in_track, mark.length,
            mark.gap, mark.isrc, mark.flags, f"{mark.title} {mark.performer}".strip(),
        )
        for mark in sheet.marks()
    ]  # fmt: skip
    assert found == wanted
    *marks, lead_out = found
    places = [(row[0], row[1], msf_to_sectors(row[2])) for row in marks]
    assert places == [
        (f"{track.number:02d}", f"{index.number:02d}", index.start_sectors)
        for track in sheet.tracks
        for index in track.indexes
    ]
    assert msf_to_sectors(lead_out[2]) == sheet.lead_out_sectors


@pytest.mark.oracle
def test_a_title_of_any_length_pushes_no_figure_from_its_place() -> None:
    names = ["Long " * 40, "W" * 160, "長い題名" * 40, "Ж" * 160]
    sheet = long_disc(4)
    tracks = tuple(
        replace(track, title=name.strip(), performer=name.strip())
        for track, name in zip(sheet.tracks, names, strict=True)
    )
    sheet = replace(
        sheet,
        tracks=tracks,
        heading=replace(sheet.heading, album="W" * 200, artist="長" * 200, label="Ж" * 200),
        files=(PaperFile("F" * 240, 1, "ab" * 32),),
    )
    found = marks_on(by_poppler(pq_pdf(sheet)))  # pypdf gives columns room by their letters
    assert [row[:9] for row in found] == [
        (
            mark.track, mark.index, mark.disc, mark.program, mark.in_track, mark.length,
            mark.gap, mark.isrc, mark.flags,
        )
        for mark in sheet.marks()
    ]  # fmt: skip


def test_only_the_letters_that_are_shown_are_in_the_file() -> None:
    sheet = long_disc(3)
    plain = len(pq_pdf(sheet))
    tracks = (replace(sheet.tracks[0], title="日本語"), *sheet.tracks[1:])
    assert plain < 60_000
    assert len(pq_pdf(replace(sheet, tracks=tracks))) < plain + 20_000


def test_the_fonts_are_small_and_have_their_licences_beside() -> None:
    folder = Path(pdf.__file__).with_name("fonts")
    fonts = sorted(folder.glob("*.ttf"))
    assert len(fonts) == 3
    assert sum(font.stat().st_size for font in fonts) < 5_000_000
    for font in fonts:
        family = font.stem.removesuffix("-Bold")
        assert (folder / f"{family}.LICENSE.txt").is_file()
