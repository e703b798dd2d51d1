"""The spec and the mixes, read and judged; nothing is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.build.examining import examine
from pipeline.build.reaching import aims_out_of_reach
from pipeline.build.session import Settings, Teller, open_session
from pipeline.findings import Finding
from pipeline.intake.probe import codec_name


@dataclass(frozen=True, slots=True)
class CheckedMix:
    """One mix as it was found."""

    track: str
    title: str
    file: str
    codec: str
    sample_rate_hz: int
    duration_s: float
    peak_dbfs: float


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` has to say."""

    title: str
    artist: str
    sample_rate_hz: int
    mixes: tuple[CheckedMix, ...]
    remarks: tuple[str, ...]
    findings: tuple[Finding, ...]

    def lines(self) -> Iterator[str]:
        """Yield it for people."""
        yield f"{self.artist}: {self.title}, made at {self.sample_rate_hz / 1000:g} kHz"
        for number, mix in enumerate(self.mixes, start=1):
            minutes, seconds = divmod(round(mix.duration_s), 60)
            yield (
                f"{number:3d}  {mix.title}  {minutes}:{seconds:02d}  {mix.codec} "
                f"{mix.sample_rate_hz / 1000:g} kHz  peak {mix.peak_dbfs:.1f} dBFS  {mix.file}"
            )
        yield from self.remarks

    def to_json(self) -> dict[str, Any]:
        """Return it with stable keys."""
        data = asdict(self) | {"findings": [each.to_json() for each in self.findings]}
        for mix in data["mixes"]:
            mix["peak_dbfs"] = mix["peak_dbfs"] if mix["peak_dbfs"] > -1000 else "-inf"
        return data


def check_album(path: Path, *, settings: Settings, teller: Teller) -> Checked:
    """Read the spec and every mix of it.

    Raises
    ------
    SpecError
        If the spec has problems.
    SourceError
        If a mix cannot be used.
    """
    with open_session(path, settings=settings, teller=teller) as session:
        deliverables = session.chosen(())
        intake = session.intake(deliverables)
        works = session.works(deliverables, intake)
        tracks = session.tracks(deliverables)
        examined = examine(session, deliverables, intake)
        reached = aims_out_of_reach(session, works, intake)
        return Checked(
            session.spec.album.title,
            session.spec.album.artist,
            session.album_rate_hz(intake.facts),
            tuple(
                CheckedMix(
                    name,
                    tracks[name].title,
                    session.locked_sources(intake)[name].file,
                    codec_name(facts),
                    facts.sample_rate_hz,
                    round(facts.duration_s, 3),
                    round(facts.peak_dbfs, 2),
                )
                for name, facts in intake.facts.items()
            ),
            tuple(str(remark) for remark in session.loaded.remarks),
            (*intake.findings, *intake.remarks, *examined, *reached),
        )
