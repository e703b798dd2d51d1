"""What mastering did to the mixes: the finished tracks, heard beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.assemble.timeline import SECTORS_PER_SECOND, Segment
from pipeline.build import steps
from pipeline.build.preparing import Decided, Prepared, master_and_decide
from pipeline.build.session import Session
from pipeline.engine import Results, Step
from pipeline.findings import Finding
from pipeline.intake.survey import Survey
from pipeline.match.checks import mastered_findings
from pipeline.match.mastered import Mastered, Reduction


@dataclass(frozen=True, slots=True)
class _Finished:
    """A track as it is finished: rendered in its segment, and heard."""

    track: str
    segment: Segment
    rendered: Step
    survey: Step


def hear_masters(session: Session, prepared: Prepared) -> tuple[Finding, ...]:
    """Master and render what is not rendered yet, and judge it beside its mix.

    Every track is judged once, in the first edition that has it, at the rate of the album.
    """
    decided = master_and_decide(session, prepared)
    finished = {each.track: each for each in reversed(list(_all_finished(prepared, decided)))}
    results = session.run(
        "listening to the masters", session.plan([each.survey for each in finished.values()])
    )
    mixes, tracks = session.surveys(prepared.intake), session.tracks(prepared.deliverables)
    return tuple(
        finding
        for name in mixes
        if name in finished
        for finding in mastered_findings(
            _mastered(session, results, finished[name], mixes[name]),
            track=name,
            intent=session.intent_of(tracks[name]),
        )
    )


def _all_finished(prepared: Prepared, decided: Decided) -> Iterator[_Finished]:
    rate_hz = prepared.album_rate_hz
    for name, work in prepared.works.items():
        decisions = decided.decisions[name]
        for segment in work.segments():
            if segment.is_finished:
                continue  # mastered elsewhere: there is nothing to compare
            rendered = steps.segment_step(
                segment,
                masters=work.masters,
                gains_db={track: decisions.levels[track].gain_db for track in segment.tracks},
                correlations={
                    track: each.correlation for track, each in decisions.joins.items()
                },
                limiter=work.limiter,
                sample_rate_hz=rate_hz,
                edition=work.edition.id,
            )
            for cut, n_sectors in segment.cut_lengths():
                survey = steps.survey_rendered_step(
                    cut.track,
                    rendered,
                    sample_rate_hz=rate_hz,
                    seconds=n_sectors / SECTORS_PER_SECOND,
                )
                yield _Finished(cut.track, segment, rendered, survey)


def _mastered(session: Session, results: Results, finished: _Finished, mix: Survey) -> Mastered:
    heard: Any = session.read_json(results.artifact(finished.survey.output("survey")))
    log: Any = session.read_json(results.artifact(finished.rendered.output("log")))
    return Mastered(
        mix,
        Survey.from_json(heard),
        _starts_s(finished.segment, finished.track),
        _reduction(log["limiter"], finished.track),
    )


def _starts_s(segment: Segment, track: str) -> float:
    """Return the time in its mix that is heard where a track begins."""
    cut = next(each for each in segment.cuts if each.track == track)
    stream, placement = next(each for each in segment.placements if each[1].take.track == track)
    begins_s = stream.time_of(placement.start_samples)
    take = placement.take
    skipped_s = take.start_samples / take.sample_rate_hz
    return float(cut.start_sectors / SECTORS_PER_SECOND - begins_s + skipped_s)


def _reduction(limiter: Mapping[str, Any] | None, track: str) -> Reduction:
    if limiter is None:
        return Reduction()
    return Reduction(tuple(limiter["tracks"][track]["reduction_db"]), limiter["bin_s"])
