"""What the intake says of whole albums: faults between files, and albums that have none.

usage: python -m benchmarks.intake.albums [--seeds N] [--records A,B] [--faults TEXT]
                                          [--write FILE]

Every check that compares the files of an album runs on clean albums and on each fault in each
album. A fault counts as heard only if the finding names the song that it was put into. Prints
the table that `benchmarks.intake.confusion` prints; ``--write`` keeps it in a file
(`albums.txt` is pinned by a test).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.intake.album_faults import FAULTS, AlbumFault
from benchmarks.intake.confusion import Trial, outcome
from benchmarks.intake.records import BARE, RECORDS, SECONDS, Record, lay, record
from pipeline.build.examining import examine
from pipeline.build.session import Settings, open_session
from pipeline.engine import Step
from pipeline.findings import Finding, Severity
from pipeline.intake.checks import ALBUM_CHECKS

IDS = {each.id for each in ALBUM_CHECKS}


class Unheard:
    """Nobody who would be told how it goes on."""

    def stage(self, name: str) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""

    def planned(self, total_cost_s: float) -> None:
        """Say nothing."""

    def started(self, step: Step) -> None:
        """Say nothing."""

    def advanced(self, step: Step, fraction: float) -> None:
        """Say nothing."""

    def finished(self, step: Step, seconds: float) -> None:
        """Say nothing."""

    def done(self) -> None:
        """Say nothing."""


def trials(clean: Record, every: Iterable[AlbumFault], *, folder: Path) -> Iterator[Trial]:
    """Yield what is found of each song of a clean album, then of each fault.

    Parameters
    ----------
    clean : Record
        The album.
    every : iterable of AlbumFault
        What is put into it, one at a time.
    folder : Path
        An empty folder to work in.
    """
    lay(clean, folder, lying={})
    quiet = judge(folder)
    for song in clean.songs:
        yield Trial(f"{clean.name}: {song}", clean.name, (), _at(quiet, song))
    # What is about no song is counted once an album.
    yield Trial(clean.name, clean.name, (), _at(quiet, ""))
    lying = clean.files
    for fault in every:
        spoilt = fault.put(clean, fault.song or BARE)
        lay(spoilt, folder, lying=lying)
        lying = spoilt.files
        fresh = [each for each in judge(folder) if not _is_among(each, quiet)]
        name = f"{clean.name}: {fault.song}" if fault.song else clean.name
        elsewhere = {
            code: severity for code, severity in _worst(fresh).items() if code != fault.expects
        }
        yield Trial(name, clean.name, (fault,), elsewhere | _at(fresh, fault.song))


def judge(folder: Path) -> list[Finding]:
    """Return what a comparison of all files of an album shows."""
    settings = Settings(jobs=1)
    with open_session(folder / "album.yaml", settings=settings, teller=Unheard()) as session:
        deliverables = session.chosen(())
        found = examine(session, deliverables, session.intake(deliverables))
    return [each for each in found if each.check in IDS]


def _is_among(finding: Finding, known: Iterable[Finding]) -> bool:
    return any(
        (finding.track, finding.check, finding.code) == (each.track, each.check, each.code)
        for each in known
    )


def _at(found: Iterable[Finding], song: str) -> dict[str, Severity]:
    return _worst(each for each in found if each.track == song.lower())


def _worst(found: Iterable[Finding]) -> dict[str, Severity]:
    worst: dict[str, Severity] = {}
    for each in sorted(found, key=lambda finding: finding.severity.rank):
        worst.setdefault(f"{each.check}:{each.code}", each.severity)
    return worst


def measure(
    names: Iterable[str],
    every: Sequence[AlbumFault],
    *,
    seeds: Iterable[int] = (0,),
    seconds: float = SECONDS,
) -> list[Trial]:
    """Return all trials on albums of these names."""
    done: list[Trial] = []
    for seed in seeds:
        for name in names:
            with tempfile.TemporaryDirectory() as folder:
                made = record(name, seed=seed, seconds=seconds)
                done += trials(made, every, folder=Path(folder))
    return done


def lines(done: Sequence[Trial]) -> Iterator[str]:
    """Yield what was tried, and what came of it."""
    clean = [each for each in done if not each.faults]
    kinds = dict.fromkeys(each.kind for each in done)
    songs = sum(":" in each.name for each in clean)
    yield f"{len(clean) - songs} clean albums of {songs} songs: {', '.join(kinds)}"
    yield f"faults put in {len(done) - len(clean)} times, each alone"
    yield ""
    yield from outcome(done, checks=ALBUM_CHECKS)


def main() -> None:
    """Run it as the arguments say."""
    asked = _arguments()
    every = [each for each in FAULTS if asked.faults in f"{each.name} {each.expects}"]
    names = asked.records.split(",") if asked.records else RECORDS
    done = measure(names, every, seeds=range(asked.seeds))
    text = "\n".join(lines(done)) + "\n"
    print(text, end="")
    if asked.write:
        asked.write.write_text(text, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1, help="albums of each name")
    parser.add_argument("--records", default="", help="names of albums, parted by commas")
    parser.add_argument("--faults", default="", help="part of a fault's name or of its code")
    parser.add_argument("--write", type=Path, help="file that keeps the table")
    return parser.parse_args()


if __name__ == "__main__":
    main()
