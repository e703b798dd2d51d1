"""Everything about a deliverable, worked out before a byte of it is written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from formats.artwork import Artwork, prepare_artwork
from formats.cdtime import PREGAP_SECTORS
from formats.disc import Disc
from formats.discid import disc_ids
from formats.errors import EncodeError, FormatError
from pipeline.assemble.cd import CdLayout, StartOffset, lay_out_cd
from pipeline.assemble.takes import has_hidden_first
from pipeline.build.orders import CD_RATE_HZ, Order, OrderedTrack, programme_of
from pipeline.build.session import Session
from pipeline.deliver.album import Rendered, RenderedTrack
from pipeline.deliver.cd import cue_recipes, ddp_recipes
from pipeline.deliver.disc import DiscWords, disc_of
from pipeline.deliver.files import files_recipes
from pipeline.deliver.package import Recipe, recipe_digest
from pipeline.engine import Artifact, Output
from pipeline.errors import DeliveryError, SourceError
from pipeline.findings import Finding
from pipeline.lock import EditionLock, LockedDeliverable, digest_of
from pipeline.manifest import DATABASES
from pipeline.papers.heading import Heading
from pipeline.papers.labelcopy import CopyTrack, LabelCopy
from pipeline.papers.papers import PAPERS_VERSION, Papers
from pipeline.papers.pqdisc import offsets_of, pq_sheet, text_notes
from pipeline.papers.pqsheet import HiddenSong
from pipeline.spec.model import CdImage, Ddp, Product
from pipeline.verify.runner import BY_KIND
from pipeline.verify.steps import INSPECT_VERSION

VERIFY_VERSION = 3  # 2: audio/dynamics; 3: of the loudest three seconds too


class Made(Protocol):
    """Who knows what steps have made: a run, or a plan in which nothing must run."""

    def artifact(self, output: Output) -> Artifact:
        """Return the content of an output."""
        ...


@dataclass(frozen=True, slots=True)
class Parcel:
    """One deliverable on its way out.

    Parameters
    ----------
    order : Order
        What it is made from.
    rendered : Rendered
        Its tracks as delivered.
    content : str
        Digest of everything in its files.
    revision : int
        Number it is handed over under.
    recipes : mapping of str to Recipe
        Its files.
    papers : Papers
        What is printed, as far as it is known before a file is written.
    recipe : str
        Digest of all of the above: an unchanged one is not made again.
    """

    order: Order
    rendered: Rendered
    content: str
    revision: int
    recipes: Mapping[str, Recipe]
    papers: Papers
    recipe: str

    @property
    def name(self) -> str:
        """Id of the deliverable."""
        return self.order.name

    @property
    def locked(self) -> LockedDeliverable:
        """What the lock keeps of it."""
        return LockedDeliverable(self.revision, self.content)


def prepare_parcel(
    session: Session,
    order: Order,
    made: Made,
    decisions: EditionLock,
    blocking: tuple[Finding, ...],
) -> Parcel:
    """Work out everything about a deliverable, without writing a byte of it."""
    assert order.spec.kind in BY_KIND, f"{order.spec.kind}: no verifier, so no deliverable"
    rendered = _rendered(session, order, made, decisions)
    pressed = _pressed(order, rendered)
    content = recipe_digest(_recipes(order, rendered, pressed, revision=0, content=""))
    locked = session.lock.deliverables.get(order.name)
    same = locked is not None and locked.content == content
    revision = locked.revision if locked and same else session.lock.revision + 1
    recipes = _recipes(order, rendered, pressed, revision=revision, content=content)
    papers = _papers(order, rendered, pressed, revision=revision, content=content)
    held = [[each.check, each.code, each.message] for each in blocking]
    recipe = digest_of(
        {
            "content": content,
            "promises": [asdict(each.promise) for each in recipes.values()],
            "revision": revision,
            "papers": asdict(papers),
            "versions": [VERIFY_VERSION, INSPECT_VERSION, PAPERS_VERSION],
            "held": held,
            "waived": waivers_of(session, order),
            "format": order.format.name,
        }
    )
    return Parcel(order, rendered, content, revision, recipes, papers, recipe)


def blocking_of(order: Order, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings that keep a deliverable from being sent whatever its files are."""
    heard = {track.id for track in order.work.edition.tracks} | {""}
    return tuple(each for each in findings if each.blocks_release and each.track in heard)


def target_of(session: Session, name: str) -> Path:
    """Return the output folder of a deliverable."""
    return session.out / name


def artwork_of(session: Session) -> Artwork | None:
    """Return the cover, ready for embedding.

    Raises
    ------
    SourceError
        If it cannot be used.
    """
    cover = session.spec.album.artwork
    if cover is None:
        return None
    try:
        return prepare_artwork(cover.path)
    except FormatError as error:
        raise SourceError(str(cover.path), str(error)) from error
    except OSError as error:
        raise SourceError(str(cover.path), f"cannot be read: {error.strerror}") from error


def _rendered(session: Session, order: Order, made: Made, decisions: EditionLock) -> Rendered:
    edition = order.work.edition
    product = session.spec.products.get(order.spec.product or "") or Product()
    tracks = tuple(
        _rendered_track(session, each, order, made, decisions) for each in order.tracks
    )
    return Rendered(
        session.spec.album,
        edition.title,
        product,
        tracks,
        order.work.limiter.ceiling_dbtp if order.work.limiter else None,
        artwork_of(session) if order.format.name != "bin" else None,
        edition.n_discs,
        programme_of(order.spec)[1] if edition.n_discs > 1 else 0,
    )


def _rendered_track(
    session: Session, ordered: OrderedTrack, order: Order, made: Made, decisions: EditionLock
) -> RenderedTrack:
    span = ordered.span
    decision = decisions.levels.get(span.track)
    return RenderedTrack(
        order.work.edition.track(span.track),
        ordered.number,
        span.start_sectors,
        span.n_sectors,
        tuple(made.artifact(each) for each in ordered.payload),
        _pcm_sha256(session, ordered, order, made),
        # With hidden material inside, the file is not the song whose loudness was decided.
        decision.integrated_lufs if decision and len(span.pieces) == 1 else None,
        _limited_db(session, ordered, made),
        ordered.disc,
    )


def _limited_db(session: Session, ordered: OrderedTrack, made: Made) -> float:
    """Return the most that the limiter has taken off any part of a track."""
    most_db = 0.0
    for output in ordered.floats:
        log = session.read_mapping(made.artifact(output.step.output("log")))
        if limiter := log["limiter"]:
            track = output.name.removeprefix("audio/")
            most_db = max(most_db, limiter["tracks"][track]["max_reduction_db"])
    return most_db


def _pcm_sha256(session: Session, ordered: OrderedTrack, order: Order, made: Made) -> str:
    """Return the hash of a track's samples; empty for a lossy track."""
    if ordered.words is not None:
        facts = session.read_json(made.artifact(ordered.words))
        assert isinstance(facts, dict)
        return str(facts["pcm_sha256"])
    if not order.format.bits:
        return ""
    parts = [made.artifact(each) for each in ordered.payload]
    return parts[0].digest if len(parts) == 1 else _joined_digest(session, parts)


def _joined_digest(session: Session, parts: Sequence[Artifact]) -> str:
    hasher = hashlib.sha256()
    for part in parts:
        with session.store.path_of(part).open("rb") as source:
            while block := source.read(1 << 20):
                hasher.update(block)
    return hasher.hexdigest()


@dataclass(frozen=True, slots=True)
class _Pressed:
    """A disc: where its marks are in the programme, and what stands in its subcode."""

    layout: CdLayout
    disc: Disc


def _pressed(order: Order, rendered: Rendered) -> _Pressed | None:
    if not isinstance(order.spec, CdImage | Ddp):
        return None
    offset, tracks = order.spec.start_offset, order.work.edition.tracks_on(order.spec.disc or 0)
    layout = lay_out_cd(
        order.timeline,
        offset=StartOffset(_sectors(offset.first), _sectors(offset.others)),
        end_silence_sectors=_sectors(order.spec.end_silence),
        is_hidden_first=has_hidden_first(tracks),
        indexes_samples={
            each.id: [time.to_samples(_rate_of(order, each.id)) for time in each.indexes]
            for each in tracks
            if each.indexes
        },
        pauses_sectors={each.id: _sectors(each.pause) for each in tracks if each.pause},
    )
    words = DiscWords()
    if isinstance(order.spec, Ddp):
        words = DiscWords(order.spec.cd_text, order.spec.copying)
    return _Pressed(layout, disc_of(rendered, layout, words))


def _rate_of(order: Order, track: str) -> int:
    return order.timeline.take_of(track).sample_rate_hz


def _sectors(time: Any) -> int:
    return int(-(-time.to_seconds(CD_RATE_HZ) * 75 // 1))


def _recipes(
    order: Order, rendered: Rendered, pressed: _Pressed | None, *, revision: int, content: str
) -> dict[str, Recipe]:
    if pressed is not None:
        try:
            return _disc_recipes(order, rendered, pressed, revision=revision, content=content)
        except EncodeError as error:
            raise DeliveryError(
                order.name, f"no disc can hold it: {error}", "mend album.yaml there"
            ) from error
    return files_recipes(
        rendered,
        file_format=order.format.name,
        sample_rate_hz=order.format.sample_rate_hz,
        bits=order.format.bits,
        kbps=order.format.kbps,
        revision=revision,
        content=content,
    )


def _disc_recipes(
    order: Order, rendered: Rendered, pressed: _Pressed, *, revision: int, content: str
) -> dict[str, Recipe]:
    layout, disc = pressed.layout, pressed.disc
    if not isinstance(order.spec, Ddp):
        return cue_recipes(rendered, layout, disc, revision=revision, content=content)
    return ddp_recipes(
        rendered,
        layout,
        disc,
        is_zipped=order.spec.zip == "yes",
        revision=revision,
        content=content,
    )


def _papers(
    order: Order, rendered: Rendered, pressed: _Pressed | None, *, revision: int, content: str
) -> Papers:
    heading = _heading(order, rendered, revision=revision, content=content)
    tracks = _printed_tracks(rendered)
    inside = list(_songs_inside(order, rendered))
    copy = LabelCopy(
        heading,
        tracks,
        tuple(
            (each.track, CopyTrack(0, each.title, each.performer, each.isrc, each.n_sectors))
            for each in inside
        ),
    )
    if pressed is None:
        return Papers(copy)
    layout, disc = pressed.layout, pressed.disc
    begin = PREGAP_SECTORS + layout.lead_sectors
    hidden = [replace(each, start_sectors=begin + each.start_sectors) for each in inside]
    edition = order.work.edition.id
    sheet = pq_sheet(
        disc,
        tracks,
        heading=heading,
        offsets_sectors=offsets_of(layout),
        hidden=hidden,
        disc_ids={DATABASES[name]: found for name, found in disc_ids(disc).items()},
        notes=[*([f"edition: {edition}"] if edition else []), *text_notes(disc)],
    )
    return Papers(copy, sheet)


def _heading(order: Order, rendered: Rendered, *, revision: int, content: str) -> Heading:
    info, product = rendered.info, rendered.product
    return Heading(
        disc=f"{rendered.disc} of {rendered.n_discs}" if rendered.disc else "",
        album=rendered.title,
        artist=info.artist,
        label=info.label or "",
        catalog_number=product.catalog_number or "",
        upc=product.upc or "",
        release_date=info.release_date or "",
        genre=info.genre or "",
        c_line=info.c_line or "",
        p_line=info.p_line or "",
        deliverable=order.name,
        revision=revision,
        short_hash=content[:8],
    )


def _printed_tracks(rendered: Rendered) -> tuple[CopyTrack, ...]:
    return tuple(
        CopyTrack(
            each.number,
            each.spec.title,
            each.spec.artist or rendered.info.artist,
            each.spec.isrc or "",
            each.n_sectors,
            each.disc if rendered.n_discs > 1 else 0,
        )
        for each in rendered.tracks
    )


def _songs_inside(order: Order, rendered: Rendered) -> Iterator[HiddenSong]:
    """Yield the songs that lie inside a track behind its own, in sectors of the programme."""
    for ordered in order.tracks:
        for track, _ in ordered.span.pieces[1:]:
            segment, spec = order.timeline.segment_of(track), order.work.edition.track(track)
            cut, length = next(each for each in segment.cut_lengths() if each[0].track == track)
            yield HiddenSong(
                max(ordered.number, 1),  # what is hidden first lies in the pause of track 1
                spec.title,
                spec.artist or rendered.info.artist,
                spec.isrc or "",
                segment.start_sectors + cut.start_sectors,
                length,
            )


def waivers_of(session: Session, order: Order) -> dict[str, str]:
    """Return the written reasons of the album and its tracks, by the check they waive."""
    waivers = dict(session.spec.intent)
    for track in order.work.edition.tracks:
        waivers |= {f"{track.id}:{name}": reason for name, reason in track.intent.items()}
    return waivers
