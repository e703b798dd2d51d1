"""What a disc says of itself: as a sheet for people, as JSON, or field by field."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from formats.ddp.dump import dump_json, dump_text
from formats.ddp.structure import disagreements
from formats.disc import Disc, Texts
from formats.discid import disc_ids
from formats.errors import FormatError
from pipeline.discs.source import DiscSource, reading
from pipeline.errors import SourceError
from pipeline.manifest import DATABASES
from pipeline.papers.heading import Heading
from pipeline.papers.labelcopy import CopyTrack
from pipeline.papers.pqdisc import pq_sheet
from pipeline.papers.pqsheet import PqSheet
from pipeline.papers.pqtext import marks_text

INFO_VERSION = 1


def info_text(source: DiscSource) -> str:
    """Return what a disc says of itself, for people."""
    facts = {"disc": str(source.path), "form": source.form}
    return marks_text(sheet_of(source), facts)


def info_json(source: DiscSource) -> dict[str, Any]:
    """Return the same as values that JSON holds: those of a PQ sheet, under stable keys."""
    return {
        "info_version": INFO_VERSION,
        "path": str(source.path),
        "form": source.form,
        **sheet_of(source).to_json(),
    }


def raw_text(source: DiscSource) -> str:
    """Return every field of a fileset as it is.

    Raises
    ------
    SourceError
        If it is a sheet, which has none.
    """
    return dump_text(_records(source))


def raw_json(source: DiscSource) -> Any:
    """Return every field of a fileset as values that JSON holds; as `raw_text`."""
    return json.loads(dump_json(_records(source)))


def sheet_of(source: DiscSource) -> PqSheet:
    """Return the PQ sheet of a disc, with what contradicts itself in its notes."""
    disc = source.disc
    said = disc.cd_text[0].disc if disc.cd_text else Texts()
    heading = Heading(
        album=said.title,
        artist=said.performer,
        catalog_number=disc.master_id,
        upc=disc.catalog,
    )
    sheet = pq_sheet(disc, _names(disc), heading=heading, disc_ids=_ids(disc))
    return replace(sheet, notes=tuple(_notes(source)))


def _names(disc: Disc) -> list[CopyTrack]:
    texts = disc.cd_text[0].tracks if disc.cd_text else (Texts(),) * len(disc.tracks)
    return [
        CopyTrack(track.number, said.title, said.performer, track.isrc, 0)
        for track, said in zip(disc.tracks, texts, strict=False)
    ]


def _ids(disc: Disc) -> dict[str, str]:
    try:
        return {DATABASES[name]: found for name, found in disc_ids(disc).items()}
    except FormatError:
        return {}  # it is no disc that can be written; the notes say why


def _notes(source: DiscSource) -> list[str]:
    if source.fileset is None:
        return []
    with reading(source.path):
        return [f"{each.where} {each.said}".strip() for each in disagreements(source.fileset)]


def _records(source: DiscSource) -> Any:
    if source.fileset is None:
        raise SourceError(
            str(source.path), "has no fields to show", "--raw is for DDP filesets"
        )
    return source.fileset
