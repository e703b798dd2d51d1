"""One edition at work: its timelines, and the steps that master its tracks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pipeline.assemble.takes import Medium, takes
from pipeline.assemble.timeline import Segment, Timeline, lay_out
from pipeline.build import steps
from pipeline.dsp.limiter import LimiterSettings
from pipeline.engine import Source, Step
from pipeline.errors import SpecError, SpecProblem
from pipeline.intake.probe import MixFacts
from pipeline.spec.editions import Edition
from pipeline.spec.loader import LoadedSpec
from pipeline.spec.model import ChainItem, LimiterSpec, TrackSpec

Programme: TypeAlias = tuple[Medium, int]
"""What is heard in one go: on which medium, and on which disc of several; 0 is all of it."""


@dataclass(frozen=True, slots=True)
class EditionWork:
    """An edition with everything that follows from the spec and the facts of the mixes.

    Parameters
    ----------
    edition : Edition
        What it is.
    timelines : mapping of Programme to Timeline
        One for each medium it is delivered on, and for each disc that is made.
    masters : mapping of str to Step
        The step that masters each track.
    limiter : LimiterSettings or None
        The limiter of this edition.
    """

    edition: Edition
    timelines: Mapping[Programme, Timeline]
    masters: Mapping[str, Step]
    limiter: LimiterSettings | None

    @property
    def medium(self) -> Medium:
        """The medium that speaks for it: files, where there are some."""
        return "files" if ("files", 0) in self.timelines else "cd"

    @property
    def timeline(self) -> Timeline:
        """The whole of it, as reports tell of it."""
        return self.timelines[self.medium, 0]

    def segments(self) -> Iterable[Segment]:
        """Yield the segments of all media; those that media share come once."""
        seen = set()
        for timeline in self.timelines.values():
            for segment in timeline.segments:
                if segment.tracks not in seen:
                    seen.add(segment.tracks)
                    yield segment


def prepare_edition(
    edition: Edition,
    *,
    programmes: Iterable[Programme],
    sources: Mapping[str, Source],
    facts: Mapping[str, MixFacts],
    loaded: LoadedSpec,
) -> EditionWork:
    """Lay out an edition and name the steps that master it.

    Raises
    ------
    SpecError
        If a crossfade does not fit, or a finished master would have to pass a limiter.
    SourceError
        If a trim or a fade lies outside its mix.
    """
    wanted = {(medium, disc) for medium, number in programmes for disc in (0, number)}
    timelines = {
        (medium, disc): _laid_out(edition, (medium, disc), facts, loaded)
        for medium, disc in sorted(wanted)
    }
    masters = {
        track.id: steps.master_step(
            track.id,
            sources[track.id],
            facts[track.id],
            chain_of(track, edition),
            edition=edition.id,
        )
        for track in edition.tracks
    }
    work = EditionWork(edition, timelines, masters, limiter_settings(edition.limiter))
    _refuse_limited_masters(work, loaded)
    return work


def chain_of(track: TrackSpec, edition: Edition) -> tuple[ChainItem, ...]:
    """Return a track's processors in order: its own, then the album's; none for a master."""
    return () if track.master else (*track.chain, *edition.album_chain)


def limiter_settings(spec: LimiterSpec | None) -> LimiterSettings | None:
    """Return the limiter's settings as the signal code takes them."""
    return None if spec is None else LimiterSettings(ceiling_dbtp=spec.ceiling_dbtp)


def _laid_out(
    edition: Edition, programme: Programme, facts: Mapping[str, MixFacts], loaded: LoadedSpec
) -> Timeline:
    medium, disc = programme
    try:
        return lay_out(takes(edition.tracks_on(disc), facts, medium=medium))
    except ValueError as error:
        track, _, sentence = str(error).partition(": ")
        raise _problem(
            loaded, ("tracks", track, "crossfade"), sentence, "make it shorter"
        ) from error


def _refuse_limited_masters(work: EditionWork, loaded: LoadedSpec) -> None:
    """Refuse a finished master in a segment that a limiter would work on."""
    if work.limiter is None:
        return
    for segment in work.segments():
        finished = [each.take.track for _, each in segment.placements if each.take.is_finished]
        if finished and not segment.is_finished:
            others = ", ".join(track for track in segment.tracks if track not in finished)
            raise _problem(
                loaded,
                ("tracks", finished[0], "master"),
                f"a finished master cannot touch {others}: the limiter would work on both",
                "give it a gap, or switch the limiter off in this edition",
            )


def _problem(loaded: LoadedSpec, path: tuple[str, ...], message: str, hint: str) -> SpecError:
    problem = SpecProblem(loaded.mark(path), ".".join(path), message, hint)
    return SpecError((problem,))
