"""Every mark of a disc, as plants read it: one model, read back from each of its forms."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from formats.cdtime import msf_to_sectors
from pipeline.papers.heading import Heading
from pipeline.papers.pqsheet import (
    HiddenSong,
    PaperFile,
    PaperFinding,
    PqIndex,
    PqSheet,
    PqTrack,
)
from pipeline.papers.pqtext import pq_text

# --- read back ------------------------------------------------------------------------------

WORDS = st.text(
    st.characters(categories=("L", "N", "P", "S"), exclude_characters="·"),
    min_size=1,
    max_size=12,
)
PHRASES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
ISRCS = st.sampled_from(["", "GBAAA2600001", "AQZZZ2600012"])
TEXTS = st.dictionaries(
    st.sampled_from(["title", "performer", "songwriter", "composer", "message"]), PHRASES
)


@st.composite
def discs(draw: st.DrawFn) -> PqSheet:
    """Return sheets of up to six tracks, with every field filled or empty."""
    tracks, place = [], 0
    for number in range(1, draw(st.integers(1, 6)) + 1):
        pause = draw(st.integers(150 if number == 1 else 0, 900))
        first = [PqIndex(0, place)] if pause else []
        starts = [place + pause]
        starts += [starts[0] + 80 * n for n in range(1, draw(st.integers(1, 3)))]
        place = starts[-1] + draw(st.integers(300, 30_000))
        flags = draw(st.sets(st.sampled_from(["PRE", "DCP", "4CH"]), max_size=2))
        tracks.append(
            PqTrack(
                number,
                draw(PHRASES),
                draw(PHRASES),
                draw(ISRCS),
                (*first, *(PqIndex(n, each) for n, each in enumerate(starts, start=1))),
                place,
                tuple(sorted(flags)),
                draw(st.integers(0, 20)),
                draw(TEXTS),
            )
        )
    hidden = st.builds(
        HiddenSong,
        st.integers(1, 99),
        PHRASES,
        PHRASES,
        ISRCS,
        st.integers(0, 9_000),
        st.integers(1, 9_000),
    )
    files = st.builds(
        PaperFile,
        PHRASES,
        st.integers(0, 10**11),
        st.binary(min_size=32, max_size=32).map(bytes.hex),
    )
    findings = st.builds(
        PaperFinding, st.sampled_from(["fail", "warn", "info"]), PHRASES, st.just("") | PHRASES
    )
    said = ("label", "catalog_number", "upc", "release_date", "genre", "c_line", "p_line")
    heading = replace(
        Heading(draw(PHRASES), draw(PHRASES)),
        **{name: draw(st.just("") | PHRASES) for name in said},
        deliverable="plant",
        revision=draw(st.integers(1, 999)),
        short_hash=draw(st.binary(min_size=4, max_size=4).map(bytes.hex)),
        held=tuple(draw(st.lists(PHRASES, max_size=2))),
    )
    return PqSheet(
        heading,
        tuple(tracks),
        place,
        tuple(draw(st.lists(hidden, max_size=2))),
        draw(TEXTS),
        draw(st.dictionaries(st.sampled_from(["MusicBrainz", "freedb", "CTDB"]), PHRASES)),
        tuple(draw(st.lists(files, max_size=3))),
        tuple(f"note {each}" for each in draw(st.lists(PHRASES, max_size=2))),
        tuple(draw(st.lists(findings, max_size=3))),
    )


@given(discs())
def test_the_json_is_read_back_into_an_equal_sheet(sheet: PqSheet) -> None:
    assert PqSheet.from_json(json.loads(json.dumps(sheet.to_json()))) == sheet


@given(discs())
def test_the_text_is_read_back_into_an_equal_sheet(sheet: PqSheet) -> None:
    assert read_text(pq_text(sheet)) == sheet


@given(discs())
def test_times_in_the_json_are_those_of_the_places(sheet: PqSheet) -> None:
    for track in sheet.to_json()["tracks"]:
        for index in track["indexes"]:
            assert msf_to_sectors(index["disc_time"]) == index["start_sectors"]
            assert signed(index["program_time"]) == index["start_sectors"] - 150
        ends = [*(each["start_sectors"] for each in track["indexes"]), track["end_sectors"]]
        lengths = [signed(each["length"]) for each in track["indexes"]]
        assert lengths == [b - a for a, b in pairwise(ends)]


def signed(text: str) -> int:
    return -msf_to_sectors(text[1:]) if text.startswith("-") else msf_to_sectors(text)


def read_text(text: str) -> PqSheet:
    """Read a PQ sheet that was printed as text, by nothing but what a person sees."""
    lines = text.splitlines()
    held = []
    if lines[0] == "*** NOT FOR RELEASE ***":
        held = [line.strip() for line in lines[1 : lines.index("")]]
        lines = lines[lines.index("") + 1 :]
    facts, *blocks = "\n".join(lines[2:-2]).split("\n\n")
    parts = {
        each.splitlines()[0]: each.splitlines()[1:] for each in blocks if each[:1].isupper()
    }
    named = read_named(facts.splitlines())
    deliverable, revision, short_hash = lines[-1].split(" · ")
    keys = {
        "album": "album", "artist": "artist", "label": "label", "release date": "release_date",
        "catalogue number": "catalog_number", "UPC/EAN": "upc", "genre": "genre",
        "© line": "c_line", "℗ line": "p_line",
    }  # fmt: skip
    heading = Heading(
        **{keys[name]: each for name, each in named.items() if name in keys},
        deliverable=deliverable,
        revision=int(revision.removeprefix("revision ")),
        short_hash=short_hash,
        held=tuple(held),
    )
    spoken: dict[str, dict[str, str]] = {}
    for line in parts.get("CD-TEXT", []):
        number, kind, words = re.split(" {2,}", line, maxsplit=2)
        spoken.setdefault(number, {})[kind] = words
    return PqSheet(
        heading,
        tuple(read_tracks(parts["MARKS"], text, spoken)),
        msf_to_sectors(named["lead-out"]),
        tuple(read_hidden(line) for line in parts.get("HIDDEN SONGS", [])),
        spoken.get("00", {}),
        read_named(parts.get("DISC IDENTITIES", [])),
        tuple(read_file(line) for line in parts.get("FILES", [])),
        tuple(parts.get("NOTES", [])),
        tuple(read_findings(parts.get("FINDINGS", []))),
    )


def read_named(lines: list[str]) -> dict[str, str]:
    return dict(re.split(" {2,}", line, maxsplit=1) for line in lines)


def read_tracks(
    lines: list[str], text: str, spoken: dict[str, dict[str, str]]
) -> list[PqTrack]:
    heads = list(re.finditer(r"\S+(?: \S+)*", lines[0]))
    places = [each.start() for each in heads] + [None]
    rows = [
        dict(
            zip(
                (h[0] for h in heads),
                (r[a:b].strip() for a, b in pairwise(places)),
                strict=True,
            )
        )
        for r in lines[1:]
    ]
    moved = re.search("^marked before the sound, in sectors: (.*)$", text, re.MULTILINE)
    offsets = dict(each.split(" by ") for each in moved[1].split(", ")) if moved else {}
    ends = {row["TRK"]: msf_to_sectors(row["DISC TIME"]) for row in reversed(rows)}
    tracks = []
    for number, after in pairwise(dict.fromkeys(row["TRK"] for row in rows)):
        own = [row for row in rows if row["TRK"] == number]
        (start,) = (row for row in own if row["IDX"] == "01")
        tracks.append(
            PqTrack(
                int(number),
                start["TITLE"],
                start["PERFORMER"],
                start["ISRC"].strip("-"),
                tuple(PqIndex(int(r["IDX"]), msf_to_sectors(r["DISC TIME"])) for r in own),
                ends[after],
                tuple(start["FLAGS"].strip("-").split()),
                int(offsets.get(number, 0)),
                spoken.get(number, {}),
            )
        )
    return tracks


def read_hidden(line: str) -> HiddenSong:
    track, start, length, isrc, title, by = re.split(" {2,}", line.replace("  ·  ", "  "))
    return HiddenSong(
        int(track.removeprefix("in ")),
        title,
        by,
        isrc.strip("-"),
        msf_to_sectors(start),
        msf_to_sectors(length),
    )


def read_file(line: str) -> PaperFile:
    sha256, size, name = re.split(" {2,}", line)
    return PaperFile(name, int(size), sha256)


def read_findings(lines: list[str]) -> list[PaperFinding]:
    found: list[PaperFinding] = []
    for line in lines:
        if line.startswith("      waived: "):
            found[-1] = replace(found[-1], waived=line.removeprefix("      waived: "))
        else:
            severity, message = line.split(maxsplit=1)
            found.append(PaperFinding(severity, message))
    return found
