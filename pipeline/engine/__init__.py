"""Deterministic work, done once: plan, store and run; it knows neither audio nor albums.

A `Step` says what it depends on. `make_plan` finds out which steps must run and why,
`run_plan` runs them side by side, a `Store` keeps what they make by content, and `explain`
tells people.
"""

from pipeline.engine.copies import copy_file
from pipeline.engine.explain import explain, summary, to_json
from pipeline.engine.index import Record
from pipeline.engine.job import Job, Task
from pipeline.engine.keys import canonical_json
from pipeline.engine.plan import Plan, Planned, make_plan
from pipeline.engine.reasons import Reason
from pipeline.engine.room import Pruned, StoreSize
from pipeline.engine.run import Progress, Results, Sequel, run_plan
from pipeline.engine.step import JSON, Artifact, Output, Source, Step
from pipeline.engine.store import MemoryStore, Store
from pipeline.engine.workers import RecordingWorkers, ThreadWorkers, Workers

__all__ = [
    "JSON",
    "Artifact",
    "Job",
    "MemoryStore",
    "Output",
    "Plan",
    "Planned",
    "Progress",
    "Pruned",
    "Reason",
    "Record",
    "RecordingWorkers",
    "Results",
    "Sequel",
    "Source",
    "Step",
    "Store",
    "StoreSize",
    "Task",
    "ThreadWorkers",
    "Workers",
    "canonical_json",
    "copy_file",
    "explain",
    "make_plan",
    "run_plan",
    "summary",
    "to_json",
]
