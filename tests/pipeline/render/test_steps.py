"""Segments rendered, cut, and brought to their word length by the engine's steps."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from formats import pcm
from pipeline.assemble.timeline import Join, Take, Timeline, lay_out
from pipeline.dsp import Audio
from pipeline.dsp.dither import Dither, Quantiser
from pipeline.dsp.limiter import LIMITER_VERSION, LimiterSettings
from pipeline.engine import MemoryStore, Results, Step, make_plan, run_plan
from pipeline.render.score import Score, to_params
from pipeline.render.steps import db_to_gain

Noise = Callable[[int, int], Audio]
SEGUE = Join(Fraction(0))
LIMITED = {"version": LIMITER_VERSION, **asdict(LimiterSettings(ceiling_dbtp=-6.0))}


@pytest.fixture
def memory() -> Iterator[MemoryStore]:
    with MemoryStore() as store:
        yield store


def packed(audio: Audio) -> bytes:
    return np.ascontiguousarray(audio, dtype="<f4").tobytes()


def ran(step: Step, store: MemoryStore) -> Results:
    plan = make_plan([step], store, tool_versions={})
    return run_plan(plan, store, jobs=1, progress=None)


def content(results: Results, step: Step, output: str, store: MemoryStore) -> bytes:
    return store.path_of(results.artifact(step.output(output))).read_bytes()


def rendered(
    timeline: Timeline,
    audio: Mapping[str, Audio],
    store: MemoryStore,
    *,
    limiter: Mapping[str, Any] | None = None,
) -> tuple[dict[str, bytes], Any]:
    """Return the cut audio of each track, and the limiter's log."""
    (segment,) = timeline.segments
    step = Step(
        name="render",
        kind="render.segment",
        run="pipeline.render.steps:render_segment",
        params={
            **to_params(Score(segment, 48_000)),
            "gains_db": dict.fromkeys(segment.tracks, 0.0),
            "correlations": dict.fromkeys(segment.tracks, 0.0),
            "limiter": limiter,
        },
        inputs={f"audio/{name}": store.add_bytes(packed(each)) for name, each in audio.items()},
        outputs=(*(f"audio/{name}" for name in segment.tracks), "log"),
    )
    results = ran(step, store)
    cuts = {name: content(results, step, f"audio/{name}", store) for name in segment.tracks}
    return cuts, json.loads(content(results, step, "log", store))


def quantised(
    audio: Audio, store: MemoryStore, *, bits: int, start: int = 0, tail: int = 0, **more: Any
) -> tuple[bytes, Any]:
    step = Step(
        name="quantise",
        kind="render.quantise",
        run="pipeline.render.steps:quantise",
        params={"bits": bits, "start_samples": start, "tail_samples": tail, **more},
        inputs={"audio": store.add_bytes(packed(audio))},
        outputs=("pcm", "log"),
    )
    results = ran(step, store)
    log = json.loads(content(results, step, "log", store))
    return content(results, step, "pcm", store), log


@pytest.mark.parametrize("limiter", [None, LIMITED])
def test_cuts_joined_again_are_the_segment_uncut(
    memory: MemoryStore, noise: Noise, limiter: Mapping[str, Any] | None
) -> None:
    one, two = noise(1, 48_639), noise(2, 30_001)
    apart = lay_out(
        [
            Take("a", 48_000, 0, len(one), SEGUE),
            Take("b", 48_000, 0, len(two), SEGUE),
        ]
    )
    whole = lay_out([Take("ab", 48_000, 0, len(one) + len(two), SEGUE)])
    cuts, _ = rendered(apart, {"a": one, "b": two}, memory, limiter=limiter)
    uncut, _ = rendered(whole, {"ab": np.concatenate((one, two))}, memory, limiter=limiter)
    assert len(cuts["a"]) == 75 * 640 * 8  # the mark of b is rounded down to the grid
    assert cuts["a"] + cuts["b"] == uncut["ab"]


def test_the_log_says_what_the_limiter_did_to_each_track(
    memory: MemoryStore, noise: Noise
) -> None:
    loud, soft = noise(1, 48_000) * 2, noise(2, 48_000) * 0.1
    timeline = lay_out(
        [Take("a", 48_000, 0, 48_000, SEGUE), Take("b", 48_000, 0, 48_000, SEGUE)]
    )
    _, log = rendered(timeline, {"a": loud, "b": soft}, memory, limiter=LIMITED)
    tracks = log["limiter"]["tracks"]
    assert tracks["a"]["max_reduction_db"] > 5
    assert len(tracks["a"]["reduction_db"]) == 10
    assert tracks["b"]["reduction_db"][-1] < 2 < tracks["a"]["mean_reduction_db"]


def test_a_finished_master_meets_no_limiter(memory: MemoryStore, noise: Noise) -> None:
    audio = noise(1, 6400) * 2
    timeline = lay_out([Take("a", 48_000, 0, 6400, SEGUE, is_finished=True)])
    cuts, log = rendered(timeline, {"a": audio}, memory, limiter=LIMITED)
    assert cuts["a"] == packed(audio)
    assert log == {"limiter": None}


@pytest.mark.parametrize("bits", [16, 24])
def test_a_finished_master_passes_bit_for_bit(memory: MemoryStore, bits: int) -> None:
    limit = 1 << bits - 1
    words = np.random.default_rng(bits).integers(-limit, limit, (6400, 2), dtype=np.int32)
    words[:2] = [[-limit, limit - 1], [limit - 1, -limit]]
    timeline = lay_out([Take("a", 48_000, 0, 6400, SEGUE, is_finished=True)])
    cuts, _ = rendered(timeline, {"a": words / limit}, memory)
    floats = np.frombuffer(cuts["a"], "<f4").reshape(-1, 2).astype(np.float64)
    raw, log = quantised(floats, memory, bits=bits)
    assert raw == pcm.pack(words, pcm.SampleFormat.of_bits(bits))
    assert log == {"dithered": False, "clipped_samples": 0}


def test_what_is_off_the_grid_is_dithered_by_its_place_in_the_segment(
    memory: MemoryStore, noise: Noise
) -> None:
    audio = noise(1, 100_000)
    raw, log = quantised(audio, memory, bits=16, start=5880)
    expected = Quantiser(16, 2, start_sample=5880).process(audio)
    assert raw == pcm.pack(expected, pcm.SampleFormat.S16LE)
    assert log["dithered"]
    assert raw != quantised(audio, memory, bits=16)[0]


def test_another_dither_is_used_where_it_is_told(memory: MemoryStore, noise: Noise) -> None:
    audio = noise(6, 5000)
    audio[2000:4000] = 0.0
    told: dict[str, Any] = {
        "kind": "shaped",
        "sample_rate_hz": 96_000,
        "blank_after_samples": 500,
    }
    raw, log = quantised(audio, memory, bits=16, start=77, dither=told)
    expected = Quantiser(16, 2, start_sample=77, dither=Dither(**told)).process(audio)
    assert raw == pcm.pack(expected, pcm.SampleFormat.S16LE)
    assert not expected[2500:4000].any()
    assert log["dithered"]
    assert not quantised(audio, memory, bits=16, dither={"kind": "none"})[1]["dithered"]


def test_a_track_cut_in_two_is_dithered_as_in_one_piece(
    memory: MemoryStore, noise: Noise
) -> None:
    audio = noise(1, 70_000)
    whole, _ = quantised(audio, memory, bits=24)
    parts = [
        quantised(audio[:66_000], memory, bits=24)[0],
        quantised(audio[66_000:], memory, bits=24, start=66_000)[0],
    ]
    assert b"".join(parts) == whole


def test_one_sample_off_the_grid_far_behind_is_seen(memory: MemoryStore) -> None:
    audio = np.zeros((200_000, 2))
    audio[-1, 1] = 1e-3
    assert quantised(audio, memory, bits=16)[1]["dithered"]


@pytest.mark.parametrize("bits", [16, 24])
def test_the_silence_behind_a_track_is_digital(
    memory: MemoryStore, noise: Noise, bits: int
) -> None:
    raw, _ = quantised(noise(1, 640), memory, bits=bits, tail=100_000)
    width = 2 * bits // 8
    assert len(raw) == (640 + 100_000) * width
    assert not any(raw[640 * width :])
    assert any(raw[: 640 * width])


def test_clipped_samples_are_counted(memory: MemoryStore) -> None:
    audio = np.full((640, 2), 0.3)
    audio[5] = 1.5
    assert quantised(audio, memory, bits=16)[1]["clipped_samples"] == 2


def test_0_db_is_exactly_1() -> None:
    assert db_to_gain(0.0) == 1.0
    assert db_to_gain(-6.0205999) == pytest.approx(0.5)
