"""The papers of a deliverable, as they lie in its folder: text and A4 from one model."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pipeline.papers.heading import Heading
from pipeline.papers.labelcopy import LabelCopy, clock, label_text
from pipeline.papers.papers import Papers
from pipeline.papers.pdf import Paper
from pipeline.papers.pqsheet import LEGEND, PqSheet, disc_time, signed_time
from pipeline.papers.pqtext import pq_text

_MARKS = ("TRK", "IDX", "DISC TIME", "PROGRAM", "IN TRACK", "LENGTH", "GAP", "ISRC", "FLAGS")
_TIMES = ("RIGHT",) * 5
_MAX_KINDS = 4  # of CD-TEXT, beside one another; more of them have a line each


def paper_files(papers: Papers) -> dict[str, bytes]:
    """Return every paper by its file name."""
    files = {
        "label-copy.txt": label_text(papers.label_copy).encode(),
        "label-copy.pdf": label_pdf(papers.label_copy),
    }
    if papers.pq_sheet:
        values = papers.pq_sheet.to_json()
        files |= {
            "pq-sheet.txt": pq_text(papers.pq_sheet).encode(),
            "pq-sheet.json": f"{json.dumps(values, indent=1, ensure_ascii=False)}\n".encode(),
            "pq-sheet.pdf": pq_pdf(papers.pq_sheet),
        }
    return files


def pq_pdf(sheet: PqSheet) -> bytes:
    """Return the PQ sheet as a PDF file."""
    paper = Paper("PQ SHEET", sheet.heading, orientation="landscape")
    _held(paper, sheet.heading)
    paper.facts(sheet.facts, n_columns=2)
    paper.columns(
        (*_MARKS, "TITLE", "PERFORMER"),
        _mark_rows(sheet),
        widths=(9, 9, 21, 20, 20, 18, 18, 27, 18, 66, 45),
        align=("LEFT", "LEFT", *_TIMES, "LEFT", "LEFT", "LEFT", "LEFT"),
        strong=(2, 9),
    )
    paper.ln(1)
    paper.lines([*sheet.offset_lines(), LEGEND], size_pt=8)
    _songs_without_a_mark(paper, sheet)
    _cd_text(paper, sheet)
    if sheet.disc_ids:
        paper.section("DISC IDENTITIES")
        paper.facts(sheet.disc_ids)
    _files(paper, sheet)
    if sheet.notes:
        paper.section("NOTES")
        paper.lines(sheet.notes)
    _findings(paper, sheet)
    return paper.printed()


def label_pdf(copy: LabelCopy) -> bytes:
    """Return the label copy as a PDF file."""
    paper = Paper("LABEL COPY", copy.heading)
    _held(paper, copy.heading)
    paper.facts(copy.heading.facts())
    paper.columns(
        ("NO.", "TITLE", "ARTIST", "ISRC", "LENGTH"),
        _song_rows(copy),
        widths=(12, 74, 48, 33, 17),
        align=("LEFT", "LEFT", "LEFT", "LEFT", "RIGHT"),
        strong=(1,),
    )
    paper.ln(2)
    paper.lines([copy.total])
    return paper.printed()


def _held(paper: Paper, heading: Heading) -> None:
    if heading.is_held:
        paper.lines(heading.held)
        paper.ln(3)


def _mark_rows(sheet: PqSheet) -> Iterator[tuple[tuple[str, ...], bool]]:
    for mark in sheet.marks():
        yield (
            (
                mark.track, mark.index, mark.disc, mark.program, mark.in_track, mark.length,
                mark.gap, mark.isrc, mark.flags, mark.title, mark.performer,
            ),
            mark.is_start,
        )  # fmt: skip


def _songs_without_a_mark(paper: Paper, sheet: PqSheet) -> None:
    if not sheet.hidden:
        return
    paper.section("HIDDEN SONGS")
    paper.columns(
        ("IN", "DISC TIME", "LENGTH", "ISRC", "TITLE", "PERFORMER"),
        [
            (
                (
                    f"{each.track:02d}", disc_time(each.start_sectors),
                    signed_time(each.n_sectors), each.isrc, each.title, each.performer,
                ),
                True,
            )
            for each in sheet.hidden
        ],
        widths=(11, 24, 24, 35, 90, 87),
        align=("LEFT", "RIGHT", "RIGHT", "LEFT", "LEFT", "LEFT"),
        strong=(1, 4),
    )  # fmt: skip


def _cd_text(paper: Paper, sheet: PqSheet) -> None:
    texts = {"00": sheet.cd_text} | {
        f"{each.number:02d}": each.cd_text for each in sheet.tracks
    }
    kinds = list(dict.fromkeys(kind for each in texts.values() for kind in each))
    if not kinds:
        return
    paper.section("CD-TEXT (track 00 is the disc)")
    if len(kinds) > _MAX_KINDS:
        paper.columns(
            ("TRK", "KIND", "TEXT"),
            [(line, line[1] == "title") for line in sheet.cd_text_lines()],
            widths=(11, 45, 215),
            align=("LEFT",) * 3,
        )
    else:
        paper.columns(
            ("TRK", *(kind.upper() for kind in kinds)),
            [
                ((track, *(each.get(kind, "") for kind in kinds)), True)
                for track, each in texts.items()
                if each
            ],
            widths=(11, *(260 / len(kinds),) * len(kinds)),
            align=("LEFT",) * (1 + len(kinds)),
        )


def _files(paper: Paper, sheet: PqSheet) -> None:
    if sheet.files:
        paper.section("FILES")
        paper.columns(
            ("NAME", "BYTES", "SHA-256"),
            [((each.name, str(each.size_bytes), each.sha256), True) for each in sheet.files],
            widths=(105, 30, 136),
            align=("LEFT", "RIGHT", "LEFT"),
        )


def _findings(paper: Paper, sheet: PqSheet) -> None:
    if sheet.findings:
        paper.section("FINDINGS")
        paper.columns(
            ("", "FOUND", "WAIVED BECAUSE"),
            [((each.severity, each.message, each.waived), True) for each in sheet.findings],
            widths=(17, 160, 94),
            align=("LEFT",) * 3,
        )


def _song_rows(copy: LabelCopy) -> Iterator[tuple[tuple[str, ...], bool]]:
    for track in copy.tracks:
        told = (track.title, track.artist, track.isrc, clock(track.length_sectors))
        yield (track.place, *told), True
    for number, song in copy.inside:
        told = (song.title, song.artist, song.isrc, clock(song.length_sectors))
        yield (f"in {number:02d}", *told), False
