"""Which faults the intake hears, and what it hears where there is none.

usage: python -m benchmarks.intake.confusion [FOLDER…] [--seeds N] [--kinds A,B] [--into A,B]
                                             [--faults TEXT] [--jobs N] [--write FILE]

Every detector runs on clean programmes, on each fault alone in each programme, and on faults in
pairs. FOLDERs hold recordings; what sounds in them is counted beside, not judged: what is sold
is mastered, so it has no headroom and may well be clipped. Prints a table for each code of each
check; ``--write`` keeps it in a file (`confusion.txt` is pinned by a test).
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np

from benchmarks.intake.corpus import (
    KINDS,
    SECONDS,
    Expected,
    Fault,
    Programme,
    faults,
    judge,
    programme,
    recordings,
    spoil,
)
from pipeline.findings import Check, Severity
from pipeline.intake.checks import CHECKS, SURVEY_CHECKS

LEAST_RECALL = 0.95
MOST_ALARMS = {Severity.FAIL: 0.02, Severity.WARN: 0.05}
"""Of clean programmes, by severity; remarks (info) are advice and may sound anywhere."""
OFTEN = 0.1


@dataclass(frozen=True, slots=True)
class Trial:
    """What was found in one mix.

    Parameters
    ----------
    name, kind : str
        Of the programme.
    faults : tuple of Expected
        What was put into it: nothing, one, or two.
    found : dict of str to Severity
        The worst severity by ``check:code``.
    is_recording : bool
        Whether it is no programme of ours, so that nobody knows what is in it.
    """

    name: str
    kind: str
    faults: tuple[Expected, ...]
    found: dict[str, Severity]
    is_recording: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """How one finding did.

    Parameters
    ----------
    code : str
        ``check:code``.
    alarms : dict of Severity to list of str
        The clean programmes that it sounded in.
    n_clean : int
        How many there were.
    alone, pairs : tuple of (int, int)
        Faults that were heard, of how many.
    missed : list of str
        ``fault in programme`` for each that was not.
    recordings : tuple of (int, int)
        Recordings that it sounded in at `WARN` or worse, of how many.
    worst : Severity
        The worst that it was anywhere; `PASS` if it was never heard.
    """

    code: str
    alarms: dict[Severity, list[str]]
    n_clean: int
    alone: tuple[int, int]
    pairs: tuple[int, int]
    missed: list[str]
    recordings: tuple[int, int]
    worst: Severity

    @property
    def is_heard(self) -> bool:
        """Whether enough of its faults were heard, alone and in pairs together."""
        heard, n_put_in = (sum(each) for each in zip(self.alone, self.pairs, strict=True))
        return heard >= LEAST_RECALL * n_put_in

    @property
    def is_quiet(self) -> bool:
        """Whether it kept quiet enough in clean programmes."""
        return all(
            len(self.alarms.get(severity, ())) <= most * self.n_clean
            for severity, most in MOST_ALARMS.items()
        )


# --- trials ---------------------------------------------------------------------------------


def trials(
    clean: Programme, every: Sequence[Fault], *, seed: int, pairs: bool = True
) -> list[Trial]:
    """Return what is found in a programme: clean, with each fault, and with pairs of them."""
    fitting = [each for each in every if each.fits(clean)]
    parts = [(), *((each,) for each in fitting)]
    if pairs:
        rng = np.random.default_rng([seed, *clean.name.encode()])
        parts += _pairs(fitting, rng)
    return [_trial(clean, each, seed=seed) for each in parts]


def listen(recording: Programme) -> list[Trial]:
    """Return what is found in a recording as it is."""
    found = _trial(recording, (), seed=0)
    return [Trial(found.name, found.kind, (), found.found, is_recording=True)]


def _pairs(every: Sequence[Fault], rng: np.random.Generator) -> Iterator[tuple[Fault, Fault]]:
    """Yield pairs in which each fault stands once, if it finds a partner."""
    waiting = [every[place] for place in rng.permutation(len(every))]
    while waiting:
        first = waiting.pop(0)
        other = next((each for each in waiting if first.goes_with(each)), None)
        if other is not None:
            waiting.remove(other)
            yield first, other


def _trial(clean: Programme, parts: tuple[Fault, ...], *, seed: int) -> Trial:
    audio = spoil(clean, parts, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        heard = judge(audio, clean.sample_rate_hz, folder=Path(folder))
    found: dict[str, Severity] = {}
    for each in sorted(heard, key=lambda finding: finding.severity.rank):
        found.setdefault(f"{each.check}:{each.code}", each.severity)
    return Trial(clean.name, clean.kind, parts, found)


# --- the table ------------------------------------------------------------------------------


def rows(done: Iterable[Trial]) -> list[Row]:
    """Return one row for each code that was found or looked for, in order of the codes."""
    known = list(done)
    codes = {code for each in known for code in each.found}
    codes |= {fault.expects for each in known for fault in each.faults}
    return [_row(code, known) for code in sorted(codes)]


def _row(code: str, known: Sequence[Trial]) -> Row:
    clean = [each for each in known if not each.faults and not each.is_recording]
    real = [each for each in known if each.is_recording]
    alarms: dict[Severity, list[str]] = {}
    for each in clean:
        if code in each.found:
            alarms.setdefault(each.found[code], []).append(each.name)
    loud = [each for each in real if code in each.found and each.found[code] in MOST_ALARMS]
    looked_for = [
        (trial, fault) for trial in known for fault in trial.faults if fault.expects == code
    ]
    return Row(
        code,
        alarms,
        len(clean),
        _recall([trial for trial, _ in looked_for if len(trial.faults) == 1], code),
        _recall([trial for trial, _ in looked_for if len(trial.faults) == 2], code),
        [_missed(*each) for each in looked_for if code not in each[0].found],
        (len(loud), len(real)),
        _worst(each.found[code] for each in known if code in each.found),
    )


def _worst(severities: Iterable[Severity]) -> Severity:
    return min(severities, key=lambda each: each.rank, default=Severity.PASS)


def _recall(known: Sequence[Trial], code: str) -> tuple[int, int]:
    return sum(code in each.found for each in known), len(known)


def _missed(trial: Trial, fault: Expected) -> str:
    beside = "".join(f" beside {each.name}" for each in trial.faults if each is not fault)
    return f"{fault.name} in {trial.name}{beside}"


def lines(done: Sequence[Trial]) -> Iterator[str]:
    """Yield what was tried, and what came of it."""
    yield from _heading(done)
    yield from outcome(done, checks=(*CHECKS, *SURVEY_CHECKS))


def outcome(done: Sequence[Trial], *, checks: Iterable[Check]) -> Iterator[str]:
    """Yield the table, what was missed, what sounded in vain, and what sounded besides.

    Parameters
    ----------
    done : sequence of Trial
        The trials.
    checks : iterable of Check
        Those that should have been tried.
    """
    table = rows(done)
    width = max((len(row.code) for row in table), default=0)
    yield f"{'finding':{width}}  clean: fail warn info     alone     pairs  recordings  verdict"
    for row in table:
        counts = "".join(f"{len(row.alarms.get(each, ())):5d}" for each in _SHOWN)
        yield (
            f"{row.code:{width}}       {counts}  {_share(row.alone)}  {_share(row.pairs)}"
            f"  {_share(row.recordings):>10}  {_verdict(row)}"
        )
    looked_for = {each.expects.partition(":")[0] for trial in done for each in trial.faults}
    without = sorted({each.id for each in checks} - looked_for)
    yield from _section("checks without a fault", without)
    yield from _section("missed", chain.from_iterable(row.missed for row in table))
    yield from _section("sounded where there is no fault", _vain(table))
    yield from _section("sounded besides, in at least a tenth of the trials", _beside(done))


_SHOWN = (Severity.FAIL, Severity.WARN, Severity.INFO)


def _heading(done: Sequence[Trial]) -> Iterator[str]:
    ours = [each for each in done if not each.is_recording]
    counts = Counter(len(each.faults) for each in ours)
    kinds = {each.kind for each in ours}
    real = Counter(each.kind for each in done if each.is_recording)
    yield f"{counts[0]} clean programmes of {len(kinds)} kinds: {', '.join(sorted(kinds))}"
    yield f"faults put in alone {counts[1]} times, in pairs {counts[2]} times"
    for name, count in sorted(real.items()):
        yield f"recordings: {count} from {name}"
    yield ""


def _verdict(row: Row) -> str:
    """Return what stands in the last column; advice has no figures to reach."""
    if row.worst is Severity.INFO:
        return "advice"
    faults = [
        text
        for text, is_so in (("deaf", not row.is_heard), ("jumpy", not row.is_quiet))
        if is_so
    ]
    is_tried = bool(row.alone[1] + row.pairs[1])
    return " and ".join(faults) or ("holds" if is_tried else "untried")


def _share(of: tuple[int, int]) -> str:
    return f"{of[0]:4d}/{of[1]:<4d}" if of[1] else f"{'-':>5}    "


def _vain(table: Iterable[Row]) -> Iterator[str]:
    for row in table:
        for severity in MOST_ALARMS:
            for name in row.alarms.get(severity, ()):
                yield f"{row.code} ({severity}) in {name}"


def _beside(done: Sequence[Trial]) -> Iterator[str]:
    """Yield which other findings a fault raises that its programme does not raise by itself."""
    quiet = {each.name: each.found for each in done if not each.faults}
    alone: dict[str, list[Trial]] = {}
    for each in done:
        if len(each.faults) == 1:
            alone.setdefault(each.faults[0].name, []).append(each)
    for name, known in alone.items():
        others = Counter(
            code
            for each in known
            for code, severity in each.found.items()
            if severity in MOST_ALARMS
            and code != each.faults[0].expects
            and code not in quiet[each.name]
        )
        for code, count in sorted(others.items()):
            if count >= OFTEN * len(known):
                yield f"{name}: {code} {count}/{len(known)}"


def _section(title: str, entries: Iterable[str]) -> Iterator[str]:
    found = list(entries)
    yield ""
    yield f"{title}: {len(found) or 'nothing'}"
    yield from (f"  {each}" for each in found)


# --- command --------------------------------------------------------------------------------


def measure(
    names: Sequence[tuple[str, int]],
    every: Sequence[Fault],
    *,
    jobs: int = 1,
    seconds: float = SECONDS,
    pairs: bool = True,
) -> list[Trial]:
    """Return all trials on clean programmes.

    Parameters
    ----------
    names : sequence of (str, int)
        Kinds and seeds of the programmes.
    every : sequence of Fault
        What is put into them.
    jobs : int
        Processes at once.
    seconds : float
        Length of a programme.
    pairs : bool
        Whether faults are put in by twos as well.
    """
    work = partial(_measured, every=every, seconds=seconds, pairs=pairs)
    if jobs == 1:
        return list(chain.from_iterable(map(work, names)))
    with ProcessPoolExecutor(jobs) as pool:
        return list(chain.from_iterable(pool.map(work, names)))


def _measured(
    name: tuple[str, int], *, every: Sequence[Fault], seconds: float, pairs: bool
) -> list[Trial]:
    kind, seed = name
    clean = programme(kind, seed, seconds=seconds)
    return trials(clean, every, seed=seed, pairs=pairs)


def main() -> None:
    """Run it as the arguments say."""
    asked = _arguments()
    every = [each for each in faults() if asked.faults in f"{each.name} {each.expects}"]
    kinds = asked.kinds.split(",") if asked.kinds else list(KINDS)
    spoilt = asked.into.split(",") if asked.into else kinds
    seeds = range(asked.seeds)
    done = measure([(kind, seed) for seed in seeds for kind in spoilt], every, jobs=asked.jobs)
    clean = [(kind, seed) for seed in seeds for kind in kinds if kind not in spoilt]
    done += measure(clean, (), jobs=asked.jobs)
    done += chain.from_iterable(map(listen, recordings(asked.folders)))
    text = "\n".join(lines(done)) + "\n"
    print(text, end="")
    if asked.write:
        asked.write.write_text(text, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, help="recordings to count")
    parser.add_argument("--seeds", type=int, default=3, help="programmes of each kind")
    parser.add_argument("--kinds", default="", help="kinds of music, parted by commas")
    parser.add_argument("--into", default="", help="kinds that faults are put into: all")
    parser.add_argument("--faults", default="", help="part of a fault's name or of its code")
    parser.add_argument("--jobs", type=int, default=1, help="processes at once")
    parser.add_argument("--write", type=Path, help="file that keeps the table")
    return parser.parse_args()


if __name__ == "__main__":
    main()
