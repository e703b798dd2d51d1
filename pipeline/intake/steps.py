"""The intake step: a mix becomes its facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.intake.probe import probe

if TYPE_CHECKING:
    from pipeline.engine import Job


def probe_mix(job: Job) -> None:
    """Read a mix from end to end: ``facts``, as `MixFacts.to_json` writes them."""
    is_waived = job.params["lossy_waived"] is True
    facts = probe(job.input("mix"), lossy_waived=is_waived, advanced=job.progress)
    job.write_json("facts", facts.to_json())
