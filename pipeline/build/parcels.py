"""Deliverables staged, verified all at once, and published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from formats.artwork import Artwork, prepare_artwork
from formats.atomic import write_atomically
from formats.errors import FormatError
from pipeline.assemble.cd import CdLayout, StartOffset, lay_out_cd
from pipeline.assemble.takes import has_hidden_first
from pipeline.build.orders import CD_RATE_HZ, Order, OrderedTrack
from pipeline.build.session import Session
from pipeline.deliver import publish
from pipeline.deliver.album import Rendered, RenderedTrack
from pipeline.deliver.cd import cd_recipes
from pipeline.deliver.files import files_recipes
from pipeline.deliver.package import PAPERS, SEND, Recipe, compose, recipe_digest
from pipeline.engine import Artifact, Results, Source, Step
from pipeline.errors import DeliveryError, SourceError
from pipeline.findings import Finding, Severity
from pipeline.lock import EditionLock, LockedDeliverable, digest_of
from pipeline.manifest import MANIFEST_NAME, Manifest, manifest_text, read_manifest
from pipeline.papers.labelcopy import CopyTrack, label_copy
from pipeline.papers.pqsheet import pq_sheet
from pipeline.spec.model import CdImage, Product
from pipeline.verify.inspect import AudioFacts
from pipeline.verify.package import Package, Piece, open_package, piece_digest, pieces_of
from pipeline.verify.runner import BY_KIND, Verdict, judge
from pipeline.verify.steps import INSPECT_VERSION

VERIFY_VERSION = 1


@dataclass(frozen=True, slots=True)
class Parcel:
    """One deliverable on its way out.

    Parameters
    ----------
    order : Order
        What it is made from.
    rendered : Rendered
        Its tracks as delivered.
    layout : CdLayout or None
        Its marks, if it is a disc.
    content : str
        Digest of everything in its files.
    revision : int
        Number it is handed over under.
    recipes : mapping of str to Recipe
        Its files.
    papers : mapping of str to str
        Its papers by file name.
    recipe : str
        Digest of all of the above: an unchanged one is not made again.
    """

    order: Order
    rendered: Rendered
    layout: CdLayout | None
    content: str
    revision: int
    recipes: Mapping[str, Recipe]
    papers: Mapping[str, str]
    recipe: str

    @property
    def name(self) -> str:
        """Id of the deliverable."""
        return self.order.name

    @property
    def locked(self) -> LockedDeliverable:
        """What the lock keeps of it."""
        return LockedDeliverable(self.revision, self.content)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A checked parcel; `status` is ``new``, ``changed``, ``unchanged`` or ``held``."""

    parcel: Parcel
    manifest: Manifest
    findings: tuple[Finding, ...]
    not_checked: tuple[str, ...]
    checks: tuple[str, ...]
    facts: Mapping[str, AudioFacts]
    status: str

    @property
    def is_released(self) -> bool:
        """Whether there is a package to send."""
        return self.status != "held"


def prepare_parcel(
    session: Session,
    order: Order,
    made: Results,
    decisions: EditionLock,
    blocking: tuple[Finding, ...],
) -> Parcel:
    """Work out everything about a deliverable, without writing a byte of it."""
    assert order.spec.kind in BY_KIND, f"{order.spec.kind}: no verifier, so no deliverable"
    rendered = _rendered(session, order, made, decisions)
    layout = _layout(order) if isinstance(order.spec, CdImage) else None
    content = recipe_digest(_recipes(order, rendered, layout, revision=0, content=""))
    locked = session.lock.deliverables.get(order.name)
    same = locked is not None and locked.content == content
    revision = locked.revision if locked and same else session.lock.revision + 1
    recipes = _recipes(order, rendered, layout, revision=revision, content=content)
    papers = _papers(order, rendered, layout, revision=revision, content=content)
    held = [[each.check, each.code, each.message] for each in blocking]
    recipe = digest_of(
        {
            "content": content,
            "revision": revision,
            "papers": papers,
            "versions": [VERIFY_VERSION, INSPECT_VERSION],
            "held": held,
            "waived": _waivers(session, order),
            "format": order.format.name,
        }
    )
    return Parcel(order, rendered, layout, content, revision, recipes, papers, recipe)


def deliver(
    session: Session, parcels: Sequence[tuple[Parcel, tuple[Finding, ...]]]
) -> list[Delivered]:
    """Make, check and publish what changed; say what did not.

    Parameters
    ----------
    session : Session
        The album.
    parcels : sequence of (Parcel, tuple of Finding)
        Each with the findings that keep it from being sent whatever its files are.

    Raises
    ------
    DeliveryError
        If files of ours in an output folder were edited by the user; the other deliverables
        are published first.
    """
    findings = {parcel.name: blocking for parcel, blocking in parcels}
    wanted = [parcel for parcel, _ in parcels]
    current = {each.name for each in wanted if _is_current(session, each)}
    staged = {each.name: _stage(session, each) for each in wanted if each.name not in current}
    packages = {name: open_package(folder) for name, (folder, _) in staged.items()}
    verdicts, keys = _verified(session, packages)
    done, stopped = [], []
    for each in wanted:
        if each.name in current:
            done.append(_unchanged(session, each))
            continue
        folder, manifest = staged[each.name]
        try:
            made = _published(
                session,
                each,
                folder,
                manifest,
                verdict=verdicts[each.name],
                blocking=findings[each.name],
            )
        except DeliveryError as error:
            publish.discard(folder)
            stopped.append(error)
        else:
            _remember(session, each, verdicts[each.name], keys)
            done.append(made)
    if stopped:
        raise stopped[0]
    return done


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


def _rendered(
    session: Session, order: Order, made: Results, decisions: EditionLock
) -> Rendered:
    edition = order.work.edition
    product = session.spec.products.get(order.spec.product or "") or Product()
    tracks = tuple(_rendered_track(each, order, made, decisions) for each in order.tracks)
    return Rendered(
        session.spec.album,
        edition.title,
        product,
        tracks,
        order.work.limiter.ceiling_dbtp if order.work.limiter else None,
        artwork_of(session) if order.format.name != "bin" else None,
        {
            each.spec.id: _joined_digest(session, each.pcm)
            for each in tracks
            if len(each.pcm) > 1
        },
    )


def _rendered_track(
    ordered: OrderedTrack, order: Order, made: Results, decisions: EditionLock
) -> RenderedTrack:
    span = ordered.span
    decision = decisions.levels.get(span.track)
    return RenderedTrack(
        order.work.edition.track(span.track),
        ordered.number,
        span.start_sectors,
        span.n_sectors,
        tuple(made.artifact(each) for each in ordered.payload),
        tuple(made.artifact(each) for each in ordered.pcm),
        # With hidden material inside, the file is not the song whose loudness was decided.
        decision.integrated_lufs if decision and len(span.pieces) == 1 else None,
    )


def _joined_digest(session: Session, parts: tuple[Artifact, ...]) -> str:
    hasher = hashlib.sha256()
    for part in parts:
        with session.store.path_of(part).open("rb") as source:
            while block := source.read(1 << 20):
                hasher.update(block)
    return hasher.hexdigest()


def _layout(order: Order) -> CdLayout:
    assert isinstance(order.spec, CdImage)
    offset = order.spec.start_offset
    return lay_out_cd(
        order.timeline,
        offset=StartOffset(_sectors(offset.first), _sectors(offset.others)),
        end_silence_sectors=_sectors(order.spec.end_silence),
        is_hidden_first=has_hidden_first(order.work.edition.tracks),
    )


def _sectors(time: Any) -> int:
    return int(-(-time.to_seconds(CD_RATE_HZ) * 75 // 1))


def _recipes(
    order: Order, rendered: Rendered, layout: CdLayout | None, *, revision: int, content: str
) -> dict[str, Recipe]:
    if layout is not None:
        return cd_recipes(rendered, layout, revision=revision, content=content)
    return files_recipes(
        rendered,
        file_format=order.format.name,
        sample_rate_hz=order.format.sample_rate_hz,
        bits=order.format.bits,
        kbps=order.format.kbps,
        revision=revision,
        content=content,
    )


def _papers(
    order: Order, rendered: Rendered, layout: CdLayout | None, *, revision: int, content: str
) -> dict[str, str]:
    facts, tracks = _printed_facts(rendered), _printed_tracks(rendered)
    stamp = f"revision {revision} · {content[:8]}"
    papers = {
        "label-copy.txt": label_copy(
            tracks, facts=facts, deliverable=order.name, revision=stamp
        )
    }
    if layout is not None:
        papers["pq-sheet.txt"] = pq_sheet(layout, tracks, facts=facts, revision=stamp)
    return papers


def _printed_facts(rendered: Rendered) -> dict[str, str]:
    info, product = rendered.info, rendered.product
    return {
        "album": rendered.title,
        "artist": info.artist,
        "label": info.label or "",
        "catalogue number": product.catalog_number or "",
        "UPC/EAN": product.upc or "",
        "release date": info.release_date or "",
        "genre": info.genre or "",
        "© line": info.c_line or "",
        "℗ line": info.p_line or "",
    }


def _printed_tracks(rendered: Rendered) -> list[CopyTrack]:
    return [
        CopyTrack(
            each.number,
            each.spec.title,
            each.spec.artist or rendered.info.artist,
            each.spec.isrc or "",
            each.n_sectors,
        )
        for each in rendered.tracks
    ]


def _is_current(session: Session, parcel: Parcel) -> bool:
    target = target_of(session, parcel.name)
    return not session.settings.rehash and publish.is_current(
        target, journal=session.journal, recipe=parcel.recipe
    )


def _stage(session: Session, parcel: Parcel) -> tuple[Path, Manifest]:
    """Put a deliverable together beside its place, and return the folder and its promises."""
    session.teller.stage(f"putting {parcel.name} together")
    folder = publish.stage_folder(target_of(session, parcel.name))
    with ThreadPoolExecutor(session.settings.jobs) as workers:
        promises = workers.map(
            lambda recipe: compose(recipe, folder / SEND, path_of=session.store.path_of),
            parcel.recipes.values(),
        )
        files = tuple(promises)
    manifest = Manifest(
        deliverable=parcel.name,
        kind=parcel.order.spec.kind,
        edition=parcel.order.work.edition.id,
        album=parcel.rendered.title,
        artist=session.spec.album.artist,
        upc=parcel.rendered.product.upc or "",
        catalog_number=parcel.rendered.product.catalog_number or "",
        revision=parcel.revision,
        content=parcel.content,
        files=files,
        programme_sectors=parcel.order.timeline.n_sectors,
        waived=_waivers(session, parcel.order),
    )
    (folder / MANIFEST_NAME).write_text(manifest_text(manifest), encoding="utf-8")
    return folder, manifest


def _waivers(session: Session, order: Order) -> dict[str, str]:
    """Return the written reasons of the album and its tracks, by the check they waive."""
    waivers = dict(session.spec.intent)
    for track in order.work.edition.tracks:
        waivers |= {f"{track.id}:{name}": reason for name, reason in track.intent.items()}
    return waivers


def _verified(
    session: Session, packages: Mapping[str, Package]
) -> tuple[dict[str, Verdict], tuple[str, ...]]:
    """Open all audio of all packages side by side, then run the checks on each.

    Returns
    -------
    verdicts, keys
        The verdict on each, and the keys of the steps that measured.
    """
    steps = {
        (name, piece): _inspect_step(package, piece, name)
        for name, package in packages.items()
        for piece in pieces_of(package)
    }
    results = session.run("verifying", session.plan(list(steps.values())))
    verdicts = {}
    for name, package in packages.items():
        facts: dict[Piece, AudioFacts | FormatError] = {}
        for piece in pieces_of(package):
            artifact = results.artifact(steps[name, piece].output("facts"))
            facts[piece] = _facts(session, artifact)
        verdicts[name] = judge(replace(package, facts=facts))
    return verdicts, tuple(results.keys.values())


def _inspect_step(package: Package, piece: Piece, name: str) -> Step:
    path = package.root / piece.name
    stretch = [piece.start_samples, piece.n_samples] if piece.is_stretch else None
    return Step(
        name=f"{name}/verify {Path(piece.name).name}#{piece.index}",
        kind="verify.inspect",
        run="pipeline.verify.steps:inspect_audio",
        version=INSPECT_VERSION,
        params={"stretch": stretch},
        inputs={"audio": Source(path, piece_digest(package, piece), is_part=True)},
        outputs=("facts",),
        tools=("numpy", "numba", "libsndfile", "ffmpeg"),
        cost_s=path.stat().st_size / 30e6,
    )


def _facts(session: Session, artifact: Artifact) -> AudioFacts | FormatError:
    data = session.read_json(artifact)
    assert isinstance(data, dict)
    return FormatError(data["damage"]) if "damage" in data else AudioFacts.from_json(data)


def _published(
    session: Session,
    parcel: Parcel,
    folder: Path,
    manifest: Manifest,
    *,
    verdict: Verdict,
    blocking: tuple[Finding, ...],
) -> Delivered:
    findings = (*blocking, *verdict.findings)
    is_held = any(finding.blocks_release for finding in findings)
    checks = tuple(each.id for each in verdict.checks)
    manifest = replace(
        manifest, verdict=_verdict_json(verdict, checks), is_released=not is_held
    )
    target = target_of(session, parcel.name)
    was_there = target.exists()
    (folder / MANIFEST_NAME).write_text(manifest_text(manifest), encoding="utf-8")
    _write_papers(folder / PAPERS, parcel, findings, is_held=is_held)
    if is_held:
        publish.discard(folder / SEND)
    publish.publish(
        folder,
        target,
        journal=session.journal,
        recipe=parcel.recipe,
        overwrite=session.settings.overwrite,
    )
    status = "held" if is_held else ("changed" if was_there else "new")
    return Delivered(
        parcel, manifest, findings, verdict.not_checked, checks, _by_track(verdict), status
    )


def _unchanged(session: Session, parcel: Parcel) -> Delivered:
    """Return what is known of a deliverable that stands untouched in its place."""
    manifest = read_manifest(target_of(session, parcel.name) / MANIFEST_NAME)
    findings = tuple(
        Finding(**{**each, "severity": Severity(each["severity"])})
        for each in manifest.verdict["findings"]
    )
    return Delivered(
        parcel,
        manifest,
        findings,
        tuple(manifest.verdict["not_checked"]),
        tuple(manifest.verdict["checks"]),
        _remembered_facts(session, parcel),
        "unchanged" if manifest.is_released else "held",
    )


def _verdict_json(verdict: Verdict, checks: tuple[str, ...]) -> dict[str, Any]:
    return {
        "checks": list(checks),
        "findings": [asdict(each) for each in verdict.findings],
        "not_checked": list(verdict.not_checked),
    }


def _by_track(verdict: Verdict) -> dict[str, AudioFacts]:
    facts = verdict.package.facts
    return {
        track.track: each
        for piece, track, _ in verdict.package.promised()
        if isinstance(each := facts.get(piece), AudioFacts)
    }


def _write_papers(
    folder: Path, parcel: Parcel, findings: tuple[Finding, ...], *, is_held: bool
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    stamp = "" if not is_held else _stamp(findings)
    for name, text in parcel.papers.items():
        (folder / name).write_text(stamp + text, encoding="utf-8", newline="\n")


def _stamp(findings: tuple[Finding, ...]) -> str:
    reasons = "\n".join(f"  {each.message}" for each in findings if each.blocks_release)
    return f"*** NOT FOR RELEASE ***\n{reasons}\n\n"


def _remember(
    session: Session, parcel: Parcel, verdict: Verdict, keys: tuple[str, ...]
) -> None:
    """Keep what was measured, for the report of a later build that changes nothing here.

    With it the keys of the steps that measured: the store keeps what they made as long as the
    deliverable stands.
    """
    rows = [
        {"name": piece.name, "index": piece.index, "facts": each.to_json()}
        for piece, each in verdict.package.facts.items()
        if isinstance(each, AudioFacts)
    ]
    found = {"recipe": parcel.recipe, "keys": sorted(keys), "rows": rows}
    write_atomically(_remembered_path(session, parcel.name), json.dumps(found).encode())


def _remembered_facts(session: Session, parcel: Parcel) -> dict[str, AudioFacts]:
    found = session.read_note(_remembered_path(session, parcel.name))
    if found.get("recipe") != parcel.recipe:
        return {}
    session.keys.update(found["keys"])
    manifest = read_manifest(target_of(session, parcel.name) / MANIFEST_NAME)
    tracks = {
        (file.name, number): track.track
        for file in manifest.audio_files
        for number, track in enumerate(file.tracks)
    }
    return {
        tracks[row["name"], row["index"]]: AudioFacts.from_json(row["facts"])
        for row in found["rows"]
        if (row["name"], row["index"]) in tracks
    }


def _remembered_path(session: Session, name: str) -> Path:
    return session.journal / f"{name}.measured"
