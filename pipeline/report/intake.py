"""What `check` says of an album: values for the screen, the page and JSON."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.findings import Finding, Severity
from pipeline.intake.comparison import Compared
from pipeline.intake.readiness import Readiness, is_beyond_mastering

_HAS_TIME = re.compile(r"\d:\d\d")


@dataclass(frozen=True, slots=True)
class CheckedMix:
    """One mix as it was found, and the verdict on it."""

    track: str
    title: str
    file: str
    codec: str
    sample_rate_hz: int
    duration_s: float
    peak_dbfs: float
    verdict: Readiness


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` has to say.

    Parameters
    ----------
    title, artist : str
        Of the album.
    sample_rate_hz : int
        The rate it is made at.
    strictness : str
        How strictly it was judged.
    mixes : tuple of CheckedMix
        In the order of the spec.
    remarks : tuple of str
        What in the spec is no error but hardly meant.
    findings : tuple of Finding
        Everything that was found, in mixes and spec.
    comparison : tuple of Compared
        The mixes side by side.
    """

    title: str
    artist: str
    sample_rate_hz: int
    strictness: str
    mixes: tuple[CheckedMix, ...]
    remarks: tuple[str, ...]
    findings: tuple[Finding, ...]
    comparison: tuple[Compared, ...]

    @property
    def verdict(self) -> Readiness:
        """The worst verdict of all mixes."""
        verdicts = (each.verdict for each in self.mixes)
        return max(verdicts, key=lambda each: each.rank, default=Readiness.READY)

    @property
    def summary(self) -> str:
        """How many mixes have which verdict, worst first."""
        counts = Counter(each.verdict for each in self.mixes)
        parts = [
            f"{counts[verdict]} {_VERDICT_PHRASES[verdict]}"
            for verdict in reversed(Readiness)
            if counts[verdict]
        ]
        mixes = f"{len(self.mixes)} mix" + ("es" if len(self.mixes) != 1 else "")
        return f"{mixes}: {', '.join(parts) or 'none'}"

    def found_in(self, mix: CheckedMix) -> tuple[Finding, ...]:
        """Return what was found about one mix, in order of weight."""
        return by_weight(each for each in self.findings if each.track == mix.track)

    @property
    def about_the_album(self) -> tuple[Finding, ...]:
        """What belongs to no mix."""
        tracks = {each.track for each in self.mixes}
        return by_weight(each for each in self.findings if each.track not in tracks)

    def to_json(self) -> dict[str, Any]:
        """Return it with stable keys."""
        data = asdict(self) | {"findings": [each.to_json() for each in self.findings]}
        for mix in data["mixes"]:
            mix["peak_dbfs"] = mix["peak_dbfs"] if mix["peak_dbfs"] > -1000 else "-inf"
        return data


_VERDICT_PHRASES = {
    Readiness.READY: "ready to master",
    Readiness.REMARKS: "with remarks",
    Readiness.FIX_IN_THE_MIX: "to fix in the mix",
    Readiness.NOT_USABLE: "not usable",
}


def by_weight(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings by what they weigh: what nobody waived first, the worst of it first."""
    return tuple(sorted(findings, key=_weight))


def _weight(finding: Finding) -> tuple[bool, int, bool]:
    return bool(finding.waived), finding.severity.rank, not is_beyond_mastering(finding)


def is_remark(finding: Finding) -> bool:
    """Whether a finding gets a line of its own: a warning or worse, or a written reason."""
    return bool(finding.waived) or finding.severity.rank <= Severity.WARN.rank


def sentence(finding: Finding) -> str:
    """Return what was found, where, and what to ask for."""
    text = finding.message
    times = finding.evidence.times_s
    time_s = times[0] if times and finding.time_s is None else finding.time_s
    if time_s is not None and not _HAS_TIME.search(text):
        minutes, seconds = divmod(int(time_s), 60)
        text += f", {'first ' if len(times) > 1 else ''}at {minutes}:{seconds:02}"
    if finding.action and not finding.waived:
        text += f": {finding.action}"
    if finding.waived:
        text += f"; waived: {finding.waived}"
    if finding.loosened:
        text += f"; loosened by {finding.loosened}"
    return text
