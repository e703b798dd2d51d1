from __future__ import annotations

import errno
import os
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from formats.errors import DecodeError, FormatError, ToolError
from pipeline.engine import (
    Job,
    MemoryStore,
    RecordingWorkers,
    Results,
    Source,
    Step,
    Store,
    Task,
    make_plan,
    run_plan,
)
from pipeline.errors import ProcessingError, SourceError, StoreError

barrier = threading.Barrier(2, timeout=10)
ran: list[str] = []


def step(name: str, *reads: Step, function: str = "join", **fields: Any) -> Step:
    inputs = {each.name: each.output() for each in reads} | fields.pop("inputs", {})
    return Step(
        name, fields.pop("kind", name), f"{__name__}:{function}", inputs=inputs, **fields
    )


def join(job: Job) -> None:
    """Writes its own word and all it reads."""
    ran.append(job.name)
    with job.create("out") as out:
        out.write(str(job.params.get("word", "")).encode())
        for name in job.inputs:
            out.write(job.input(name).read_bytes())


def build(wanted: list[Step], store: Store, **options: Any) -> Results:
    ran.clear()
    plan = make_plan(wanted, store, tool_versions={}, forced=options.pop("forced", frozenset()))
    return run_plan(plan, store, **({"jobs": 1} | options))


def content(results: Results, last: Step, store: Store) -> bytes:
    return store.path_of(results.artifact(last.output())).read_bytes()


class Recorder:
    """Progress that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.threads: set[str] = set()

    def _note(self, *words: Any) -> None:
        self.told.append(words if len(words) > 1 else words[0])
        self.threads.add(threading.current_thread().name)

    def planned(self, total_cost_s: float) -> None:
        self._note("planned", total_cost_s)

    def started(self, step: Step) -> None:
        self._note("started", step.name)

    def advanced(self, step: Step, fraction: float) -> None:
        self._note("advanced", step.name, fraction)

    def finished(self, step: Step, seconds: float) -> None:
        self._note("finished", step.name)

    def done(self) -> None:
        self._note("done")


# What runs, and what does not


def test_a_first_build_runs_everything_and_a_second_nothing(store: Store) -> None:
    last = step("c", step("a", params={"word": "A"}), step("b", params={"word": "B"}))
    first = build([last], store)
    assert ran == list(first.ran) == ["a", "b", "c"]
    assert content(first, last, store) == b"AB"
    second = build([last], store)
    assert (ran, second.ran, second.reused) == ([], (), ("a", "b", "c"))
    assert second.artifact(last.output()) == first.artifact(last.output())


def test_a_change_runs_what_depends_on_it_and_nothing_else(memory: MemoryStore) -> None:
    def album(word: str) -> list[Step]:
        masters = [step(f"m{n}", params={"word": word if n == 1 else str(n)}) for n in range(3)]
        return [step("album", *(step(f"cut{n}", each) for n, each in enumerate(masters)))]

    build(album("one"), memory)
    results = build(album("uno"), memory)
    assert results.ran == ("m1", "cut1", "album")
    assert set(results.reused) == {"m0", "m2", "cut0", "cut2"}
    assert results.reasons["m1"].text == "word 'one' -> 'uno'"
    assert results.reasons["album"].text == "cut1 changed"


def quantise(job: Job) -> None:
    ran.append(job.name)
    gain_db = float(job.input("measured").read_bytes())
    job.write_json("out", {"gain_db": round(gain_db, 2)})


def album_with_gain(word: str) -> Step:
    measured = step("measure", params={"word": word})
    decided = step("decide", function="quantise", inputs={"measured": measured.output()})
    return step("album", step("render", decided))


def test_equal_bytes_stop_the_wave(memory: MemoryStore) -> None:
    build([album_with_gain("1.5000001")], memory)
    results = build([album_with_gain("1.4999999")], memory)
    assert ran == ["measure", "decide"]
    assert results.reused == ("render", "album")
    assert build([album_with_gain("1.6")], memory).ran == (
        "measure",
        "decide",
        "render",
        "album",
    )


def test_a_forced_step_runs_but_equal_bytes_stop_behind_it(memory: MemoryStore) -> None:
    last = step("b", step("a", params={"word": "A"}))
    build([last], memory)
    results = build([last], memory, forced=frozenset({"a"}))
    assert (results.ran, results.reused) == (("a",), ("b",))


def test_a_missing_result_is_made_again_and_nothing_else(memory: MemoryStore) -> None:
    middle = step("b", step("a", params={"word": "A"}), params={"word": "B"})
    last = step("c", middle, params={"word": "C"})
    first = build([last], memory)
    memory.path_of(first.artifact(middle.output())).write_bytes(b"damaged")
    results = build([last], memory)
    assert results.ran == ("b",)
    assert results.reasons["b"].code == "output_damaged"
    assert content(results, middle, memory) == b"BA"


def test_work_asked_for_under_two_names_runs_once(memory: MemoryStore) -> None:
    cd = step("cd", kind="encode", params={"word": "x"})
    files = step("files", kind="encode", params={"word": "x"})
    results = build([cd, files], memory)
    assert ran == ["cd"]
    assert results.artifact(files.output()) == results.artifact(cd.output())


def test_work_that_turns_out_to_be_the_same_runs_once(memory: MemoryStore) -> None:
    # Two different steps that make the same bytes; what reads them is one piece of work.
    origins = [step(f"origin{n}", params={"word": "same", "n": n}) for n in (1, 2)]
    readers = [
        step(f"read{n}", kind="read", inputs={"in": each.output()})
        for n, each in enumerate(origins)
    ]
    results = build(readers, memory, jobs=2)
    assert len(results.ran) == 3
    assert results.artifact(readers[0].output()) == results.artifact(readers[1].output())


def test_steps_run_side_by_side_as_many_as_allowed(memory: MemoryStore) -> None:
    barrier.reset()
    build([step("a", function="meet"), step("b", function="meet")], memory, jobs=2)
    assert sorted(ran) == ["a", "b"]


def meet(job: Job) -> None:
    barrier.wait()
    join(job)


def test_the_longest_path_runs_first(memory: MemoryStore) -> None:
    short = step("short", cost_s=5.0)
    long = step("encode", step("master", cost_s=1.0), cost_s=10.0)
    build([short, long], memory)
    assert ran == ["master", "encode", "short"]


def test_a_chain_of_reused_steps_may_be_long(memory: MemoryStore) -> None:
    def chain(word: str) -> Step:
        last = step("last", params={"word": word})
        for number in range(1200):
            last = step(f"s{number}", inputs={"in": last.output()}, kind="link")
        return last

    workers = RecordingWorkers(lambda task: {"out": b"always the same"})
    build([chain("a")], memory, workers=workers)
    workers.ran.clear()
    build([chain("b")], memory, workers=workers)
    assert workers.ran == ["last"]


# Outputs and jobs


def test_a_job_offers_every_way_of_writing_and_cleans_up(store: Store) -> None:
    work = step("work", function="everything", outputs=("file", "json"))
    results = build([work], store)
    assert store.path_of(results.artifact(work.output("file"))).read_bytes() == b"by path"
    assert store.path_of(results.artifact(work.output("json"))).read_bytes() == b'{"a":[1,2]}'
    assert list((store.folder / "incoming").iterdir()) == []


def everything(job: Job) -> None:
    path = job.output("file", suffix=".flac")
    assert path.suffix == ".flac"
    path.write_bytes(b"by path")
    job.scratch().write_bytes(b"of no use afterwards")
    job.write_json("json", {"a": (1, 2)})
    with pytest.raises(AssertionError, match="has no input"):
        job.input("mix")


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("makes_nothing", "did not make out"),
        ("makes_twice", "makes 'out' twice"),
        ("makes_another", "has no output 'other'"),
        ("leaves_open", "did not close 'out'"),
        ("writes_no_file", "did not write 'out'"),
    ],
)
def test_a_step_that_breaks_its_promise_is_a_mistake_and_leaves_nothing(
    store: Store, function: str, words: str
) -> None:
    with pytest.raises(AssertionError, match=words):
        build([step("wrong", function=function)], store)
    assert list(store.objects) == []
    assert not any((store.folder / "incoming").glob("*"))


def makes_nothing(job: Job) -> None:
    pass


def makes_twice(job: Job) -> None:
    job.write_json("out", 1)
    job.write_json("out", 2)


def makes_another(job: Job) -> None:
    job.output("other")


def leaves_open(job: Job) -> None:
    job.create("out").write(b"open")


def writes_no_file(job: Job) -> None:
    job.output("out")


def test_json_written_by_one_step_is_read_by_the_next(memory: MemoryStore) -> None:
    facts = step("facts", function="writes_facts")
    build([step("reader", function="reads_facts", inputs={"facts": facts.output()})], memory)
    assert ran == ["-14.2"]


def writes_facts(job: Job) -> None:
    job.write_json("out", {"integrated_lufs": -14.2})


def reads_facts(job: Job) -> None:
    ran.append(str(job.read_json("facts")["integrated_lufs"]))
    job.write_json("out", None)


# Errors


def fails(job: Job) -> None:
    ran.append(job.name)
    raise ERRORS[str(job.params["error"])]


ERRORS: Mapping[str, Exception] = {
    "source": SourceError("04.wav", "is empty", "send it again"),
    "tool": ToolError("ffmpeg", "left with status 1", "another codec"),
    "format": DecodeError(12, "RIFF", "RIFX"),
    "bug": ZeroDivisionError("ours"),
    "full": OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
}


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        ("source", SourceError, "04.wav: is empty\n  hint: send it again"),
        ("tool", ProcessingError, "b: ffmpeg left with status 1\n  hint: another codec"),
        ("format", ProcessingError, "b: at byte 12: expected RIFF, found RIFX"),
        ("bug", ZeroDivisionError, "ours"),
    ],
)
def test_a_failed_step_ends_the_build_with_its_error_and_what_is_finished_is_kept(
    store: Store, error: str, kind: type[Exception], words: str
) -> None:
    first = step("a", params={"word": "A"})
    wrong = step("b", first, function="fails", params={"error": error})
    with pytest.raises(kind) as caught:
        build([step("c", wrong)], store)
    assert str(caught.value) == words
    assert ran == ["a", "b"]
    told = "\n".join([*getattr(caught.value, "__notes__", []), repr(caught.value.__cause__)])
    assert "in step b" in told or isinstance(caught.value.__cause__, ToolError | FormatError)
    assert build([first], store).ran == ()


def test_a_full_disk_is_said_to_be_full(store: Store) -> None:
    with pytest.raises(StoreError, match="the disk is full") as caught:
        build([step("b", function="fails", params={"error": "full"})], store)
    assert caught.value.exit_code == 5


def test_steps_that_run_when_another_fails_end_and_are_kept(store: Store) -> None:
    barrier.reset()
    slow = step("slow", function="meets_then_works")
    wrong = step("wrong", function="meets_then_fails")
    with pytest.raises(SourceError):
        build([slow, wrong, step("never")], store, jobs=2)
    assert ran == ["slow"]
    assert build([slow], store).ran == ()


def meets_then_works(job: Job) -> None:
    barrier.wait()
    time.sleep(0.1)
    job.progress(0.5)
    join(job)


def meets_then_fails(job: Job) -> None:
    barrier.wait()
    raise ERRORS["source"]


def test_an_error_is_not_kept_as_a_result(memory: MemoryStore) -> None:
    wrong = step("b", function="fails", params={"error": "source"})
    for _ in range(2):
        with pytest.raises(SourceError):
            build([wrong], memory)
        assert ran == ["b"]


def test_a_source_that_changed_since_it_was_hashed_stops_the_build(
    store: Store, tmp_path: Path
) -> None:
    mix = tmp_path / "01.wav"
    mix.write_bytes(b"first")
    source = Source(mix, store.file_digest(mix))
    mix.write_bytes(b"later")
    with pytest.raises(SourceError, match="changed while it was read"):
        build([step("probe", inputs={"mix": source})], store)
    assert ran == []


def test_what_was_made_of_a_source_that_changed_meanwhile_is_thrown_away(
    store: Store, tmp_path: Path
) -> None:
    mix = tmp_path / "01.wav"
    mix.write_bytes(b"first")
    source = Source(mix, store.file_digest(mix))
    probe = step("probe", function="reads_while_it_changes", inputs={"mix": source})
    with pytest.raises(SourceError, match="changed while it was read"):
        build([probe], store)
    assert make_plan([probe], store, tool_versions={})["probe"].status == "run"


def reads_while_it_changes(job: Job) -> None:
    path = job.input("mix")
    path.write_bytes(b"later")
    join(job)


def test_a_source_that_is_only_touched_is_the_same(store: Store, tmp_path: Path) -> None:
    mix = tmp_path / "01.wav"
    mix.write_bytes(b"first")
    source = Source(mix, store.file_digest(mix))
    build([step("probe", function="touches", inputs={"mix": source})], store)
    assert ran == ["probe"]


@pytest.mark.parametrize(
    ("function", "changes"), [("join", False), ("reads_while_it_changes", True)]
)
def test_a_source_known_by_a_part_of_it_is_watched_while_it_is_read(
    store: Store, tmp_path: Path, function: str, changes: bool
) -> None:
    file = tmp_path / "01.flac"
    file.write_bytes(b"tags and audio")
    audio = Source(file, "digest of the audio alone", is_part=True)
    verdict = step("verdict", function=function, inputs={"mix": audio})
    if changes:
        with pytest.raises(SourceError, match="changed while it was read"):
            build([verdict], store)
    else:
        assert build([verdict], store).ran == ("verdict",)
        file.write_bytes(b"other tags, same audio")
        assert build([verdict], store).ran == ()


def touches(job: Job) -> None:
    os.utime(job.input("mix"))
    join(job)


def test_the_keyboard_stops_running_steps_and_keeps_what_is_finished(store: Store) -> None:
    first = step("a", params={"word": "A"})
    endless = step("b", first, function="goes_on")

    class Interrupting(Recorder):
        def advanced(self, step: Step, fraction: float) -> None:
            super().advanced(step, fraction)
            signal.raise_signal(signal.SIGINT)

    progress = Interrupting()
    start_s = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        build([step("c", endless)], store, jobs=2, progress=progress)
    assert time.monotonic() - start_s < 5, "the step goes on for ten seconds if it is let"
    assert progress.told[-1] == "done"
    assert not any((store.folder / "incoming").glob("*"))
    assert build([first], store).ran == ()


def goes_on(job: Job) -> None:
    with job.create("out") as out:
        for hundredth in range(10_000):
            out.write(b"more")
            job.progress(min(hundredth / 100, 0.99))
            time.sleep(0.001)


# Progress


def test_progress_is_told_everything_by_one_thread(memory: MemoryStore) -> None:
    progress = Recorder()
    build(
        [step("b", step("a", cost_s=2.0), function="advances", cost_s=3.0)],
        memory,
        progress=progress,
    )
    assert progress.told == [
        ("planned", 5.0),
        ("started", "a"),
        ("finished", "a"),
        ("started", "b"),
        ("advanced", "b", 0.25),
        ("advanced", "b", 1.0),
        ("finished", "b"),
        "done",
    ]
    assert progress.threads == {threading.current_thread().name}


def advances(job: Job) -> None:
    for fraction in (0.001, 0.25, 0.2501, 1.7):
        job.progress(fraction)
    join(job)


def test_work_that_is_spared_is_taken_from_the_estimate(memory: MemoryStore) -> None:
    def album(word: str) -> Step:
        return step("encode", album_with_gain(word), cost_s=8.0)

    build([album("1.5")], memory)
    progress = Recorder()
    build([album("1.50")], memory, progress=progress)
    estimates = [each[1] for each in progress.told if each[0] == "planned"]
    assert (estimates[0], estimates[-1]) == (8.0, 0.0)


def test_recording_workers_make_up_outputs_that_follow_from_the_inputs(
    memory: MemoryStore,
) -> None:
    seen: list[Task] = []

    def make(task: Task) -> Mapping[str, bytes]:
        seen.append(task)
        raise ERRORS["source"]

    with pytest.raises(SourceError):
        build([step("a")], memory, workers=RecordingWorkers(make))
    assert [task.name for task in seen] == ["a"]
