import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.dsp import Audio
from pipeline.engine import MemoryStore, Source, Step, make_plan, run_plan
from pipeline.errors import SourceError
from pipeline.intake.probe import MixFacts, probe

WriteMix = Callable[..., Path]


def facts_of(path: Path, *, lossy_waived: bool = False) -> MixFacts:
    with MemoryStore() as store:
        step = Step(
            name="probe",
            kind="intake.probe",
            run="pipeline.intake.steps:probe_mix",
            params={"lossy_waived": lossy_waived},
            inputs={"mix": Source(path, store.file_digest(path))},
            outputs=("facts",),
        )
        plan = make_plan([step], store, tool_versions={})
        results = run_plan(plan, store, jobs=1, progress=None)
        content = store.path_of(results.artifact(step.output("facts"))).read_bytes()
    return MixFacts.from_json(json.loads(content))


def test_the_step_stores_the_facts_of_a_mix(write_mix: WriteMix, noise: Audio) -> None:
    path = write_mix(noise)
    assert facts_of(path) == probe(path)


def test_the_step_refuses_a_lossy_mix_that_nobody_waived(
    write_mix: WriteMix, noise: Audio
) -> None:
    path = write_mix(noise, "mix.mp3", subtype="MPEG_LAYER_III")
    with pytest.raises(SourceError, match="is lossy"):
        facts_of(path)
    assert facts_of(path, lossy_waived=True).is_lossy
