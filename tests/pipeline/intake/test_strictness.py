from typing import get_args

import pytest

from pipeline.build.session import check_names
from pipeline.findings import Finding, Severity
from pipeline.intake.strictness import LOOSENED, Strictness, loosened, loosens
from pipeline.spec.model import AlbumSpec


def finding(severity: Severity = Severity.FAIL, code: str = "clipped") -> Finding:
    return Finding(severity, code, "clipped 31 times", check="intake/clipped", track="tide")


def test_the_spec_knows_the_same_words() -> None:
    words = set(get_args(Strictness))
    assert set(LOOSENED) == words
    assert set(get_args(AlbumSpec.model_fields["strictness"].annotation)) == words


@pytest.mark.parametrize("strictness", LOOSENED)
def test_every_rule_that_is_loosened_exists_and_is_named_once(strictness: str) -> None:
    rules = [each.rule for each in LOOSENED[strictness]]
    assert len(set(rules)) == len(rules)
    assert {each.partition(":")[0] for each in rules} <= check_names()


def test_a_release_loosens_nothing() -> None:
    assert loosened([finding()], "release") == (finding(),)


def test_a_loosened_failure_is_a_warning_that_says_why() -> None:
    (found,) = loosened([finding()], "lofi")
    assert found.severity is Severity.WARN
    assert not found.blocks_release
    assert found.loosened.startswith("strictness: lofi (")
    assert found.loosened.endswith("else fail")
    assert found.message == "clipped 31 times"


def test_what_is_no_worse_than_it_may_be_stays_as_it_is() -> None:
    for severity in (Severity.WARN, Severity.INFO):
        assert loosened([finding(severity)], "demo") == (finding(severity),)


def test_loosening_twice_changes_nothing_more() -> None:
    once = loosened([finding()], "demo")
    assert loosened(once, "demo") == once


def test_a_rule_can_name_one_finding_of_a_check() -> None:
    coarse = Finding(Severity.WARN, "8-bit", "8 bits", check="intake/stored_as")
    odd = Finding(Severity.WARN, "odd-rate", "47 kHz", check="intake/stored_as")
    assert [each.severity for each in loosened([coarse, odd], "lofi")] == [
        Severity.INFO,
        Severity.WARN,
    ]


def test_only_a_demo_reads_an_mp3_without_a_reason() -> None:
    assert loosens("demo", "intake/lossy_source")
    assert not loosens("lofi", "intake/lossy_source")
    assert not loosens("release", "intake/lossy_source")


def test_the_word_survives_json() -> None:
    (found,) = loosened([finding()], "lofi")
    assert Finding.from_json(found.to_json()) == found
