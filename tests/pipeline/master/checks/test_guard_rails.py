"""Guard rails: what a chain does more of than mastering should."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy.signal import sosfreqz

from pipeline.dsp import biquad
from pipeline.findings import Finding, Severity
from pipeline.master.chain import build_chain, describe
from pipeline.master.checks import Worked, chain_findings
from pipeline.master.checks.tone_change import tone_curves
from pipeline.master.registry import parameters
from pipeline.spec.model import ChainItem, Routing


def items(*written: dict[str, Any]) -> list[ChainItem]:
    found = []
    for each in written:
        (name,) = each.keys() & parameters().keys()
        routing = {key: value for key, value in each.items() if key != name}
        settings = parameters()[name].model_validate(each[name])
        found.append(ChainItem(name, settings, Routing.model_validate(routing)))
    return found


def bell(gain_db: float, at: str = "1 kHz", q: float = 0.7, **routing: str) -> dict[str, Any]:
    return {"eq": {"bell": {"at": at, "gain": f"{gain_db} dB", "q": str(q)}}, **routing}


def width(percent: float, **routing: str) -> dict[str, Any]:
    return {"width": {"amount": f"{percent} %"}, **routing}


def found(
    *written: dict[str, Any],
    log: tuple[Mapping[str, Any], ...] = (),
    intent: Mapping[str, str] | None = None,
) -> list[Finding]:
    worked = Worked(items(*written), log)
    return list(chain_findings(worked, track="one", intent=intent or {}))


def test_what_engineers_usually_do_is_not_remarked_on() -> None:
    held = {"processor": "compressor", "mean_reduction_db": 1.8, "max_reduction_db": 5.0}
    chain = [
        {"high_pass": {"at": "80 Hz"}},
        bell(1.5, "100 Hz"),
        bell(-1.5, "3 kHz"),
        {"eq": {"notch": {"at": "1 kHz", "q": "30"}}},
        width(115),
    ]
    assert found(*chain, log=(held,)) == []
    assert found() == []


def test_small_moves_of_several_equalisers_add_up() -> None:
    assert found(bell(1.4)) == []
    (finding,) = found(bell(1.4), {"gain": "3 dB"}, bell(1.4))
    assert (finding.severity, finding.check) == (Severity.WARN, "master/tone_change")
    assert "lift 1 kHz by 2.8 dB;" in finding.message


def test_moves_that_cancel_are_no_change() -> None:
    assert found(bell(5), bell(-5)) == []


def test_more_than_the_most_holds_the_release_back_until_a_reason_is_written() -> None:
    (finding,) = found(bell(-7, "200 Hz"))
    assert finding.blocks_release
    assert "lower 200 Hz by 6.9 dB" in finding.message
    for name in ("tone_change", "master/tone_change"):
        (waived,) = found(bell(-7, "200 Hz"), intent={name: "telephone"})
        assert waived.waived == "telephone"
        assert not waived.blocks_release


@pytest.mark.parametrize(
    ("channels", "name"),
    [
        ("mid", "middle"),
        ("side", "sides"),
        ("left", "left channel"),
        ("right", "right channel"),
    ],
)
def test_what_only_one_side_gets_is_told_of_that_side(channels: str, name: str) -> None:
    (finding,) = found(bell(1.5), bell(1.5, channels=channels))
    assert f"by 3.0 dB in the {name};" in finding.message
    assert found(bell(1.5, channels="mid"), bell(1.5, channels="side")) == []


def test_what_is_mixed_in_counts_as_much_as_it_is_heard() -> None:
    _, curves_db = tone_curves(items(bell(6, mix="50 %")))
    expected_db = 20 * np.log10(0.5 + 0.5 * 10 ** (6 / 20))
    assert curves_db["mid"].max() == pytest.approx(expected_db, abs=0.05)


def test_the_curve_is_that_of_the_filters() -> None:
    written = [bell(2, "100 Hz"), bell(-1.5, "2 kHz", 1.0)]
    frequency_hz, curves_db = tone_curves(items(*written))
    sections = [
        biquad.bell(100.0, 2.0, 0.7, sample_rate_hz=192_000),
        biquad.bell(2000.0, -1.5, 1.0, sample_rate_hz=192_000),
    ]
    rows = np.array([[b.b0, b.b1, b.b2, 1.0, b.a1, b.a2] for b in sections])
    _, response = sosfreqz(rows, frequency_hz, fs=192_000)
    np.testing.assert_allclose(curves_db["left"], 20 * np.log10(abs(response)), atol=0.1)


@pytest.mark.parametrize(
    ("percent", "severity"),
    [(79, "warn"), (80, None), (125, None), (126, "warn"), (151, "fail"), (0, "fail")],
)
def test_the_sides_stay_near_what_they_were(percent: float, severity: str | None) -> None:
    assert [each.severity for each in found(width(percent))] == [severity] * bool(severity)


def test_widths_multiply_and_count_as_much_as_they_are_heard() -> None:
    (finding,) = found(width(120), width(120))
    assert "144 % of what they were" in finding.message
    assert found(width(200, mix="20 %")) == []


@pytest.mark.parametrize(
    ("mean_db", "max_db", "is_told"), [(3.0, 8.0, False), (3.1, 4.0, True), (1.0, 8.1, True)]
)
def test_reduction_has_a_budget(mean_db: float, max_db: float, is_told: bool) -> None:
    log = {"processor": "compressor", "mean_reduction_db": mean_db, "max_reduction_db": max_db}
    findings = found(log=(log,))
    assert bool(findings) is is_told
    if is_told:
        assert f"compressor holds back {mean_db:.1f} dB on average" in findings[0].message


RATE_HZ = 48_000
RNG = np.random.default_rng(6)
TOGETHER, APART = RNG.normal(0.0, 0.1, (2, 10 * RATE_HZ))


def folded(sides: float, *written: dict[str, Any]) -> list[Finding]:
    """Return what is said of the fold of noise whose sides are so loud beside its middle."""
    mix = np.column_stack((TOGETHER + sides * APART, TOGETHER - sides * APART))
    chain = build_chain(describe(items(*written)), RATE_HZ)
    chain.process(mix)
    chain.flush()
    log = tuple(chain.log())
    return [each for each in found(*written, log=log) if each.check == "master/mono_fold"]


def test_a_width_that_folds_is_not_remarked_on() -> None:
    assert folded(0.5, width(150)) == []
    assert folded(2.0, width(100)) == []
    assert found(width(180))[0].check == "master/width_change"  # not mastered yet


def test_a_width_that_would_cancel_is_refused_and_the_widest_that_does_not_is_told() -> None:
    finding, *others = folded(0.7, width(190))
    assert len(others) == 2  # bass and air as well
    assert finding.blocks_release
    assert "a width of 190 % makes its sides below 150 Hz louder" in finding.message
    widest = min(int(each.action.split()[1]) for each in (finding, *others))
    assert 110 < widest < 150
    assert folded(0.7, width(widest)) == []
    assert folded(0.7, width(widest + 10)) != []


def test_a_mix_that_cancels_by_itself_is_not_to_be_widened() -> None:
    finding = folded(1.5, width(110))[0]
    assert "leave it at 100 % there" in finding.action


def test_the_fold_counts_a_width_as_far_as_it_is_heard_and_where_it_is() -> None:
    assert folded(0.7, width(190, mix="10 %")) == []
    bands = [{"up_to": "4 kHz", "amount": "100 %"}, {"amount": "190 %"}]
    (finding,) = folded(0.7, {"width": {"bands": bands}})
    assert "its sides above 4000 Hz louder" in finding.message


def test_a_bass_in_mono_is_no_change_of_width() -> None:
    bands = [{"up_to": "150 Hz", "amount": "0 %"}, {"amount": "110 %"}]
    assert found({"width": {"bands": bands}}) == []
    bands = [{"up_to": "2 kHz", "amount": "0 %"}, {"amount": "110 %"}]
    assert "brought to 0 %" in found({"width": {"bands": bands}})[0].message


def levels(**end: float | None) -> tuple[Mapping[str, Any], ...]:
    mix = {"after": "mix", "attacks_lost_db": 0.0, "range_db": 9.0}
    middle = {"after": "eq", "attacks_lost_db": 0.4, "range_db": 9.0}
    return (mix, middle, {"after": "compressor", "attacks_lost_db": 0.5, "range_db": 8.0} | end)


def contrasts(told: tuple[Mapping[str, Any], ...]) -> list[Finding]:
    worked = Worked(items(bell(1.0)), (), told)
    return list(chain_findings(worked, track="one", intent={}))


def test_attacks_that_a_chain_takes_are_told_with_the_processor_that_takes_them() -> None:
    assert contrasts(levels()) == []
    assert contrasts(()) == []
    (lost,) = contrasts(levels(attacks_lost_db=2.0))
    assert (lost.check, lost.severity) == ("master/contrast", Severity.WARN)
    assert "takes 2.0 dB of the attacks, most of it in its compressor" in lost.message


def test_a_range_that_shrinks_is_told() -> None:
    assert contrasts(levels(range_db=4.0)) == []
    assert contrasts(levels(range_db=None)) == []
    (lost,) = contrasts(levels(range_db=3.9))
    assert "from 9.0 to 3.9 dB apart" in lost.message


def test_a_real_compressor_that_flattens_drums_is_told() -> None:
    time_s = np.arange(8 * 48_000) / 48_000
    noise = np.random.default_rng(3).normal(0.0, 0.02, (len(time_s), 2))
    drums = noise * (0.2 + 9.0 * np.exp(-(time_s % 0.4) / 0.02))[:, None]
    crushing = {"compressor": {"threshold": "-45 dB", "ratio": "8", "attack": "0.1 ms"}}
    chain = build_chain(describe(items(crushing)), 48_000)
    chain.process(drums)
    chain.flush()
    assert [each.code for each in contrasts(tuple(chain.levels()))] == ["attacks"]


@pytest.mark.parametrize(
    ("phase", "routing", "dip"),
    [
        ("minimum", {"mix": "50 %"}, "everything there"),
        ("minimum", {"mix": "80 %"}, "up to 4 dB"),
        ("minimum", {}, None),
        ("minimum", {"mix": "98 %"}, None),
        ("linear", {"mix": "50 %"}, None),
    ],
)
def test_a_multiband_that_turns_phases_combs_with_its_input(
    phase: str, routing: dict[str, str], dip: str | None
) -> None:
    bands = [{"up_to": "200 Hz", "threshold": "off"}, {"threshold": "0 dB"}]
    written = {"multiband": {"bands": bands, "phase": phase}, **routing}
    said = [each for each in found(written) if each.check == "master/combs"]
    assert [each.severity for each in said] == ([Severity.FAIL] if dip else [])
    for each in said:
        assert dip
        assert dip in each.message
    # And it does so, as far as the finding says.
    chain = build_chain(describe(items(written)), 48_000)
    impulse = np.zeros((48_000, 2))
    impulse[12_000] = 1.0
    out = np.concatenate((chain.process(impulse), chain.flush()))[:, 0]
    dips_db = -20.0 * np.log10(np.abs(np.fft.rfft(out))[40:8000].min())
    limit_db = {None: 0.5, "up to 4 dB": 4.5, "everything there": 99.0}[dip]
    assert limit_db > dips_db > (0.0 if dip is None else 4.0) - 0.5


def test_compressors_that_add_up_are_told_as_one() -> None:
    log = tuple(
        {"processor": name, "mean_reduction_db": 2.1, "max_reduction_db": 5.0}
        for name in ("compressor", "compressor (mid)", "deesser")
    )
    (together,) = found(bell(1.0), log=log)
    assert together.code == "together"
    assert "2 compressors hold back 4.2 dB" in together.message
    assert found(bell(1.0), log=log[1:]) == []
