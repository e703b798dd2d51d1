"""Is this mix ready to master? What listening to every mix shows, alone and together."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import TypeVar

from pipeline.build import steps
from pipeline.build.beside import files_beside
from pipeline.build.session import Intake, Session, release_bits
from pipeline.engine import Source, Step
from pipeline.findings import Finding
from pipeline.intake import checks
from pipeline.intake.comparing import IDENTICAL, Comparison
from pipeline.intake.listeners.fingerprint import FingerprintFigures
from pipeline.intake.matching import Match, matches
from pipeline.intake.variants import Kind, variant_of
from pipeline.spec.editions import Edition
from pipeline.spec.model import AnyDeliverable, TrackSpec, TrimSpan

K = TypeVar("K")
Names = tuple[str, str]


def examine(
    session: Session, deliverables: Mapping[str, AnyDeliverable], intake: Intake
) -> tuple[Finding, ...]:
    """Have every listener hear every mix, and judge what they found, alone and together."""
    tracks = session.tracks(deliverables)
    bits = release_bits(deliverables)
    heads, tails = _own_ends(session.editions(deliverables))
    surveyed = {
        name: checks.Surveyed(
            intake.facts[name],
            release_bits=bits,
            survey=survey,
            has_own_head=name in heads,
            has_own_tail=name in tails,
        )
        for name, survey in session.surveys(intake).items()
    }
    intents = {name: session.intent_of(tracks[name]) for name in surveyed}
    alone = [
        finding
        for name, each in surveyed.items()
        for finding in checks.survey_findings(each, track=name, intent=intents[name])
    ]
    album = _together(session, intake, tracks, surveyed)
    return (*alone, *checks.album_findings(album, intents=intents))


def _own_ends(editions: Iterable[Edition]) -> tuple[set[str], set[str]]:
    """Return the tracks that begin as their files do, and those that end so.

    A join in one edition is enough to take them out: there is but one mix, cut for the join.
    """
    tracks = [track for edition in editions for track in edition.tracks]
    every = {track.id for track in tracks}
    joined = {track.joined_from for track in tracks}
    return (
        every - {track.id for track in tracks if _has_new_head(track)},
        every - joined - {track.id for track in tracks if _has_new_tail(track)},
    )


def _has_new_head(track: TrackSpec) -> bool:
    is_cut = isinstance(track.trim, TrimSpan) and track.trim.start is not None
    return is_cut or track.joined_from is not None or track.fade_in is not None


def _has_new_tail(track: TrackSpec) -> bool:
    is_cut = isinstance(track.trim, TrimSpan) and track.trim.end is not None
    return is_cut or track.fade_out is not None


def _together(
    session: Session,
    intake: Intake,
    tracks: Mapping[str, TrackSpec],
    surveyed: Mapping[str, checks.Surveyed],
) -> checks.ReceivedAlbum:
    """Return the album with what lies beside its mixes, and what belongs together."""
    titles = {name: tracks[name].title for name in surveyed}
    files = {name: each.file for name, each in session.locked_sources(intake).items()}
    beside = files_beside(session, files, titles)
    others = {
        path: checks.Surveyed(each.facts, survey=each.survey)
        for path, each in beside.heard.items()
    }
    sources = {**intake.sources, **{name: each.source for name, each in beside.heard.items()}}
    belonging = _belonging(surveyed, others, files, titles)
    stems = _stems(others, files, titles)
    return checks.ReceivedAlbum(
        surveyed,
        titles,
        files,
        beside=others,
        not_read=beside.not_read,
        n_left_out=beside.n_left_out,
        pairs=tuple(_pairs(session, sources, belonging)),
        stems=stems,
        sums=_sums(session, sources, stems),
        cut=frozenset(name for name in surveyed if isinstance(tracks[name].trim, TrimSpan)),
    )


def _belonging(
    tracks: Mapping[str, checks.Surveyed],
    others: Mapping[str, checks.Surveyed],
    files: Mapping[str, str],
    titles: Mapping[str, str],
) -> dict[Names, Match | None]:
    """Return what sounds like the same recording as a track, or belongs to it by its name."""
    prints = {
        name: each.survey.of(FingerprintFigures) for name, each in {**tracks, **others}.items()
    }
    variants = {path: variant_of(path, files=files, titles=titles) for path in others}
    found: dict[Names, Match | None] = {}
    for match in _nearest(matches(prints, firsts=tracks), tracks):
        # What names one track is not held against another, though that holds the same music.
        variant = variants.get(match.second)
        if variant is None or variant.track == match.first:
            found[match.first, match.second] = match
    for path, variant in variants.items():
        if variant and variant.kind is not Kind.TAKE:
            found.setdefault((variant.track, path), None)
    return found


def _nearest(found: Iterable[Match], tracks: Container[str]) -> list[Match]:
    """Leave every file beside with the track only that it agrees with best."""
    best: dict[str, Match] = {}
    kept = []
    for match in found:
        if match.second in tracks:
            kept.append(match)
        elif match.second not in best or match.agreement > best[match.second].agreement:
            best[match.second] = match
    return kept + list(best.values())


def _compared(session: Session, wanted: Mapping[K, Step]) -> dict[K, Comparison]:
    """Lay files upon one another, each step once."""
    results = session.run("comparing the files of a song", session.plan(wanted.values()))
    return {
        key: Comparison.from_json(
            session.read_mapping(results.artifact(step.output("comparison")))
        )
        for key, step in wanted.items()
    }


def _pairs(
    session: Session, sources: Mapping[str, Source], belonging: Mapping[Names, Match | None]
) -> Iterator[checks.Pair]:
    """Yield every two files that belong together, laid upon each other."""
    wanted = {
        (first, second): steps.compare_step(
            f"{first}+{second}",
            sources[first],
            sources[second],
            offset_s=match.offset_s if match else 0.0,
        )
        for (first, second), match in belonging.items()
        if not (match and match.is_exact)
    }
    compared = _compared(session, wanted)
    for names, match in belonging.items():
        yield checks.Pair(*names, match, compared.get(names, IDENTICAL))


def _sums(
    session: Session, sources: Mapping[str, Source], stems: Mapping[str, tuple[str, ...]]
) -> dict[str, Comparison]:
    """Return what the stems of each track are together beside its mix."""
    return _compared(
        session,
        {
            track: steps.compare_step(
                f"{track}+stems", sources[track], *(sources[path] for path in paths)
            )
            for track, paths in stems.items()
        },
    )


def _stems(
    others: Mapping[str, checks.Surveyed], files: Mapping[str, str], titles: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Return the stems of each track that can be added up: two or more of equal length."""
    found: dict[str, list[str]] = {}
    for path in others:
        variant = variant_of(path, files=files, titles=titles)
        if variant and variant.kind is Kind.STEM:
            found.setdefault(variant.track, []).append(path)
    return {
        track: tuple(paths)
        for track, paths in found.items()
        if len(paths) > 1 and len({_extent(others[path]) for path in paths}) == 1
    }


def _extent(received: checks.Surveyed) -> tuple[int, int]:
    return received.facts.n_samples, received.facts.sample_rate_hz
