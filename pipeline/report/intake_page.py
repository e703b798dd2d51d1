"""The intake page: what was found in every mix, to be sent on to whoever mixed it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.findings import Finding
from pipeline.intake.readiness import Readiness
from pipeline.report import plots
from pipeline.report.html import document, figure
from pipeline.report.intake import Checked, CheckedMix, is_remark

PAGE = "intake.html"
MOST_TIMES = 20

_TONES = {
    Readiness.READY: "pass",
    Readiness.REMARKS: "warn",
    Readiness.FIX_IN_THE_MIX: "fail",
    Readiness.NOT_USABLE: "fail",
}
_STAMPS = {
    Readiness.READY: ("READY TO MASTER", "good"),
    Readiness.REMARKS: ("READY, WITH REMARKS", "good"),
    Readiness.FIX_IN_THE_MIX: ("NOT READY YET", "bad"),
    Readiness.NOT_USABLE: ("NOT READY YET", "bad"),
}
_UNITS = {
    "_dbfs": "dBFS", "_dbtp": "dBTP", "_db": "dB", "_lufs": "LUFS", "_lu": "LU",
    "_khz": "kHz", "_hz": "Hz", "_per_s": "per second", "_ms": "ms", "_s": "s",
    "_samples": "samples", "_bits": "bits", "_kbps": "kbit/s", "_percent": "%",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a finding's evidence, for people."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding with its picture and its numbers."""

    finding: Finding
    picture: plots.PlotPicture | None
    numbers: tuple[Number, ...]

    @property
    def times_s(self) -> tuple[float, ...]:
        """Where to listen."""
        times = self.finding.evidence.times_s[:MOST_TIMES]
        if times or self.finding.time_s is None:
            return times
        return (self.finding.time_s,)


@dataclass(frozen=True, slots=True)
class ShownMix:
    """A mix with what is said of it: remarks in full, notes folded."""

    number: int
    mix: CheckedMix
    tone: str
    remarks: tuple[ShownFinding, ...]
    notes: tuple[ShownFinding, ...]


def render_intake(checked: Checked) -> str:
    """Return the intake page: a complete document without references to anything outside it.

    Parameters
    ----------
    checked : Checked
        What was found. Equal findings give equal pages.
    """
    words, tone = _STAMPS[checked.verdict]
    return document(
        PAGE,
        checked=checked,
        words=words,
        tone=tone if checked.mixes else "neutral",
        mixes=[_shown_mix(number, each, checked) for number, each in _numbered(checked)],
        of_the_album=[_shown(each) for each in checked.about_the_album],
        plots=plots,
    )


def number_of(name: str, value: float) -> Number:
    """Return a number for people: ``offset_dbfs`` is called "offset" and is in dBFS."""
    unit = next((each for each in _UNITS if name.endswith(each)), "")
    words = name.removesuffix(unit).replace("_", " ")
    places = 0 if abs(value) >= 1000 or value == int(value) else 1 if abs(value) >= 10 else 2
    text = figure(value, places)
    return Number(words, f"{text} {_UNITS[unit]}" if unit else text)


def _numbered(checked: Checked) -> list[tuple[int, CheckedMix]]:
    return list(enumerate(checked.mixes, start=1))


def _shown_mix(number: int, mix: CheckedMix, checked: Checked) -> ShownMix:
    found = checked.found_in(mix)
    return ShownMix(
        number,
        mix,
        _TONES[mix.verdict],
        tuple(_shown(each) for each in found if is_remark(each)),
        tuple(_shown(each) for each in found if not is_remark(each)),
    )


def _shown(finding: Finding) -> ShownFinding:
    plot = finding.evidence.plot
    numbers = tuple(number_of(*each) for each in finding.evidence.numbers)
    return ShownFinding(finding, plots.draw_plot(plot) if plot else None, numbers)
