"""The report as one HTML page that opens offline; all it says comes from `report.data`.

The page needs nothing from outside and runs nothing but its own script: a content security
policy names both by their hashes, so that a hostile title stays a title.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import isinf, isnan
from typing import TYPE_CHECKING

from pipeline.findings import Finding, Severity
from pipeline.report import pictures
from pipeline.report.data import AlbumReport, DeliverableReport, EditionReport, TrackReport

if TYPE_CHECKING:
    from jinja2 import Environment

PAGE = "page.html"
MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"

SEVERITY_WORDS = {
    Severity.CRASH: "check broke",
    Severity.FAIL: "failure",
    Severity.WARN: "warning",
    Severity.INFO: "note",
    Severity.SKIP: "not checked",
    Severity.PASS: "passed",
}
_STATUS_WORDS = {
    "new": "new",
    "changed": "changed",
    "unchanged": "unchanged",
    "held": "held back",
}
_SIGNED_FIGURE = re.compile(r"(?<![\w.\-])-(?=\d+(?:\.\d+)?\s*(?:dB|LU|dBTP|dBFS|LUFS)\b)")


@dataclass(frozen=True, slots=True)
class PlacedFinding:
    """A finding, the title of its track, and the deliverables that it is about."""

    finding: Finding
    track_title: str
    deliverables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownTrack:
    """A track with its picture."""

    report: TrackReport
    picture: pictures.TrackPicture | None

    @property
    def off_aim_lu(self) -> float | None:
        """How far the limited result is from its aim, in LU; None without either."""
        level = self.report.level
        if level is None or level.aim_lufs is None or level.limited_lufs is None:
            return None
        return level.limited_lufs - level.aim_lufs


@dataclass(frozen=True, slots=True)
class ShownEdition:
    """An edition with its pictures."""

    report: EditionReport
    scale: pictures.Scale
    contour: pictures.Contour | None
    tracks: tuple[ShownTrack, ...]

    @property
    def loudest(self) -> TrackReport | None:
        """The track of the highest integrated loudness."""
        measured = [
            (each.report.measured.integrated_lufs, -each.report.number, each.report)
            for each in self.tracks
            if each.report.measured and each.report.measured.integrated_lufs is not None
        ]
        return max(measured, default=(0.0, 0, None), key=lambda found: found[:2])[2]

    @property
    def highest_true_peak_dbtp(self) -> float | None:
        """The highest true peak of all tracks."""
        peaks = [
            each.report.measured.true_peak_dbtp for each in self.tracks if each.report.measured
        ]
        return max(peaks, default=None)


def render_page(report: AlbumReport) -> str:
    """Return the report as one HTML page.

    Parameters
    ----------
    report : AlbumReport
        What the build did. Equal reports give equal pages.

    Returns
    -------
    str
        A complete document without references to anything outside it.
    """
    return document(
        PAGE,
        report=report,
        stamp=_stamp(report),
        editions=[_shown(edition) for edition in report.editions],
        findings=placed_findings(report),
    )


def document(template: str, **values: object) -> str:
    """Return a page made from a template, with the style and script that all pages share.

    Parameters
    ----------
    template : str
        Its name.
    **values
        What it says.
    """
    style, script = _asset("report.css"), _asset("report.js")
    policy = {"style_hash": _policy_hash(style), "script_hash": _policy_hash(script)}
    made = _environment().get_template(template)
    page = made.render(style=style, script=script, **policy, **values)
    # A file name that is no UTF-8 comes with lone surrogates, which no file can hold.
    return page.encode("utf-8", "replace").decode("utf-8")


def placed_findings(report: AlbumReport) -> tuple[PlacedFinding, ...]:
    """Return every finding once, worst first; of equal ones those that nobody waived."""
    about: dict[Finding, list[str]] = {finding: [] for finding in report.findings}
    for deliverable in report.deliverables:
        for finding in deliverable.findings:
            about.setdefault(finding, []).append(deliverable.name)
    titles = {track.id: track.title for each in report.editions for track in each.tracks}
    placed = [
        PlacedFinding(finding, titles.get(finding.track, finding.track), tuple(names))
        for finding, names in about.items()
    ]
    placed.sort(key=lambda each: (each.finding.severity.rank, bool(each.finding.waived)))
    return tuple(placed)


def figure(value: float | None, places: int = 1) -> str:
    """Return a number for people: a true minus, ``–`` for none, ``−∞`` for silence."""
    if value is None or isnan(value):
        return NOTHING
    if isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    rounded = round(value, places) + 0.0  # no minus before nothing
    return f"{rounded:.{places}f}".replace("-", MINUS)


def signed(value: float | None, places: int = 2) -> str:
    """Return a number as `figure` does, with its sign written unless it is 0."""
    text = figure(value, places)
    return f"+{text}" if value is not None and round(value, places) > 0 else text


def clock(time_s: float | None) -> str:
    """Return a time as ``m:ss`` or ``h:mm:ss``, rounded to the second."""
    if time_s is None:
        return NOTHING
    minutes, seconds = divmod(int(time_s + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def timecode(time_s: float) -> str:
    """Return a place as ``m:ss.mmm``."""
    minutes, ms = divmod(round(time_s * 1000), 60_000)
    return f"{minutes}:{ms // 1000:02}.{ms % 1000:03}"


def size(n_bytes: int) -> str:
    """Return a size in the largest unit that leaves something before the point."""
    for power, unit in ((3, "GB"), (2, "MB"), (1, "kB")):
        if n_bytes >= 1000**power:
            return f"{n_bytes / 1000**power:.1f} {unit}"
    return counted(n_bytes, "byte")


def khz(rate_hz: int) -> str:
    """Return a sample rate in kHz."""
    return f"{rate_hz / 1000:g} kHz"


def sort_key(value: float | None) -> str:
    """Return a number as the script of the page reads it back; empty for none."""
    if value is None or isnan(value):
        return ""
    return repr(value).replace("inf", "Infinity")


def typeset(text: str) -> str:
    """Return a sentence of ours with true minus signs before levels."""
    return _SIGNED_FIGURE.sub(MINUS, text)


def counted(n: int, one: str, many: str = "") -> str:
    """Return a number with its noun: ``1 file``, ``3 files``."""
    return f"{n} {one if n == 1 else many or one + 's'}"


@dataclass(frozen=True, slots=True)
class Stamp:
    """The verdict in large letters: its words, its tone, and why."""

    words: str
    tone: str
    why: str


def _stamp(report: AlbumReport) -> Stamp:
    held = [each.name for each in report.deliverables if not each.is_released]
    if not report.is_released or held:
        return Stamp("NOT FOR RELEASE", "bad", f"held back: {', '.join(held)}" if held else "")
    if not report.deliverables:
        return Stamp("NOTHING DELIVERED", "neutral", "album.yaml names no deliverables")
    return Stamp("RELEASED", "good", counted(len(report.deliverables), "deliverable"))


def _shown(edition: EditionReport) -> ShownEdition:
    scale = pictures.scale_of(edition)
    lengths_s = pictures.picture_lengths_s(edition)
    tracks = tuple(
        ShownTrack(track, _picture(track, length_s, scale))
        for track, length_s in zip(edition.tracks, lengths_s, strict=True)
    )
    return ShownEdition(edition, scale, pictures.draw_contour(edition, scale), tracks)


def _picture(
    track: TrackReport, length_s: float, scale: pictures.Scale
) -> pictures.TrackPicture | None:
    if track.picture is None:
        return None
    aim_lufs = track.level.aim_lufs if track.level else None
    return pictures.draw_track(track.picture, length_s=length_s, aim_lufs=aim_lufs, scale=scale)


def _status(deliverable: DeliverableReport) -> str:
    return _STATUS_WORDS.get(deliverable.status, deliverable.status)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "figure": figure,
        "signed": signed,
        "clock": clock,
        "timecode": timecode,
        "size": size,
        "khz": khz,
        "sort_key": sort_key,
        "typeset": typeset,
        "counted": counted,
        "status": _status,
        "severity_word": SEVERITY_WORDS.__getitem__,
    }
    environment.globals |= {"pictures": pictures}
    return environment


def _template(name: str) -> str:
    return _read("templates", name)


def _asset(name: str) -> str:
    return _read("assets", name)


def _read(folder: str, name: str) -> str:
    return files("pipeline.report").joinpath(folder, name).read_text(encoding="utf-8")


def _policy_hash(text: str) -> str:
    """Return what a content security policy calls an inline style or script."""
    return "sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode()
