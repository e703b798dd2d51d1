from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.errors import ProcessingError
from pipeline.master.chain import MasterChain, build_chain, describe
from pipeline.master.registry import parameters
from pipeline.spec.model import ChainItem, Routing

NOISE = np.random.default_rng(3).normal(0.0, 0.2, (4000, 2))
WRITTEN: list[dict[str, Any]] = [
    {"high_pass": {"at": "25 Hz"}},
    {"eq": [{"bell": {"at": "320 Hz", "gain": "-1.2 dB"}}]},
    {"eq": {"high_shelf": {"at": "12 kHz", "gain": "4 dB"}}},
    {"compressor": {"threshold": "-18 dB", "ratio": "2", "lookahead": "2 ms"}},
    {"width": {"amount": "110 %"}},
    {"gain": "-2 dB"},
    {"low_pass": {"at": "12 kHz", "slope": "24 dB/oct"}},
    {"eq": [{"tilt": {"at": "700 Hz", "gain": "1 dB"}}, {"notch": {"at": "50 Hz"}}]},
    {"eq": {"phase": "linear", "bands": {"bell": {"at": "320 Hz", "gain": "-2 dB"}}}},
    {"low_pass": {"at": "16 kHz", "phase": "linear"}},
    {
        "dynamic_eq": {
            "bands": [
                {"at": "240 Hz", "threshold": "-40 dB", "range": "-4 dB", "ratio": "4"},
                {"shape": "high_shelf", "at": "9 kHz", "threshold": "-30 dB", "range": "2 dB"},
            ],
            "lookahead": "2 ms",
        }
    },
    {"resonance_tamer": {"threshold": "2 dB", "depth": "100 %", "low": "40 Hz"}},
    {"width": {"bands": [{"up_to": "800 Hz", "amount": "60 %"}, {"amount": "140 %"}]}},
    {"mono_bass": {"below": "300 Hz"}},
    {"balance": "1 dB"},
    {"dc_removal": {}},
    {"hum_removal": {"mains": "50 Hz", "up_to": "-50 dBFS"}},
    {"gain_ride": [{"at": "10 ms", "gain": "0 dB"}, {"at": "70 ms", "gain": "-6 dB"}]},
    {"declick": {"at": "40 ms"}},
]


def items(written: list[dict[str, Any]]) -> list[ChainItem]:
    found = []
    for each in written:
        (name,) = each.keys() & parameters().keys()
        routing = {key: value for key, value in each.items() if key != name}
        settings = parameters()[name].model_validate(each[name])
        found.append(ChainItem(name, settings, Routing.model_validate(routing)))
    return found


def chain(written: list[dict[str, Any]], rate_hz: int = 48_000) -> MasterChain:
    return build_chain(describe(items(written)), rate_hz)


def run(processor: MasterChain, edges: list[int]) -> Audio:
    parts = [processor.process(NOISE[start:end]) for start, end in pairwise(edges)]
    return np.concatenate([*parts, processor.flush()])


WHOLE = [0, len(NOISE)]


def test_a_chain_is_described_in_one_way_whatever_was_written() -> None:
    once = describe(items([{"eq": {"bell": {"at": "2.5 kHz", "gain": "+1.50 dB"}}}]))
    again = describe(
        items([{"eq": [{"bell": {"at": "2500 Hz", "gain": "1.5dB", "q": "0.71"}}]}])
    )
    band = {"bell": {"at": "2500 Hz", "gain": "1.5 dB", "q": "0.71"}}
    assert once == again == [{"processor": "eq", "version": 2, "parameters": [band]}]


def test_a_phase_that_is_written_and_changes_nothing_is_not_described() -> None:
    band = {"bell": {"at": "2500 Hz", "gain": "1.5 dB"}}
    plain: list[dict[str, Any]] = [
        {"eq": band},
        {"high_pass": {"at": "25 Hz"}},
        {"low_pass": {"at": "16 kHz"}},
    ]
    written: list[dict[str, Any]] = [
        {"eq": {"phase": "minimum", "bands": band}},
        {"high_pass": {"at": "25 Hz", "phase": "minimum"}},
        {"low_pass": {"at": "16 kHz", "phase": "minimum"}},
    ]
    assert describe(items(written)) == describe(items(plain))
    assert "phase" not in str(describe(items(plain)))
    linear = describe(items([{"high_pass": {"at": "25 Hz", "phase": "linear"}}]))
    assert linear[0]["parameters"]["phase"] == "linear"


def test_filters_of_linear_phase_in_a_row_become_one_and_turn_nothing() -> None:
    linear = chain(WRITTEN[8:10])
    impulse = np.zeros((8001, 2))
    impulse[4000] = 1.0
    out = np.concatenate((linear.process(impulse), linear.flush()))[:, 0]
    assert len(out) == 8001
    np.testing.assert_allclose(out, out[::-1], rtol=0, atol=1e-12)
    one_by_one = impulse
    for each in WRITTEN[8:10]:
        alone = chain([each])
        one_by_one = np.concatenate((alone.process(one_by_one), alone.flush()))
    np.testing.assert_allclose(out, one_by_one[:, 0], rtol=0, atol=1e-4)


def test_half_of_a_linear_filter_does_not_comb() -> None:
    """Half of a filter that turns no phase is, at each frequency, the mean of two gains."""
    cut = {"eq": {"phase": "linear", "bands": {"bell": {"at": "3 kHz", "gain": "-12 dB"}}}}
    impulse = np.zeros((24_000, 2))
    impulse[12_000] = 1.0
    levels = []
    for routing in ({"mix": "100 %"}, {"mix": "50 %"}):
        processor = chain([{**cut, **routing}])
        out = np.concatenate((processor.process(impulse), processor.flush()))
        levels.append(np.abs(np.fft.rfft(out[:, 0])))
    np.testing.assert_allclose(levels[1], (1 + levels[0]) / 2, rtol=0, atol=1e-12)


def test_filters_in_a_row_have_the_bits_of_one_by_one_where_none_needs_correction() -> None:
    one_by_one = NOISE
    for each in WRITTEN[:2]:
        one_by_one = chain([each]).process(one_by_one)
    np.testing.assert_array_equal(run(chain(WRITTEN[:2]), WHOLE), one_by_one)


def test_filters_in_a_row_sound_as_they_do_one_by_one() -> None:
    """Each follows its analogue curve within hundredths of a decibel, and so does the sum."""
    one_by_one = NOISE
    for each in WRITTEN[:3]:
        one_by_one = chain([each]).process(one_by_one)
    difference = run(chain(WRITTEN[:3]), WHOLE) - one_by_one
    assert 0.0 < np.std(difference) < 0.003 * np.std(one_by_one)


def test_the_order_of_the_spec_is_the_order_of_the_signal() -> None:
    quiet_first = run(chain([WRITTEN[5], WRITTEN[3]]), WHOLE)
    loud_first = run(chain([WRITTEN[3], WRITTEN[5]]), WHOLE)
    assert not np.array_equal(quiet_first, loud_first)


def test_an_empty_chain_keeps_every_bit() -> None:
    np.testing.assert_array_equal(run(chain([]), WHOLE), NOISE)


def test_neutral_processors_keep_every_bit() -> None:
    neutral: list[dict[str, Any]] = [
        {"eq": {"bell": {"at": "320 Hz", "gain": "0 dB"}}},
        {"compressor": {"threshold": "0 dB", "ratio": "1", "lookahead": "3 ms"}},
        {"width": {"amount": "100 %"}},
        {"gain": "0 dB"},
    ]
    np.testing.assert_array_equal(run(chain(neutral), WHOLE), NOISE)


@given(st.lists(st.integers(0, len(NOISE)), max_size=6))
@settings(max_examples=25, deadline=None)
def test_any_block_cut_gives_the_same_samples_and_the_same_log(cuts: list[int]) -> None:
    one, many = chain(WRITTEN), chain(WRITTEN)
    whole = run(one, WHOLE)
    assert len(whole) == len(NOISE)
    np.testing.assert_array_equal(run(many, [0, *sorted(cuts), len(NOISE)]), whole)
    assert many.log() == one.log()


def test_the_log_says_how_much_the_compressor_held_back() -> None:
    done = chain(WRITTEN)
    run(done, WHOLE)
    entry = done.log()[0]
    assert entry["processor"] == "compressor"
    assert 0 < entry["mean_reduction_db"] <= entry["max_reduction_db"] < 10


def test_the_log_tells_each_band_of_a_dynamic_equaliser() -> None:
    done = chain([WRITTEN[10]])
    run(done, WHOLE)
    lowered, lifted = done.log()
    assert lowered["processor"] == "dynamic_eq: bell 240 Hz"
    assert 0 < lowered["mean_reduction_db"] < lowered["max_reduction_db"] <= 4
    assert lifted["processor"] == "dynamic_eq: high shelf 9000 Hz"
    assert -2 <= lifted["max_reduction_db"] < lifted["mean_reduction_db"] < 0


def test_routing_is_described_only_where_it_changes_something() -> None:
    plain = {"gain": "-2 dB", "mix": "100 %", "channels": "stereo"}
    (described, routed) = describe(
        items([plain, {"gain": "-2 dB", "mix": "40 %", "channels": "mid"}])
    )
    assert described == {"processor": "gain", "version": 1, "parameters": "-2 dB"}
    assert routed == described | {"channels": "mid", "mix": "40 %"}


def test_a_filter_with_routing_is_not_fused_with_its_neighbours() -> None:
    eq = {"eq": {"bell": {"at": "320 Hz", "gain": "-6 dB"}}}
    side_only = run(chain([WRITTEN[0], {**eq, "channels": "side"}, WRITTEN[2]]), WHOLE)
    without = run(chain([WRITTEN[0], WRITTEN[2]]), WHOLE)
    np.testing.assert_allclose(side_only.sum(axis=1), without.sum(axis=1), rtol=0, atol=1e-5)
    assert np.abs(np.diff(side_only - without)).max() > 0.01


def test_a_routed_compressor_logs_its_own_reduction_under_its_title() -> None:
    plain = chain([WRITTEN[3]])
    routed = chain([{**WRITTEN[3], "mix": "40 %", "channels": "left"}])
    run(plain, WHOLE)
    run(routed, WHOLE)
    (entry,) = routed.log()
    assert entry["processor"] == "compressor (left, mix 40 %)"
    assert 0 < entry["max_reduction_db"] <= plain.log()[0]["max_reduction_db"]


ROUTINGS = [
    {"channels": channels, "mix": mix}
    for channels in ("stereo", "mid", "side", "left", "right")
    for mix in ("0 %", "35 %", "100 %")
]


@pytest.mark.parametrize("routing", ROUTINGS, ids=lambda each: " ".join(each.values()))
def test_routing_keeps_its_promise_for_every_processor(routing: dict[str, str]) -> None:
    """Length, latency, and what it does not touch; on every processor that can have it."""
    share = float(routing["mix"].split()[0]) / 100
    for written in WRITTEN:
        model = parameters()[next(iter(written))]
        if routing["channels"] != "stereo" and getattr(model, "needs_stereo", False):
            continue
        out = run(chain([{**written, **routing}]), WHOLE)
        wanted = NOISE + share * (_alone(written, routing["channels"]) - NOISE)
        np.testing.assert_allclose(out, wanted, rtol=0, atol=1e-12)


def _alone(written: dict[str, Any], channels: str) -> Audio:
    """Return NOISE with one of its channels through a processor, patched by hand."""
    left, right = NOISE.T
    if channels == "stereo":
        return run(chain([written]), WHOLE)
    if channels in ("left", "right"):
        mono = left if channels == "left" else right
        wet = _through(written, mono)
        return np.column_stack((wet, right) if channels == "left" else (left, wet))
    mid, side = (left + right) / 2, (left - right) / 2
    if channels == "mid":
        mid = _through(written, mid)
    else:
        side = _through(written, side)
    return np.column_stack((mid + side, mid - side))


def _through(written: dict[str, Any], mono: Audio) -> Audio:
    processor = chain([written])
    out = [processor.process(np.column_stack((mono, mono))), processor.flush()]
    return np.concatenate(out)[:, 0]


@given(st.lists(st.integers(0, len(NOISE)), max_size=6))
@settings(max_examples=25, deadline=None)
def test_any_block_cut_of_a_routed_chain_gives_the_same_samples(cuts: list[int]) -> None:
    routed = [
        {**WRITTEN[3], "mix": "40 %"},
        {**WRITTEN[1], "channels": "side"},
        {**WRITTEN[3], "channels": "mid", "mix": "70 %"},
    ]
    one, many = chain(routed), chain(routed)
    whole = run(one, WHOLE)
    np.testing.assert_array_equal(run(many, [0, *sorted(cuts), len(NOISE)]), whole)
    assert many.log() == one.log()


def test_a_band_too_narrow_for_linear_phase_is_a_sentence() -> None:
    needle = {"phase": "linear", "bands": {"notch": {"at": "50 Hz", "q": "100"}}}
    with pytest.raises(ProcessingError, match=r"chain \(eq\): a band is so narrow") as caught:
        chain([{"eq": needle}])
    assert "with phase: minimum" in str(caught.value.hint)


def test_a_frequency_that_the_rate_cannot_carry_is_a_sentence() -> None:
    with pytest.raises(ProcessingError, match=r"chain \(eq\): 18000 Hz is too high") as caught:
        chain([{"eq": {"bell": {"at": "18 kHz", "gain": "1 dB"}}}], 32_000)
    assert "lower the frequency" in str(caught.value)


# Samples 1000 and 3999 of NOISE, left, through each item of WRITTEN alone. If this moves, raise
# the version of the processor: what was made with the old one must be made again.
SOUND_OF_VERSIONS = {
    (0, 2): (-0.006984821046, 0.048832811605),
    (1, 2): (0.005216403836, 0.054486060618),
    (2, 2): (-0.008173545989, 0.087157618043),
    (3, 1): (0.003350924024, 0.025313865397),
    (4, 1): (0.015825221354, 0.078814420900),
    (5, 1): (0.004707247685, 0.046274081341),
    (6, 1): (0.034437737615, 0.020970929515),
    (7, 2): (0.008854568398, 0.059105280938),
    (8, 2): (0.004914453323, 0.055061056846),
    (9, 1): (0.037006669368, 0.034874612170),
    (10, 1): (0.004396247331, 0.061309444766),
    (11, 1): (0.005089656409, 0.056812294491),
    (12, 1): (0.037307565833, 0.130097115442),
    (13, 1): (0.000925904972, 0.053708487673),
    (14, 1): (0.005594574359, 0.054996848746),
    (15, 1): (0.003745627249, 0.056433618185),
    (16, 1): (0.007423670211, 0.052501287755),
    (17, 1): (0.005748382480, 0.029196971481),
    (18, 1): (0.005926073730, 0.058255616908),
}


@pytest.mark.parametrize("number", range(len(WRITTEN)))
def test_the_sound_of_a_version_stays(number: int) -> None:
    (described,) = describe(items([WRITTEN[number]]))
    out = run(build_chain([described], 48_000), WHOLE)
    wanted = SOUND_OF_VERSIONS[number, described["version"]]
    assert out[[1000, 3999], 0] == pytest.approx(wanted, abs=1e-9)


def test_a_meter_stands_behind_each_processor() -> None:
    tone = 0.5 * np.sin(2 * np.pi * 1000.0 * np.arange(4 * 48_000) / 48_000)
    processor = chain(
        [
            {"gain": "-2 dB"},
            {"high_pass": {"at": "25 Hz"}},
            {"eq": {"bell": {"at": "1 kHz", "gain": "-4 dB"}}},
            {"gain": "3 dB", "channels": "left", "mix": "50 %"},
        ]
    )
    processor.process(np.column_stack((tone, tone)))
    processor.flush()
    mix, lowered, filters, left = processor.levels()
    assert [each["after"] for each in (mix, lowered, filters, left)] == [
        "mix",
        "gain",
        "high_pass + eq",
        "gain (left, mix 50 %)",
    ]
    assert (mix["peak_dbfs"], mix["rms_dbfs"]) == (-6.0, -9.0)
    assert (lowered["peak_dbfs"], lowered["rms_dbfs"]) == (-8.0, -11.0)
    assert filters["rms_dbfs"] == pytest.approx(-15.0, abs=0.1)
    # Half of 3 dB more on one side of two.
    gain = (1.0 + 10.0 ** (3.0 / 20.0)) / 2.0
    lift_db = 10.0 * np.log10((1.0 + gain**2) / 2.0)
    assert left["rms_dbfs"] == pytest.approx(filters["rms_dbfs"] + lift_db, abs=0.1)
    assert mix["attacks_lost_db"] == 0.0


def test_no_chain_has_no_levels() -> None:
    processor = chain([])
    processor.process(NOISE)
    assert processor.levels() == []


def test_every_band_of_a_multiband_tells_what_it_held_back() -> None:
    bands = [{"up_to": "200 Hz", "threshold": "-60 dB"}, {"threshold": "-50 dB"}]
    processor = chain([{"multiband": {"bands": bands}}])
    processor.process(np.tile(NOISE, (12, 1)))
    processor.flush()
    low, high = processor.log()
    assert low["processor"] == "multiband: up to 200 Hz"
    assert high["processor"] == "multiband: from 200 Hz"
    assert low["max_reduction_db"] > 1.0
    assert high["max_reduction_db"] > 1.0


MOVING = [{"at": "20 ms", "mix": "0 %"}, {"at": "60 ms", "mix": "100 %", "shape": "straight"}]


def test_a_mix_may_move_over_time() -> None:
    written = {"gain": "-6 dB", "mix": MOVING}
    out = run(chain([written]), WHOLE)
    gain = (out / NOISE).mean(axis=1)
    np.testing.assert_allclose(gain[:961], 1.0, rtol=0, atol=1e-12)
    np.testing.assert_allclose(gain[2880:], 10 ** (-6 / 20), rtol=1e-12)
    assert gain[1920] == pytest.approx((1 + 10 ** (-6 / 20)) / 2, abs=1e-6)


def test_a_mix_that_moves_is_told_to_the_key_and_one_that_rests_as_before() -> None:
    (moves,) = describe(items([{"gain": "1 dB", "mix": MOVING}]))
    assert moves["mix"] == [
        {"at": "0.02 s", "mix": "0 %", "shape": "smooth"},
        {"at": "0.06 s", "mix": "100 %", "shape": "straight"},
    ]
    (rests,) = describe(items([{"gain": "1 dB", "mix": "40 %"}]))
    assert rests["mix"] == "40 %"
    assert "mix" not in describe(items([{"gain": "1 dB", "mix": "100 %"}]))[0]
    processor = build_chain([moves], 48_000)
    assert processor.levels()[1]["after"] == "gain (mix moves)"
