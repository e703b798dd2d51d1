"""Everything a report says, as plain values; page and JSON are made from nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from math import inf, isnan
from typing import Any

from pipeline.findings import Finding

REPORT_VERSION = 1


@dataclass(frozen=True, slots=True)
class SourceReport:
    """The mix, or the finished master, that a track is made from."""

    file: str
    sha256: str
    codec: str
    sample_rate_hz: int
    duration_s: float
    is_finished: bool
    is_upsampled: bool


@dataclass(frozen=True, slots=True)
class LevelReport:
    """How a track's gain was decided; `is_frozen` if the lock kept it."""

    gain_db: float
    aim_lufs: float | None
    limited_lufs: float | None
    integrated_lufs: float | None
    reason: str
    is_frozen: bool


@dataclass(frozen=True, slots=True)
class MeasuredReport:
    """What the verifier measured of a track; None is undefined, -inf silence."""

    integrated_lufs: float | None
    max_short_term_lufs: float | None
    max_momentary_lufs: float | None
    loudness_range_lu: float | None
    true_peak_dbtp: float
    sample_peak_dbfs: float
    plr_db: float | None


@dataclass(frozen=True, slots=True)
class PictureReport:
    """Curves of a track: at most 600 peaks, short-term loudness, gain reduction."""

    waveform: tuple[float, ...]
    short_term_lufs: tuple[float | None, ...]
    short_term_hop_s: float
    reduction_db: tuple[float, ...]
    reduction_bin_s: float


@dataclass(frozen=True, slots=True)
class TrackReport:
    """One track of an edition."""

    id: str
    number: int
    title: str
    artist: str
    isrc: str
    start_s: float
    length_s: float
    gap_before_s: float
    join: str
    source: SourceReport
    level: LevelReport | None
    processors: tuple[Mapping[str, Any], ...]
    levels: tuple[Mapping[str, Any], ...]
    max_reduction_db: float | None
    mean_reduction_db: float | None
    measured: MeasuredReport | None
    picture: PictureReport | None


@dataclass(frozen=True, slots=True)
class EditionReport:
    """One edition: its tracks in running order and the album as a whole."""

    id: str
    title: str
    sample_rate_hz: int
    length_s: float
    ceiling_dbtp: float | None
    album_integrated_lufs: float | None
    loudest_track_lufs: float | None
    aim: str
    tracks: tuple[TrackReport, ...]


@dataclass(frozen=True, slots=True)
class DeliverableReport:
    """One deliverable: where it lies, whether it may be sent, and what was checked.

    Of a disc, `disc_ids` are what databases know it by, `accuraterip` both sums of each track.
    """

    name: str
    kind: str
    edition: str
    folder: str
    format: str
    revision: int
    content: str
    status: str
    is_released: bool
    n_files: int
    size_bytes: int
    checks: tuple[str, ...]
    findings: tuple[Finding, ...]
    not_checked: tuple[str, ...]
    disc_ids: Mapping[str, str] = field(default_factory=dict)
    accuraterip: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AlbumReport:
    """What a build did to an album.

    Parameters
    ----------
    title, artist, label, release_date : str
        As the spec says.
    revision : int
        Number of the build in which something last changed.
    is_released : bool
        Whether every deliverable may be sent.
    summary : str
        The last sentence of the build.
    editions : tuple of EditionReport
        Those that were built.
    deliverables : tuple of DeliverableReport
        Those that were built.
    findings : tuple of Finding
        About the mixes and the decisions.
    remarks : tuple of str
        What the spec reader had to say.
    ran, reused : tuple of str
        Names of the steps that ran, and of those that did not have to.
    """

    title: str
    artist: str
    label: str
    release_date: str
    revision: int
    is_released: bool
    summary: str
    editions: tuple[EditionReport, ...]
    deliverables: tuple[DeliverableReport, ...]
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]
    ran: tuple[str, ...]
    reused: tuple[str, ...]


def to_json(report: AlbumReport) -> dict[str, Any]:
    """Return the report as JSON values with stable keys; silence is the text ``-inf``."""
    return {"report_version": REPORT_VERSION, **_plain(report)}


def report_text(report: AlbumReport) -> str:
    """Return the report as JSON text."""
    return json.dumps(to_json(report), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Finding):
        return value.to_json()
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return _figure(value) if isinstance(value, float) else value


def _figure(value: float) -> float | str | None:
    if value in (inf, -inf):
        return "inf" if value > 0 else "-inf"
    return None if isnan(value) else value
