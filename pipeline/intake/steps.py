"""The intake steps: a mix becomes its facts, and what all listeners find in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.intake.comparing import compare
from pipeline.intake.probe import probe
from pipeline.intake.survey import survey

if TYPE_CHECKING:
    from pipeline.engine import Job


def probe_mix(job: Job) -> None:
    """Read a mix from end to end: ``facts``, as `MixFacts.to_json` writes them."""
    is_waived = job.params["lossy_waived"] is True
    facts = probe(job.input("mix"), lossy_waived=is_waived, advanced=job.progress)
    job.write_json("facts", facts.to_json())


def survey_mix(job: Job) -> None:
    """Have every listener hear a mix: ``survey``, as `Survey.to_json` writes it."""
    found = survey(job.input("mix"), advanced=job.progress)
    job.write_json("survey", found.to_json())


def compare_mixes(job: Job) -> None:
    """Lay files of one recording upon the first, several as their sum: ``comparison``."""
    offset_s = job.params["offset_s"]
    assert isinstance(offset_s, float)
    seconds = (job.input(name) for name in job.inputs if name != "first")
    found = compare(job.input("first"), *seconds, offset_s=offset_s, advanced=job.progress)
    job.write_json("comparison", found.to_json())
