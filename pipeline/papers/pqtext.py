"""A PQ sheet as text: columns of fixed places, so that programs can read it too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from pipeline.papers.heading import named_lines
from pipeline.papers.pqsheet import LEGEND, HiddenSong, PqMark, PqSheet, disc_time, signed_time

_NONE = "-"


def pq_text(sheet: PqSheet) -> str:
    """Return the PQ sheet as text."""
    lines = [*sheet.heading.banner(), "PQ SHEET", "", *named_lines(sheet.facts)]
    return "\n".join([*lines, *_sections(sheet), "", sheet.heading.stamp]) + "\n"


def marks_text(sheet: PqSheet, facts: Mapping[str, str]) -> str:
    """Return the same of a disc that is nobody's deliverable, with `facts` at its head."""
    return "\n".join([*named_lines({**facts, **sheet.facts}), *_sections(sheet)]) + "\n"


def _sections(sheet: PqSheet) -> Iterator[str]:
    sections = {
        "MARKS": [*_marks(sheet.marks()), "", *sheet.offset_lines(), LEGEND],
        "HIDDEN SONGS": _hidden(sheet.hidden),
        "CD-TEXT": list(_spoken(sheet)),
        "DISC IDENTITIES": list(named_lines(sheet.disc_ids)),
        "FILES": [f"{each.sha256}  {each.size_bytes:>12}  {each.name}" for each in sheet.files],
        "NOTES": list(sheet.notes),
        "FINDINGS": list(chain.from_iterable(_findings(sheet))),
    }
    for title, section in sections.items():
        if section:
            yield from ("", title, *section)


def _marks(marks: Iterable[PqMark]) -> Iterator[str]:
    shown = list(marks)
    width = max(len(each.title) for each in shown)
    yield (
        "TRK  IDX  DISC TIME  PROGRAM    IN TRACK   LENGTH    GAP       ISRC          "
        f"FLAGS     {'TITLE':<{width}}  PERFORMER"
    )
    for each in shown:
        yield (
            f"{each.track:<3}  {each.index:<3}  {each.disc:<9}  {each.program:>9}  "
            f"{each.in_track or _NONE:>9}  {each.length or _NONE:<8}  {each.gap or _NONE:<8}  "
            f"{each.isrc or _NONE:<12}  {each.flags or _NONE:<8}  "
            f"{each.title:<{width}}  {each.performer or _NONE}"
        )


def _spoken(sheet: PqSheet) -> Iterator[str]:
    width = max((len(kind) for _, kind, _ in sheet.cd_text_lines()), default=0)
    for track, kind, text in sheet.cd_text_lines():
        yield f"{track}  {kind:<{width}}  {text}"


def _hidden(songs: Iterable[HiddenSong]) -> list[str]:
    return [
        f"in {each.track:02d}  {disc_time(each.start_sectors)}  {signed_time(each.n_sectors)}  "
        f"{each.isrc or _NONE:<12}  {each.title}  ·  {each.performer}"
        for each in songs
    ]


def _findings(sheet: PqSheet) -> Iterator[list[str]]:
    for each in sheet.findings:
        waived = [f"      waived: {each.waived}"] if each.waived else []
        yield [f"{each.severity:<5} {each.message}", *waived]
