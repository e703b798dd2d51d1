"""Figures as text: a sheet of one file, a table of several, rows of CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from pathlib import Path

from pipeline.measure.figures import AlbumFigures, FileFigures
from pipeline.report.html import clock, figure, signed, timecode

_HEADS = ("length", "LUFS", "LU", "max S", "max M", "dBTP", "dBFS", "PLR", "PSR", "DR", "corr.")
_LEGEND = (
    "LUFS integrated, LU range, max S and max M loudest 3 s and 400 ms, "
    "dBTP true peak, dBFS sample peak, PSR the least"
)
_NAME_WIDTH = 40
_LABEL_WIDTH = 12
_LONG_SILENCE_S = 2.0


def text_lines(files: Sequence[FileFigures], album: AlbumFigures | None) -> Iterator[str]:
    """Yield what people read: a sheet of one file, a table of several or of an album."""
    if len(files) == 1 and not album:
        yield from sheet_lines(files[0])
    elif files:
        yield from table_lines(files, album)


def table_lines(files: Sequence[FileFigures], album: AlbumFigures | None) -> Iterator[str]:
    """Yield a table with a line for each file and for the album, and remarks under it."""
    names = [_shortened(Path(each.file).name) for each in files]
    rows: list[tuple[str, ...]] = [("", *_HEADS)]
    rows += [(name, *_cells(each)) for name, each in zip(names, files, strict=True)]
    if album:
        rows.append(("album", *_cells(album)))
    yield from _aligned(rows)
    yield _LEGEND
    for name, each in zip(names, files, strict=True):
        yield from (f"{name}: {remark}" for remark in _remarks(each))
    if album:
        yield (
            f"album: all files pooled as one programme; the loudest is "
            f"{Path(album.loudest_track).name}, {figure(album.loudest_track_lufs)} LUFS"
        )


def sheet_lines(found: FileFigures) -> Iterator[str]:
    """Yield everything about one file, its third-octave bands last."""
    yield f"{found.file}: {_format(found)}, {clock(found.duration_s)}"
    for label, text in _sheet(found):
        yield f"  {label:{_LABEL_WIDTH}}{text}"
    for remark in _remarks(found):
        yield f"  {'remark':{_LABEL_WIDTH}}{remark}"
    yield from _band_lines(found)


def csv_text(files: Sequence[FileFigures]) -> str:
    """Return a table with a line for each file; its columns are keys of JSON."""
    out = StringIO()
    rows = [each.to_row() for each in files]
    writer = csv.DictWriter(out, rows[0] if rows else (), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _sheet(found: FileFigures) -> Iterator[tuple[str, str]]:
    yield (
        "loudness",
        f"{figure(found.integrated_lufs)} LUFS integrated, range "
        f"{figure(found.loudness_range_lu)} LU, at most {figure(found.max_short_term_lufs)} "
        f"LUFS short-term and {figure(found.max_momentary_lufs)} momentary",
    )
    yield (
        "peaks",
        f"{figure(found.true_peak_dbtp, 2)} dBTP ({figure(found.itu_true_peak_dbtp, 2)} by the "
        f"filter of BS.1770), samples {figure(found.sample_peak_dbfs, 2)} dBFS",
    )
    if found.rms_dbfs is None:  # nothing else was asked for
        yield "dynamics", f"PLR {figure(found.plr_db)} dB"
        return
    yield (
        "dynamics",
        f"PLR {figure(found.plr_db)} dB, PSR {figure(found.psr_min_db)} dB or more, "
        f"DR {figure(found.dr, 0)}, crest {figure(found.crest_db)} dB, "
        f"RMS {figure(found.rms_dbfs)} dBFS, offset {figure(found.dc_offset_dbfs)} dBFS",
    )
    if found.n_channels == 2:
        yield (
            "stereo",
            f"correlation {figure(found.correlation, 2)}, sides over middle "
            f"{figure(found.side_to_mid_db)} dB, right over left "
            f"{signed(found.balance_db, 1)} dB",
        )


def _band_lines(found: FileFigures) -> Iterator[str]:
    is_stereo = found.n_channels == 2
    if found.third_octaves:
        columns = "mean level" + (", correlation, sides over middle" if is_stereo else "")
        yield f"  {'bands':{_LABEL_WIDTH}}{columns}"
    for band in found.third_octaves or ():
        level = f"{band.band_hz:9g} Hz {figure(band.level_dbfs):>7} dBFS"
        sides = f"{figure(band.correlation, 2):>7} {figure(band.side_to_mid_db):>7} dB"
        yield level + (sides if is_stereo else "")


def _cells(found: FileFigures | AlbumFigures) -> tuple[str, ...]:
    of_file = found if isinstance(found, FileFigures) else None
    return (
        clock(found.duration_s),
        figure(found.integrated_lufs),
        figure(of_file.loudness_range_lu) if of_file else "",
        figure(found.max_short_term_lufs),
        figure(found.max_momentary_lufs),
        figure(found.true_peak_dbtp, 2),
        figure(found.sample_peak_dbfs, 2),
        figure(found.plr_db),
        figure(of_file.psr_min_db) if of_file else "",
        figure(found.dr, 0),
        figure(of_file.correlation, 2) if of_file else "",
    )


def _remarks(found: FileFigures) -> Iterator[str]:
    rate_hz = found.sample_rate_hz
    if found.first_clipped_sample is not None:
        yield (
            f"at full scale {_times(found.n_clipped_runs)} for three samples or more, first at "
            f"{timecode(found.first_clipped_sample / rate_hz)}"
        )
    if found.first_silent_gap_sample is not None and found.longest_silent_gap_samples:
        longest_ms = found.longest_silent_gap_samples * 1000 / rate_hz
        yield (
            f"digital silence inside, {_times(found.n_silent_gaps or 0)}, up to "
            f"{longest_ms:.0f} ms, first at {timecode(found.first_silent_gap_sample / rate_hz)}"
        )
    if found.silent_head_samples == found.n_samples:
        yield "nothing but digital silence"
        return
    if found.bits and found.bits_in_use and found.bits_in_use < found.bits:
        yield f"{found.bits_in_use} of {found.bits} bits are in use"
    for place, n_samples in (
        ("begins", found.silent_head_samples),
        ("ends", found.silent_tail_samples),
    ):
        if n_samples / rate_hz >= _LONG_SILENCE_S:
            yield f"{place} with {n_samples / rate_hz:.1f} s of digital silence"


def _format(found: FileFigures) -> str:
    names = {1: "mono", 2: "stereo", 6: "5.1"}
    layout = names.get(found.n_channels, f"{found.n_channels} channels")
    return f"{found.codec}, {found.sample_rate_hz / 1000:g} kHz, {layout}"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for name, *cells in rows:
        right = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        yield "  ".join((name.ljust(widths[0]), *right)).rstrip()


def _shortened(name: str) -> str:
    return name if len(name) <= _NAME_WIDTH else name[: _NAME_WIDTH - 1] + "…"


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"
