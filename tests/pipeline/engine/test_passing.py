"""Outputs that are passed on, not kept: a rendered track that encoders read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.engine import (
    Job,
    MemoryStore,
    Plan,
    RecordingWorkers,
    Results,
    Step,
    Store,
    make_plan,
    run_plan,
)
from pipeline.errors import PipelineError

ran: list[str] = []


def join(job: Job) -> None:
    """Writes its own word and all it reads to every output."""
    ran.append(job.name)
    words = [str(job.params.get("word", "")).encode()]
    words += [job.input(name).read_bytes() for name in job.inputs]
    for name in job.params.get("outputs", ["out"]):
        with job.create(name) as out:
            out.write(b"".join(words))


def step(name: str, *reads: Step, **fields: Any) -> Step:
    inputs = {each.name: each.output() for each in reads}
    return Step(
        name, name, f"{__name__}:{fields.pop('function', 'join')}", inputs=inputs, **fields
    )


def passes(name: str, *reads: Step, **fields: Any) -> Step:
    """Return a step whose one output is not kept."""
    return step(name, *reads, passing=frozenset({"out"}), **fields)


def planned(wanted: list[Step], store: Store) -> Plan:
    return make_plan(wanted, store, tool_versions={})


def build(wanted: list[Step], store: Store, **options: Any) -> Results:
    ran.clear()
    return run_plan(planned(wanted, store), store, **({"jobs": 1} | options))


def content(results: Results, last: Step, store: Store) -> bytes:
    return store.path_of(results.artifact(last.output())).read_bytes()


@pytest.fixture
def master() -> Step:
    return step("master", params={"word": "M"})


def encoder(name: str, rendered: Step, word: str = "") -> Step:
    return step(name, rendered, params={"word": word or name})


def test_what_is_passed_on_is_read_and_then_gone(store: Store, master: Step) -> None:
    render = passes("render", master, params={"word": "R"})
    flac, mp3 = encoder("flac", render), encoder("mp3", render)
    results = build([flac, mp3], store)
    assert content(results, flac, store) == b"flacRM"
    assert content(results, mp3, store) == b"mp3RM"
    assert not store.path_of(results.artifact(render.output())).exists()
    assert list((store.folder / "incoming").iterdir()) == []


def look(job: Job) -> None:
    """Joins, and notes how many files lie in the store that are not kept yet."""
    join(job)
    n_passing[job.name] = len(list(Path(str(job.params["folder"])).iterdir()))


n_passing: dict[str, int] = {}


def test_it_is_dropped_as_soon_as_its_last_reader_has_ended(store: Store, master: Step) -> None:
    folder = str(store.folder / "incoming")
    renders = [passes(f"render{n}", master, params={"word": n}) for n in range(3)]
    encoders = [
        step(f"encode{n}", each, function="look", params={"folder": folder})
        for n, each in enumerate(renders)
    ]
    n_passing.clear()
    build(encoders, store)
    assert ran == ["master", *(f"{each}{n}" for n in range(3) for each in ("render", "encode"))]
    assert set(n_passing.values()) == {2}, "what is read, and what is being written"


def test_nothing_runs_again_only_since_it_was_dropped(store: Store, master: Step) -> None:
    wanted = [encoder("mp3", passes("render", master))]
    first = build(wanted, store)
    assert planned(wanted, store).is_done
    second = build(wanted, store)
    assert (ran, second.reused) == ([], ("master", "render", "mp3"))
    assert second.artifact(wanted[0].output()) == first.artifact(wanted[0].output())


def test_a_new_reader_has_it_made_again_and_the_plan_foretells_it(
    store: Store, master: Step
) -> None:
    render = passes("render", master)
    build([encoder("mp3", render)], store)
    wanted = [encoder("mp3", render), encoder("flac", render)]
    foretold = {each.step.name: each.status for each in planned(wanted, store)}
    assert foretold == {"master": "reuse", "render": "run", "mp3": "reuse", "flac": "run"}
    results = build(wanted, store)
    assert ran == ["render", "flac"]
    assert results.reasons["render"].code == "output_passed_on"
    assert results.reasons["render"].text == "flac reads its out, which is not kept"
    assert content(results, wanted[1], store) == b"flacM"


def test_one_made_from_another_has_both_made_again(store: Store, master: Step) -> None:
    cut = passes("cut", passes("render", master))
    build([encoder("mp3", cut, "slow")], store)
    last = encoder("mp3", cut, "fast")
    assert [each.status for each in planned([last], store)] == ["reuse", "run", "run", "run"]
    results = build([last], store)
    assert ran == ["render", "cut", "mp3"]
    assert content(results, last, store) == b"fastM"
    assert list((store.folder / "incoming").iterdir()) == []


def test_equal_bytes_still_stop_the_wave(memory: MemoryStore) -> None:
    """A master that turns out the same leaves the render dropped and the encoder at rest."""

    def album(version: int) -> list[Step]:
        same = step("master", params={"word": "M", "outputs": ["out"], "ignored": version})
        return [encoder("mp3", passes("render", same))]

    build(album(1), memory)
    results = build(album(2), memory)
    assert ran == ["master"]
    assert results.reused == ("render", "mp3")


def test_a_render_that_turns_out_unneeded_is_made_for_a_reader_that_is_new(
    memory: MemoryStore,
) -> None:
    """The plan cannot know: only when the master has run is the render found in the store."""

    def album(version: int, *names: str) -> list[Step]:
        same = step("master", params={"word": "M", "ignored": version})
        render = passes("render", same)
        return [encoder(name, render) for name in names]

    build(album(1, "mp3"), memory)
    results = build(album(2, "mp3", "flac"), memory)
    assert ran == ["master", "render", "flac"]
    assert results.reused == ("mp3",)


def fails(job: Job) -> None:
    raise PipelineError("no")


def test_a_build_that_fails_leaves_nothing_behind_and_goes_on_later(
    store: Store, master: Step
) -> None:
    render = passes("render", master)
    wrong = step("mp3", render, function="fails")
    with pytest.raises(PipelineError):
        build([wrong], store)
    assert list((store.folder / "incoming").iterdir()) == []
    right = step("mp3", render)
    results = build([right], store)
    assert ran == ["render", "mp3"]
    assert content(results, right, store) == b"M"


def test_one_output_may_be_kept_and_another_passed_on(store: Store, master: Step) -> None:
    both = {"word": "R", "outputs": ["out", "log"]}
    render = passes("render", master, params=both, outputs=("out", "log"))
    results = build([encoder("mp3", render)], store)
    log = results.artifact(render.output("log"))
    assert store.check(log) == "present"
    store.path_of(log).unlink()
    wanted = [encoder("mp3", render)]
    assert [each.status for each in planned(wanted, store)] == ["reuse", "run", "reuse"]
    build(wanted, store)
    assert ran == ["render"], "the log was lost; the audio is of no use to anybody"
    assert list((store.folder / "incoming").iterdir()) == []


def test_pruning_counts_what_is_kept_and_forgets_nothing_else(
    store: Store, master: Step
) -> None:
    wanted = [encoder("mp3", passes("render", master, params={"word": "R" * 1000}))]
    results = build(wanted, store)
    store.note_build(results.keys.values())
    size = store.size()
    assert size.n_objects == size.needed_objects == 2
    store.prune()
    build(wanted, store)
    assert ran == []


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "one") as opened:
        yield opened


def test_rows_of_an_older_index_are_understood(one: Store, master: Step) -> None:
    wanted = [encoder("mp3", master)]
    build(wanted, one)
    one.close()
    import sqlite3

    with sqlite3.connect(one.folder / "index.sqlite") as index:
        for key, outputs in index.execute("SELECT key, outputs FROM steps").fetchall():
            old = {name: each[:2] for name, each in json.loads(outputs).items()}
            index.execute("UPDATE steps SET outputs = ? WHERE key = ?", (json.dumps(old), key))
        index.execute("PRAGMA user_version = 1")
    with Store(one.folder) as again:
        build(wanted, again)
        assert ran == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 3))
def test_whatever_is_passed_on_a_build_after_a_change_makes_what_a_fresh_one_makes(
    seed: int, jobs: int
) -> None:
    """Random graphs, random steps that pass on, random changes: the same bytes as afresh."""
    draw = Random(seed)
    n_steps = draw.randint(2, 9)
    shape = [
        (draw.random() < 0.5, draw.sample(range(n), min(n, draw.randint(0, 2))))
        for n in range(n_steps)
    ]
    readers = {each for _, reads in shape for each in reads}
    words = [draw.choice("ab") for _ in range(n_steps)]

    def album(words: list[str], wanted: int) -> list[Step]:
        made: list[Step] = []
        for n, (is_passing, reads) in enumerate(shape):
            make = passes if is_passing and n in readers else step
            made.append(
                make(f"s{n}", *(made[each] for each in reads), params={"word": words[n]})
            )
        ends = [each for n, each in enumerate(made) if n not in readers]
        return ends[: max(1, wanted)]

    with MemoryStore() as store:
        for _ in range(4):
            now = album(words, draw.randint(1, n_steps))
            results = build(now, store, jobs=jobs)
            with MemoryStore() as empty:
                fresh = build(now, empty, jobs=1)
                for each in now:
                    assert content(results, each, store) == content(fresh, each, empty)
            assert not any((store.folder / "incoming").glob("*"))
            place = draw.randrange(n_steps)
            words[place] = draw.choice("abc")


def test_workers_that_make_outputs_up_pass_them_on_too(
    memory: MemoryStore, master: Step
) -> None:
    workers = RecordingWorkers()
    wanted = [encoder("mp3", passes("render", master))]
    run_plan(planned(wanted, memory), memory, jobs=1, workers=workers)
    assert workers.ran == ["master", "render", "mp3"]
    assert len(list(memory.objects)) == 2
