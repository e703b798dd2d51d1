"""The mastering step: a mix through its chain, measured on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.dsp.cells import CellMeter
from pipeline.dsp.stream import stream
from pipeline.intake.decode import SourceReader
from pipeline.master.chain import build_chain

if TYPE_CHECKING:
    from pipeline.engine import Job


def master(job: Job) -> None:
    """Run a mix through its chain: ``audio`` raw float32, ``cells`` for the level, ``log``."""
    with SourceReader(job.input("mix")) as source:
        chain = build_chain(job.params["chain"], source.sample_rate_hz)
        meter = CellMeter(source.sample_rate_hz, 2)
        done = 0
        with job.create("audio") as out:
            for block in stream(source.blocks(), chain):
                stored = np.ascontiguousarray(block, dtype="<f4")
                out.write(stored.data)
                meter.update(block)
                done += len(block)
                job.progress(done / source.n_samples)
        with job.create("cells") as out:
            for part in meter.result().parts():
                out.write(part)
        job.write_json("log", {"processors": chain.log(), "levels": chain.levels()})
