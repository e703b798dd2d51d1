"""The audio files that lie beside the mixes and that no track names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.build import steps
from pipeline.build.session import Session
from pipeline.engine import Source
from pipeline.errors import SourceError
from pipeline.intake.probe import MixFacts
from pipeline.intake.scaffold import AUDIO_SUFFIXES
from pipeline.intake.survey import Survey
from pipeline.intake.variants import variant_of

MOST_PER_TRACK = 4


@dataclass(frozen=True, slots=True)
class Heard:
    """A file beside the mixes that could be heard."""

    source: Source
    facts: MixFacts
    survey: Survey


@dataclass(frozen=True, slots=True)
class Beside:
    """What lies beside the mixes.

    Parameters
    ----------
    heard : mapping of str to Heard
        By path, relative to the spec.
    not_read : mapping of str to str
        Why the others could not be heard.
    n_left_out : int
        How many were too many.
    """

    heard: Mapping[str, Heard]
    not_read: Mapping[str, str]
    n_left_out: int


def files_beside(
    session: Session, files: Mapping[str, str], titles: Mapping[str, str]
) -> Beside:
    """Hear the files beside the mixes, those first that claim by their name to belong to one.

    Parameters
    ----------
    session : Session
        The album.
    files, titles : mapping of str to str
        Path of the mix, relative to the spec, and title of each track, by id.
    """
    found = sorted(
        (_relative(session, path) for path in _found(session)),
        key=lambda path: (variant_of(path, files=files, titles=titles) is None, path),
    )
    wanted = found[: MOST_PER_TRACK * len(files)]
    known, not_read = _known(session, wanted)
    surveys = session.surveys_of(
        {path: source for path, (source, _) in known.items()},
        {path: facts for path, (_, facts) in known.items()},
    )
    heard = {path: Heard(*known[path], surveys[path]) for path in known}
    return Beside(heard, not_read, len(found) - len(wanted))


def _known(
    session: Session, paths: list[str]
) -> tuple[dict[str, tuple[Source, MixFacts]], dict[str, str]]:
    """Return source and facts of every file that can be read, and why the others cannot."""
    known: dict[str, tuple[Source, MixFacts]] = {}
    not_read: dict[str, str] = {}
    for path in paths:  # one by one, because one that cannot be read must not stop the others
        try:
            known[path] = _looked_at(session, path)
        except SourceError as error:
            not_read[path] = error.message
    return known, not_read


def _found(session: Session) -> Iterator[Path]:
    """Yield the audio files in the folders of the mixes that no track of any edition uses."""
    names = ("", *session.spec.editions)
    used = [track.source.path for name in names for track in session.edition(name).tracks]
    taken = {os.path.realpath(path) for path in used}
    for folder in sorted({path.parent for path in used}):
        yield from (path for path in _audio_in(folder) if os.path.realpath(path) not in taken)


def _audio_in(folder: Path) -> Iterable[Path]:
    return (
        path
        for path in sorted(folder.iterdir())
        if path.suffix.casefold() in AUDIO_SUFFIXES
        and not path.name.startswith(".")
        and path.is_file()
    )


def _relative(session: Session, path: Path) -> str:
    return os.path.relpath(path, session.loaded.folder).replace(os.sep, "/")


def _looked_at(session: Session, path: str) -> tuple[Source, MixFacts]:
    where = session.loaded.folder / path
    source = Source(where, session.store.file_digest(where, rehash=session.settings.rehash))
    step = steps.probe_step(
        path, source, lossy_waived=True, cost_s=where.stat().st_size / 400e6
    )
    results = session.run(f"looking at {path}", session.plan([step]))
    return source, MixFacts.from_json(
        session.read_mapping(results.artifact(step.output("facts")))
    )
