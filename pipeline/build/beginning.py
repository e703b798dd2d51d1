"""The first files of an album: its spec, and the sheet that goes to the mix engineer."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import SpecProblem, UsageError
from pipeline.intake.answers import sheet_of_spec
from pipeline.intake.scaffold import blank_sheet, draft
from pipeline.intake.sheet import SHEET_NAME, read_sheet
from pipeline.master.registry import parameters
from pipeline.spec.loader import load
from pipeline.spec.presets import PROPOSED, preset_text


def begin_spec(
    mixes: Path | None, file: Path, sheet: Path | None = None, *, preset: str = PROPOSED
) -> tuple[SpecProblem, ...]:
    """Write a commented spec for a folder of mixes, with the answers of a sheet if any.

    Parameters
    ----------
    mixes, file, sheet : Path
        The folder, the spec to be written, and the filled-in sheet.
    preset : str
        How it is to be mastered: name of a preset, or path of a file.

    Returns
    -------
    tuple of SpecProblem
        What could not be read from the sheet; it stands in comments.

    Raises
    ------
    UsageError
        If the spec is there already, or there is no folder or preset of this name.
    SourceError
        If the folder has no mixes, or the sheet cannot be read.
    """
    if mixes is None:
        raise UsageError("no folder of mixes is named", "glassmaster init MIXES")
    if file.exists():
        raise UsageError(f"{file} is there already", "name another with -f, or move it away")
    filled = read_sheet(sheet) if sheet else None
    begun = draft(
        mixes,
        spec_folder=file.resolve().parent,
        sheet=filled,
        preset=preset_text(preset),
    )
    _write_new(file, begun.text)
    return begun.problems


def begin_sheet(mixes: Path | None, file: Path) -> Path:
    """Write an intake sheet beside the spec: for a folder of mixes, or for what the spec has.

    Raises
    ------
    UsageError
        If the sheet is there already.
    SpecError
        If no folder is named and there is no spec, or it has problems.
    """
    sheet = file.parent / SHEET_NAME
    if sheet.exists():
        raise UsageError(f"{sheet} is there already", "it may be filled in: move it away first")
    if mixes is None:
        text = sheet_of_spec(load(file, processors=parameters()))
    else:
        text = blank_sheet(mixes)
    _write_new(sheet, text)
    return sheet


def _write_new(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as out:
        out.write(text)
