import importlib
from dataclasses import replace

import pytest

from pipeline.findings import Severity
from pipeline.intake.checks import CHECKS, SURVEY_CHECKS, Received, findings
from pipeline.intake.probe import MixFacts

FINE = MixFacts(
    container="WAV",
    subtype="PCM_24",
    sample_rate_hz=48_000,
    bits=24,
    is_float=False,
    n_channels=2,
    n_samples=480_000,
    is_lossy=False,
    is_length_declared=True,
    peaks=(0.5, 0.4),
    sound_start_samples=0,
    sound_end_samples=480_000,
    n_clipped_runs=0,
    first_clipped_sample=None,
    is_dual_mono=False,
)


def said(facts: MixFacts, *, release_bits: int = 24) -> list[tuple[str, str, Severity]]:
    found = findings(Received(facts, release_bits))
    return [(each.check, each.code, each.severity) for each in found]


def test_a_good_mix_gives_no_findings() -> None:
    assert said(FINE) == []


@pytest.mark.parametrize("rule", CHECKS + SURVEY_CHECKS, ids=lambda rule: rule.id)
def test_the_id_of_a_check_is_its_path(rule: object) -> None:
    name = rule.id.removeprefix("intake/")  # type: ignore[attr-defined]  # parametrised
    module = importlib.import_module(f"pipeline.intake.checks.{name}")
    assert getattr(module, name) is rule


@pytest.mark.parametrize(
    ("changes", "check", "code", "severity"),
    [
        (
            {"is_lossy": True, "bits": 0, "subtype": "VORBIS", "container": "Ogg"},
            "lossy_source",
            "lossy",
            Severity.FAIL,
        ),
        ({"peaks": (0.0, 0.0)}, "silent", "all-silent", Severity.FAIL),
        ({"peaks": (0.5, 0.0)}, "silent", "one-side-silent", Severity.WARN),
        ({"n_channels": 1, "peaks": (0.5,)}, "mono", "mono", Severity.INFO),
        ({"is_dual_mono": True}, "mono", "dual-mono", Severity.INFO),
        ({"bits": 16}, "stored_as", "short-words", Severity.INFO),
        ({"bits": 8}, "stored_as", "8-bit", Severity.WARN),
        ({"sample_rate_hz": 22_050}, "stored_as", "low-rate", Severity.WARN),
        ({"sample_rate_hz": 47_952}, "stored_as", "odd-rate", Severity.WARN),
        ({"is_length_declared": False}, "stored_as", "length-not-declared", Severity.WARN),
        (
            {"peaks": (2.0, 0.4), "is_float": True, "bits": 32},
            "clipped",
            "over-in-float",
            Severity.INFO,
        ),
    ],
)
def test_each_fault_gives_its_one_finding(
    changes: dict[str, object], check: str, code: str, severity: Severity
) -> None:
    facts = MixFacts.from_json(FINE.to_json() | changes)
    assert said(facts) == [(f"intake/{check}", code, severity)]


@pytest.mark.parametrize(
    ("n_runs", "severity"),
    [(1, Severity.INFO), (5, Severity.WARN), (49, Severity.WARN), (50, Severity.FAIL)],
)
def test_clipping_weighs_by_its_runs_per_second(n_runs: int, severity: Severity) -> None:
    facts = replace(FINE, peaks=(1.0, 1.0), n_clipped_runs=n_runs, first_clipped_sample=72_000)
    assert said(facts) == [("intake/clipped", "clipped", severity)]


def test_a_clipped_mix_is_told_with_count_and_place() -> None:
    facts = replace(FINE, peaks=(1.0, 1.0), n_clipped_runs=3, first_clipped_sample=72_000)
    (found,) = findings(Received(facts), track="slipway")
    assert found.message == "the mix is clipped 3 times, first at 0:01.500"
    assert (found.track, found.time_s) == ("slipway", 1.5)


def test_16_bit_words_are_no_remark_for_a_cd_alone() -> None:
    assert said(replace(FINE, bits=16), release_bits=16) == []


@pytest.mark.parametrize("name", ["lossy_source", "intake/lossy_source"])
def test_a_written_reason_waives_the_check_it_names(name: str) -> None:
    facts = replace(FINE, is_lossy=True, bits=0, subtype="MPEG_LAYER_III", container="MP3")
    (found,) = findings(Received(facts), intent={name: "tape is lost", "silent": "no"})
    assert found.waived == "tape is lost"
    assert not found.blocks_release
    (found,) = findings(Received(facts), intent={"silent": "no"})
    assert found.blocks_release


def test_an_action_names_an_intent_that_exists() -> None:
    names = {rule.id.removeprefix("intake/") for rule in CHECKS}
    facts = replace(FINE, peaks=(0.0, 0.0), is_lossy=True, n_clipped_runs=99, bits=0)
    for found in findings(Received(facts)):
        word = found.action.partition("intent: {")[2].partition(":")[0]
        assert word in names, found.action
