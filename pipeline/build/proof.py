"""Just the seams: the end of each track, what parts it from the next, and its start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from formats.atomic import write_atomically
from formats.filenames import safe_filename
from formats.wav import wav_header
from pipeline.assemble.takes import takes
from pipeline.assemble.timeline import Fade, Join, Take, Timeline, lay_out
from pipeline.build import steps
from pipeline.build.preparing import master_and_decide, prepare
from pipeline.build.session import Intake, Session, Settings, Teller, open_session
from pipeline.build.work import EditionWork
from pipeline.engine import Output, Step
from pipeline.lock import EditionLock

HEARD_S = 8
BITS = 24
PROOFS = "proofs"


@dataclass(frozen=True, slots=True)
class Seam:
    """One transition, rendered."""

    name: str
    timeline: Timeline
    pcm: tuple[Output, ...]


def proof_album(
    path: Path, names: tuple[str, ...], *, settings: Settings, teller: Teller
) -> list[Path]:
    """Render every transition of the editions that the deliverables need, and nothing else.

    Returns
    -------
    list of Path
        One WAV file each, in ``out/proofs``, in running order.

    Raises
    ------
    PipelineError
        As for a build.
    """
    with open_session(path, settings=settings, teller=teller) as session:
        prepared = prepare(session, names)
        decided = master_and_decide(session, prepared)
        rate_hz = prepared.album_rate_hz
        seams = [
            seam
            for name, work in prepared.works.items()
            for seam in _seams(work, prepared.intake, decided.decisions[name], rate_hz)
        ]
        ends: list[Step] = [output.step for seam in seams for output in seam.pcm]
        rendered = session.run("rendering the seams", session.plan(ends))
        return [
            _write(
                session, seam, [session.path_of(rendered, each) for each in seam.pcm], rate_hz
            )
            for seam in seams
        ]


def _seams(
    work: EditionWork, intake: Intake, decisions: EditionLock, rate_hz: int
) -> Iterator[Seam]:
    heard = takes(work.edition.tracks, intake.facts, medium=work.medium)
    for number, (before, after) in enumerate(pairwise(heard), start=1):
        timeline = lay_out([_end_of(before, after.join), _start_of(after)])
        edition = f"{work.edition.id}-" if work.edition.id else ""
        name = f"{edition}{number:02d}-{before.track}-{after.track}"
        yield Seam(name, timeline, tuple(_rendered(work, timeline, decisions, rate_hz, name)))


def _rendered(
    work: EditionWork, timeline: Timeline, decisions: EditionLock, rate_hz: int, name: str
) -> Iterator[Output]:
    tails = {track: tail for span in timeline.spans for track, tail in span.pieces}
    for segment in timeline.segments:
        rendered = steps.segment_step(
            segment,
            masters=work.masters,
            gains_db={track: decisions.levels[track].gain_db for track in segment.tracks},
            correlations={track: each.correlation for track, each in decisions.joins.items()},
            limiter=work.limiter,
            sample_rate_hz=rate_hz,
            edition=f"proof-{name}",
        )
        for track in segment.tracks:
            piece = steps.float_piece(
                track, rendered, segment, tail_sectors=tails[track], sample_rate_hz=rate_hz
            )
            step = steps.quantise_step(track, piece, bits=BITS, seconds=2 * HEARD_S)
            yield step.output("pcm")


def _end_of(take: Take, join: Join) -> Take:
    """Return the last seconds of a take, with as much as the join behind it needs."""
    kept = round((HEARD_S + join.crossfade) * take.sample_rate_hz)
    skipped = max(0, take.n_samples - kept)
    return replace(
        take,
        start_samples=take.start_samples + skipped,
        join=Join(Fraction(0)),
        fade_in=None,
        fade_out=_shifted(take.fade_out, skipped),
    )


def _start_of(take: Take) -> Take:
    kept = round((HEARD_S + take.join.crossfade) * take.sample_rate_hz)
    return replace(
        take,
        end_samples=min(take.end_samples, take.start_samples + kept),
        fade_out=None,
        is_marked=True,
    )


def _shifted(fade: Fade | None, samples: int) -> Fade | None:
    if fade is None:
        return None
    return Fade(fade.start_samples - samples, fade.end_samples - samples, fade.shape)


def _write(session: Session, seam: Seam, pieces: list[Path], rate_hz: int) -> Path:
    folder = session.out / PROOFS
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{safe_filename(seam.name)}.wav"
    audio = b"".join(piece.read_bytes() for piece in pieces)
    n_samples = len(audio) // (2 * BITS // 8)
    header = wav_header(n_samples, sample_rate_hz=rate_hz, bits=BITS, n_channels=2)
    write_atomically(path, header + audio)
    return path
