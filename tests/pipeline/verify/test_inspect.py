"""What is found in delivered audio."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.engine import MemoryStore, Source, Step, make_plan, run_plan
from pipeline.verify.inspect import (
    AudioFacts,
    _whole_steps,
    inspect_file,
    inspect_stretch,
)

RATE = 48_000


def noise(seed: int, n_samples: int, level: float = 0.1) -> np.ndarray:
    return level * np.random.default_rng(seed).standard_normal((n_samples, 2))


def wav(folder: Path, audio: np.ndarray, subtype: str = "PCM_24") -> Path:
    path = folder / "a.wav"
    soundfile.write(path, audio, RATE, subtype=subtype)
    return path


def test_the_hash_is_that_of_the_samples_as_they_are_stored(tmp_path: Path) -> None:
    path = wav(tmp_path, noise(1, 50_000))
    facts = inspect_file(path)
    data = path.read_bytes()
    assert facts.pcm_sha256 == hashlib.sha256(data[-50_000 * 6 :]).hexdigest()
    assert (facts.codec, facts.bits, facts.n_samples) == ("pcm", 24, 50_000)


def test_a_stretch_of_an_image_is_measured_alone(tmp_path: Path) -> None:
    words = (noise(1, 3000) * 32768).astype("<i2")
    path = tmp_path / "a.bin"
    path.write_bytes(words.tobytes())
    facts = inspect_stretch(path, start_samples=588, n_samples=1176)
    assert facts.pcm_sha256 == hashlib.sha256(words[588:1764].tobytes()).hexdigest()
    assert facts.sample_rate_hz == 44_100


def test_facts_survive_json(tmp_path: Path) -> None:
    facts = inspect_file(wav(tmp_path, noise(1, 60_000)))
    assert AudioFacts.from_json(json.loads(json.dumps(facts.to_json()))) == facts


def test_two_meters_hear_the_loudest_ten_seconds(tmp_path: Path) -> None:
    audio = np.concatenate(
        (noise(1, 20 * RATE, 0.01), noise(2, 10 * RATE), noise(3, 999, 0.01))
    )
    excerpt = inspect_file(wav(tmp_path, audio)).excerpt
    alone = inspect_file(wav(tmp_path, audio[20 * RATE : 30 * RATE])).measurement
    assert excerpt is not None
    assert excerpt.own_lufs == pytest.approx(alone.integrated_lufs, abs=0.01)
    assert excerpt.other_lufs == pytest.approx(excerpt.own_lufs, abs=0.02)


@pytest.mark.parametrize("n_samples", [RATE, RATE + 1, RATE * 3 // 2 + 4799, 12 * RATE + 2400])
def test_the_other_meter_is_given_whole_steps_of_100_ms(tmp_path: Path, n_samples: int) -> None:
    # It counts a part of a block as a whole one: a loud end would be heard by it alone.
    audio = noise(1, n_samples, 0.01)
    audio[-(n_samples % 4800 or 4800) :] *= 30
    assert len(_whole_steps(audio.astype(np.float32), RATE)) == n_samples // 4800 * 4800
    excerpt = inspect_file(wav(tmp_path, audio)).excerpt
    assert excerpt is not None
    assert excerpt.other_lufs == pytest.approx(excerpt.own_lufs, abs=0.03)


@pytest.mark.parametrize("audio", [np.zeros((RATE, 2)), noise(1, 1000)])
def test_silence_and_what_is_too_short_get_no_second_opinion(
    tmp_path: Path, audio: np.ndarray
) -> None:
    assert inspect_file(wav(tmp_path, audio)).excerpt is None


@pytest.mark.parametrize(("stretch", "n_samples"), [(None, 4000), ([100, 588], 588)])
def test_the_step_stores_the_facts(
    tmp_path: Path, stretch: list[int] | None, n_samples: int
) -> None:
    path = wav(tmp_path, noise(1, 4000), "PCM_16")
    assert step_facts(path, stretch)["n_samples"] == n_samples


def test_damage_is_a_result_of_the_step_not_an_error(tmp_path: Path) -> None:
    path = wav(tmp_path, noise(1, 4000))
    path.write_bytes(path.read_bytes()[:-9])
    assert "promises" in str(step_facts(path, None)["damage"])


def step_facts(path: Path, stretch: list[int] | None) -> dict[str, object]:
    with MemoryStore() as store:
        step = Step(
            name="inspect",
            kind="verify.inspect",
            run="pipeline.verify.steps:inspect_audio",
            hints={"stretch": stretch},
            inputs={"audio": Source(path, store.file_digest(path))},
            outputs=("facts",),
        )
        plan = make_plan([step], store, tool_versions={})
        results = run_plan(plan, store, jobs=1, progress=None)
        facts = store.path_of(results.artifact(step.output("facts"))).read_bytes()
    found: dict[str, object] = json.loads(facts)
    return found
