import pytest

from pipeline.findings import Evidence, Finding, Severity
from pipeline.intake.verdict import Verdict, verdict_on

REMARK = Finding(Severity.WARN, "offset", "m", check="intake/dc_offset")
FAILURE = Finding(Severity.FAIL, "clipped", "m", check="intake/clipped")


def correcting(number: str, value: float, severity: Severity = Severity.WARN) -> Finding:
    evidence = Evidence(numbers=((number, value),))
    return Finding(severity, "bass", "m", check="intake/bass", evidence=evidence)


@pytest.mark.parametrize(
    ("finding", "verdict"),
    [
        (Finding(Severity.INFO, "mono", "m", check="intake/mono"), Verdict.READY),
        (REMARK, Verdict.REMARKS),
        (FAILURE, Verdict.FIX_IN_THE_MIX),
        (Finding(Severity.CRASH, "crash", "m", check="intake/x"), Verdict.FIX_IN_THE_MIX),
        (Finding(Severity.FAIL, "all-silent", "m", "intake/silent"), Verdict.NOT_USABLE),
        (Finding(Severity.FAIL, "lossy", "m", "intake/lossy_source"), Verdict.NOT_USABLE),
        (Finding(Severity.FAIL, "open", "m", check="spec/todo"), Verdict.REMARKS),
        (Finding(Severity.FAIL, "clipped", "m", "intake/clipped", waived="so"), Verdict.READY),
    ],
)
def test_a_finding_leads_to_its_verdict(finding: Finding, verdict: Verdict) -> None:
    assert verdict_on([finding]) is verdict


def test_the_worst_finding_decides() -> None:
    assert verdict_on([]) is Verdict.READY
    assert verdict_on([REMARK, FAILURE, REMARK]) is Verdict.FIX_IN_THE_MIX


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_correction_beyond_the_guard_rails_is_made_in_the_mix(sign: float) -> None:
    assert verdict_on([correcting("correction_db", sign * 3.9)]) is Verdict.REMARKS
    assert verdict_on([correcting("correction_db", sign * 4.1)]) is Verdict.FIX_IN_THE_MIX
    assert verdict_on([correcting("cut_db", 9.0, Severity.INFO)]) is Verdict.READY
