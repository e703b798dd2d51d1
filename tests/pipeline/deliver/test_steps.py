"""Tracks encoded from one or several pieces, with the silence behind them."""

import json
from collections.abc import Mapping
from pathlib import Path
from shutil import copyfile

import numpy as np
import pytest

from formats import codecs
from pipeline.engine import JSON, MemoryStore, Step, make_plan, run_plan


def encoded(
    store: MemoryStore, kind: str, pieces: list[bytes], params: Mapping[str, JSON], out: Path
) -> Path:
    step = Step(
        name=kind,
        kind=f"deliver.{kind}",
        run=f"pipeline.deliver.steps:encode_{kind}",
        params=params,
        inputs={f"in/{n:02d}": store.add_bytes(each) for n, each in enumerate(pieces)},
        outputs=(kind, "words") if kind == "flac" else (kind,),
    )
    results = run_plan(make_plan([step], store, tool_versions={}), store, jobs=1, progress=None)
    path = out / f"out.{kind}"
    copyfile(store.path_of(results.artifact(step.output(kind))), path)
    return path


def decoded(path: Path) -> np.ndarray:
    return np.concatenate([piece.audio for piece in codecs.decode(path)])


@pytest.mark.parametrize("tails", [[0], [480], [0, 960]])
def test_each_piece_of_a_flac_has_its_silence_behind_it(
    memory: MemoryStore, tmp_path: Path, tails: list[int]
) -> None:
    words = np.random.default_rng(1).integers(-30_000, 30_000, (3000, 2))
    floats = (words / 32768).astype("<f4").tobytes()
    params: dict[str, JSON] = {
        "sample_rate_hz": 48_000,
        "bits": 16,
        "pieces": [[0, tail] for tail in tails],
    }
    path = encoded(memory, "flac", [floats] * len(tails), params, tmp_path)
    wanted = [part for tail in tails for part in (words, np.zeros((tail, 2)))]
    np.testing.assert_array_equal(decoded(path) * 32768, np.concatenate(wanted))


@pytest.mark.parametrize("noise", [{}, {"dither": {"kind": "shaped"}}])
def test_a_flac_comes_with_the_hash_of_its_samples_and_what_was_done_to_them(
    memory: MemoryStore, noise: dict[str, JSON]
) -> None:
    audio = np.random.default_rng(1).uniform(-0.5, 0.5, (3000, 2)).astype("<f4")
    step = Step(
        name="flac",
        kind="deliver.flac",
        run="pipeline.deliver.steps:encode_flac",
        params={"sample_rate_hz": 48_000, "bits": 16, "pieces": [[5880, 10]], **noise},
        inputs={"audio/00": memory.add_bytes(audio.tobytes())},
        outputs=("flac", "words"),
    )
    same = Step(
        name="pcm",
        kind="render.quantise",
        run="pipeline.render.steps:quantise",
        params={"bits": 16, "start_samples": 5880, "tail_samples": 10, **noise},
        inputs={"audio": memory.add_bytes(audio.tobytes())},
        outputs=("pcm", "log"),
    )
    plan = make_plan([step, same], memory, tool_versions={})
    results = run_plan(plan, memory, jobs=1)
    found = json.loads(memory.path_of(results.artifact(step.output("words"))).read_bytes())
    assert found["pcm_sha256"] == results.artifact(same.output("pcm")).digest
    assert found["tracks"] == [{"dithered": True, "clipped_samples": 0}]


@pytest.mark.parametrize("tails", [[0], [480], [0, 960], [480, 0], [48, 96, 0]])
def test_each_piece_of_an_mp3_has_its_silence_behind_it(
    memory: MemoryStore, tmp_path: Path, tails: list[int]
) -> None:
    tone = 0.5 * np.sin(np.arange(9600) / 10)[:, None].repeat(2, 1)
    params: dict[str, JSON] = {"sample_rate_hz": 48_000, "kbps": 320, "tail_samples": tails}
    path = encoded(memory, "mp3", [tone.astype("<f4").tobytes()] * len(tails), params, tmp_path)
    wanted = np.concatenate([part for tail in tails for part in (tone, np.zeros((tail, 2)))])
    found = decoded(path)
    assert len(found) == len(wanted)
    assert np.abs(found - wanted)[100:-100].mean() < 0.01
