"""Direct current in a mix."""

from __future__ import annotations

from collections.abc import Iterator
from math import log10

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.offset import OffsetFigures

# -60 dBFS is where most workstations begin to warn; -40 dBFS takes a tenth of a decibel of
# headroom and clicks at every edit.
WARN_OFFSET = 0.001
FAIL_OFFSET = 0.01
SIDES = ("left", "right")


@check(
    "intake/dc_offset",
    rationale="""A waveform that does not swing around zero loses headroom on one side and
    clicks wherever it is cut or faded.""",
)
def dc_offset(received: Surveyed) -> Iterator[Finding]:
    """The waveform of each channel swings around zero."""
    means = received.survey.of(OffsetFigures).means
    worst = max(range(len(means)), key=lambda channel: abs(means[channel]))
    offset = abs(means[worst])
    if offset < WARN_OFFSET:
        return
    level_dbfs = 20.0 * log10(offset)
    side = f" on the {SIDES[worst]}" if len(means) == 2 else ""
    yield Finding(
        Severity.FAIL if offset >= FAIL_OFFSET else Severity.WARN,
        "offset",
        f"the waveform{side} stands {level_dbfs:.0f} dBFS beside zero (direct current)",
        action="ask for a bounce with the DC filter on, or put a high_pass into the chain",
        evidence=Evidence(numbers=(("offset_dbfs", round(level_dbfs, 1)),)),
    )
