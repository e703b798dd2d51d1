"""Tracks encoded from one or several pieces, with the silence behind them."""

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
        outputs=(kind,),
    )
    results = run_plan(make_plan([step], store, tool_versions={}), store, jobs=1, progress=None)
    path = out / f"out.{kind}"
    copyfile(store.path_of(results.artifact(step.output(kind))), path)
    return path


def decoded(path: Path) -> np.ndarray:
    return np.concatenate(list(codecs.decode_blocks(path)))


def test_hidden_material_inside_a_flac_follows_its_track(
    memory: MemoryStore, tmp_path: Path
) -> None:
    words = np.random.default_rng(1).integers(-30_000, 30_000, (3000, 2), dtype="<i2")
    pieces = [words[:1000].tobytes(), words[1000:].tobytes()]
    path = encoded(memory, "flac", pieces, {"sample_rate_hz": 48_000, "bits": 16}, tmp_path)
    np.testing.assert_array_equal(decoded(path) * 32768, words)


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
