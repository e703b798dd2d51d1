import pytest

from pipeline.findings import Evidence, Finding, Severity
from pipeline.intake.readiness import Readiness, readiness_of

REMARK = Finding(Severity.WARN, "offset", "m", check="intake/dc_offset")
FAILURE = Finding(Severity.FAIL, "clipped", "m", check="intake/clipped")


def correcting(needed_db: float, severity: Severity = Severity.WARN) -> Finding:
    evidence = Evidence(numbers=(("needed_db", needed_db), ("most_db", 6.0)))
    return Finding(severity, "bass", "m", check="intake/low_end", evidence=evidence)


@pytest.mark.parametrize(
    ("finding", "verdict"),
    [
        (Finding(Severity.INFO, "mono", "m", check="intake/mono"), Readiness.READY),
        (REMARK, Readiness.REMARKS),
        (FAILURE, Readiness.FIX_IN_THE_MIX),
        (Finding(Severity.CRASH, "crash", "m", check="intake/x"), Readiness.FIX_IN_THE_MIX),
        (Finding(Severity.FAIL, "all-silent", "m", "intake/silent"), Readiness.NOT_USABLE),
        (Finding(Severity.FAIL, "lossy", "m", "intake/lossy_source"), Readiness.NOT_USABLE),
        (Finding(Severity.FAIL, "open", "m", check="spec/todo"), Readiness.REMARKS),
        (
            Finding(Severity.FAIL, "clipped", "m", "intake/clipped", waived="so"),
            Readiness.READY,
        ),
    ],
)
def test_a_finding_leads_to_its_verdict(finding: Finding, verdict: Readiness) -> None:
    assert readiness_of([finding]) is verdict


def test_the_worst_finding_decides() -> None:
    assert readiness_of([]) is Readiness.READY
    assert readiness_of([REMARK, FAILURE, REMARK]) is Readiness.FIX_IN_THE_MIX


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_correction_beyond_the_guard_rail_is_made_in_the_mix(sign: float) -> None:
    assert readiness_of([correcting(sign * 5.9)]) is Readiness.REMARKS
    assert readiness_of([correcting(sign * 6.1)]) is Readiness.FIX_IN_THE_MIX


def test_advice_alone_sends_no_mix_back() -> None:
    assert readiness_of([correcting(9.0, Severity.INFO)]) is Readiness.READY
