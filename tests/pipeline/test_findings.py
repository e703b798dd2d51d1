import json

import pytest

from pipeline.findings import Evidence, Finding, Plot, Severity

PLOT = Plot(
    (20.0, 200.0), (-60.0, -20.5), "frequency, Hz", "level, dB", is_log_x=True, limit=-30.0
)


@pytest.mark.parametrize(
    "evidence",
    [Evidence(), Evidence((1.5, 2.0), (("runs_per_s", 0.7),)), Evidence(plot=PLOT)],
)
def test_a_finding_comes_back_from_json(evidence: Evidence) -> None:
    finding = Finding(Severity.WARN, "hum", "a hum", time_s=1.5, evidence=evidence)
    assert Finding.from_json(json.loads(json.dumps(finding.to_json()))) == finding


def test_a_finding_without_evidence_says_null() -> None:
    assert Finding(Severity.INFO, "mono", "mono").to_json()["evidence"] is None


def test_a_finding_that_was_written_before_there_was_evidence_is_read() -> None:
    written = Finding(Severity.INFO, "mono", "mono").to_json()
    del written["evidence"]
    assert Finding.from_json(written) == Finding(Severity.INFO, "mono", "mono")
