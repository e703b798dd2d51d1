import pytest

from pipeline.findings import Evidence, Finding, Severity
from pipeline.intake.verdict import (
    CHANNEL_GAIN,
    REPAIR,
    TONE,
    GuardRail,
    Verdict,
    needs,
    verdict,
    worst_verdict,
)


def finding(rail: GuardRail, needed_db: float, *, waived: str = "") -> Finding:
    evidence = Evidence(numbers=needs(rail, needed_db))
    return Finding(Severity.WARN, "code", "message", evidence=evidence, waived=waived)


@pytest.mark.parametrize(
    ("rail", "needed_db", "expected"),
    [
        (TONE, 1.5, Verdict.MASTERING),
        (TONE, -5.0, Verdict.BY_HAND),
        (TONE, 6.1, Verdict.MIX),
        (CHANNEL_GAIN, 3.1, Verdict.MIX),
        (REPAIR, 0.1, Verdict.MIX),
    ],
)
def test_a_correction_beyond_its_guard_rail_belongs_into_the_mix(
    rail: GuardRail, needed_db: float, expected: Verdict
) -> None:
    found = finding(rail, needed_db)
    assert verdict(found) is expected
    assert verdict(Finding.from_json(found.to_json())) is expected


def test_what_is_waived_or_asks_for_nothing_has_no_verdict() -> None:
    assert verdict(finding(REPAIR, 6.0, waived="meant so")) is None
    assert verdict(Finding(Severity.WARN, "code", "message")) is None


def test_the_verdict_on_an_album_is_its_worst() -> None:
    assert worst_verdict([finding(TONE, 1.0), finding(TONE, 9.0)]) is Verdict.MIX
    assert worst_verdict([]) is None
