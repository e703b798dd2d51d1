"""Deliverables put together, opened by the verifier, judged and published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from formats.errors import FormatError
from pipeline.build.orders import Order
from pipeline.build.parcels import Parcel, prepare_parcel, target_of, waivers_of
from pipeline.build.session import Session
from pipeline.build.standing import (
    StandingFile,
    own_digests,
    remember,
    remembered_facts,
    standing_files,
)
from pipeline.deliver import publish
from pipeline.deliver.package import PAPERS, SEND, Recipe, compose
from pipeline.engine import Artifact, Results, Sequel, Source, Step
from pipeline.errors import DeliveryError
from pipeline.findings import Finding
from pipeline.lock import EditionLock
from pipeline.manifest import (
    MANIFEST_NAME,
    FilePromise,
    Manifest,
    manifest_text,
    read_manifest,
)
from pipeline.papers.pqsheet import PaperFile
from pipeline.verify.inspect import AudioFacts
from pipeline.verify.package import Package, Piece, open_package
from pipeline.verify.pieces import piece_digest, pieces_of
from pipeline.verify.runner import Verdict, judge
from pipeline.verify.steps import INSPECT_VERSION

# Listening takes half as long as the build; and what it finds must not hinge on what was heard
# by chance before.
_NOT_HEARD = (
    "faults in the mixes, such as clicks, hum or clipping: glassmaster check hears them"
)


@dataclass(frozen=True, slots=True)
class Staged:
    """A deliverable put together beside its place, before it was checked.

    Parameters
    ----------
    folder : Path
        Where it lies.
    manifest : Manifest
        What it promises.
    taken_over : mapping of str to StandingFile
        Files that were not made again, by their name in ``SEND/``.
    """

    folder: Path
    manifest: Manifest
    taken_over: Mapping[str, StandingFile]

    def package(self) -> Package:
        """Return it as the verifier finds it."""
        return replace(open_package(self.folder), untouched=frozenset(self.taken_over))


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


class Delivery:
    """A deliverable on its way: put together, opened by the verifier, judged and published.

    Parameters
    ----------
    session : Session
        The album.
    order : Order
        What it is made from.
    decisions : EditionLock
        What was decided for its edition.
    findings : tuple of Finding
        Those that keep it from being sent whatever its files are.
    """

    def __init__(
        self,
        session: Session,
        order: Order,
        decisions: EditionLock,
        findings: tuple[Finding, ...],
    ) -> None:
        self.order = order
        self._session, self._decisions, self._blocking = session, decisions, findings
        self._parcel: Parcel | None = None
        self._staged: Staged | None = None
        self._payloads: dict[Piece, str] = {}
        self._inspections: dict[Piece, Step] = {}

    def sequel(self) -> Sequel:
        """Return what follows the steps that it is made by: its files, and a look into them."""
        return Sequel(self.order.name, tuple(self.order.steps), self._put_together)

    def _put_together(self, made: Results) -> list[Step]:
        """Write the files, unless they stand already; return the steps that look into them."""
        session = self._session
        parcel = prepare_parcel(session, self.order, made, self._decisions, self._blocking)
        self._parcel = parcel
        if is_current(session, parcel):
            return []
        # What prints takes a quarter of a second to load: here others still encode.
        import pipeline.papers.printed  # noqa: F401

        self._staged = _stage(session, parcel)
        package, taken_over = self._staged.package(), self._staged.taken_over
        self._payloads = {
            piece: _payload(package, piece, taken_over) for piece in pieces_of(package)
        }
        self._inspections = {
            piece: _inspect_step(package, piece, parcel.name, payload)
            for piece, payload in self._payloads.items()
        }
        return list(self._inspections.values())

    def hand_over(self, results: Results) -> Delivered:
        """Judge what was put together and publish it; say what stands as it would be made.

        Raises
        ------
        DeliveryError
            If files of ours in the output folder were edited by the user.
        """
        parcel, staged = self._parcel, self._staged
        assert parcel is not None, "the run that puts it together is over"
        if staged is None:
            return _unchanged(self._session, parcel, self._blocking)
        facts = {
            piece: _facts(self._session, results.artifact(step.output("facts")))
            for piece, step in self._inspections.items()
        }
        verdict = judge(replace(staged.package(), facts=facts))
        made = _published(self._session, parcel, staged, verdict, blocking=self._blocking)
        keys = tuple(results.key(step) for step in self._inspections.values())
        remember(self._session, parcel, verdict.package, payloads=self._payloads, keys=keys)
        return made

    def discard(self) -> None:
        """Remove what was put together but not published: a full disk needs the room."""
        target = target_of(self._session, self.order.name)
        publish.discard(target.with_name(f"{publish.STAGING}{target.name}"))


def deliver(session: Session, deliveries: Sequence[Delivery]) -> Results:
    """Make what deliverables need; put each together as soon as its own steps have ended."""
    steps = [step for each in deliveries for step in each.order.steps]
    sequels = [each.sequel() for each in deliveries]
    with _nothing_half_staged(deliveries):
        return session.run("rendering and delivering", session.plan(steps), sequels=sequels)


def hand_over(deliveries: Sequence[Delivery], results: Results) -> list[Delivered]:
    """Publish what changed and say what did not.

    Raises
    ------
    DeliveryError
        If files of ours in an output folder were edited by the user; the other deliverables
        are published first.
    """
    done, stopped = [], []
    with _nothing_half_staged(deliveries):
        for each in deliveries:
            try:
                done.append(each.hand_over(results))
            except DeliveryError as error:
                stopped.append(error)
        if stopped:
            raise stopped[0]
    return done


@contextmanager
def _nothing_half_staged(deliveries: Sequence[Delivery]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for each in deliveries:
            each.discard()
        raise


def is_current(session: Session, parcel: Parcel) -> bool:
    """Tell whether a deliverable stands in its place, untouched and as it would be made."""
    target = target_of(session, parcel.name)
    return not session.settings.rehash and publish.is_current(
        target, journal=session.journal, recipe=parcel.recipe
    )


def _stage(session: Session, parcel: Parcel) -> Staged:
    """Put a deliverable together beside its place; what stands there already is taken over."""
    standing = {} if session.settings.rehash else standing_files(session, parcel.name)
    made_from = own_digests(parcel)
    folder = publish.stage_folder(target_of(session, parcel.name))
    taken_over: dict[str, StandingFile] = {}
    files: list[FilePromise] = []

    def made(recipe: Recipe) -> FilePromise:
        name = recipe.promise.name
        stands = standing.get(made_from[name])
        is_answered = stands is not None and stands.sums.answer(recipe)
        if stands is None or not is_answered or not stands.take_over(folder / SEND / name):
            return compose(recipe, folder / SEND, path_of=session.store.path_of, made=files)
        taken_over[name] = stands
        return stands.sums.promise(recipe, stands.size_bytes)

    for recipe in parcel.recipes.values():
        files.append(made(recipe))  # noqa: PERF401 - each needs those before it
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
        files=tuple(files),
        programme_sectors=parcel.order.timeline.n_sectors,
        waived=waivers_of(session, parcel.order),
        sample_rate_hz=parcel.order.album_rate_hz,
    )
    (folder / MANIFEST_NAME).write_text(manifest_text(manifest), encoding="utf-8")
    return Staged(folder, manifest, taken_over)


def _payload(package: Package, piece: Piece, taken_over: Mapping[str, StandingFile]) -> str:
    """Return the hash of the audio of a track, read if it is not known."""
    stands = taken_over.get(piece.name)
    if stands and piece.index < len(stands.payloads):
        return stands.payloads[piece.index]
    return piece_digest(package, piece)


def _inspect_step(package: Package, piece: Piece, name: str, payload: str) -> Step:
    path = package.root / piece.name
    stretch = [piece.start_samples, piece.n_samples] if piece.is_stretch else None
    return Step(
        name=f"{name}/verify {Path(piece.name).name}#{piece.index}",
        kind="verify.inspect",
        run="pipeline.verify.steps:inspect_audio",
        version=INSPECT_VERSION,
        params={"is_stretch": piece.is_stretch},
        hints={"stretch": stretch},
        inputs={"audio": Source(path, payload, is_part=True)},
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
    staged: Staged,
    verdict: Verdict,
    *,
    blocking: tuple[Finding, ...],
) -> Delivered:
    folder = staged.folder
    findings = (*blocking, *verdict.findings)
    is_held = any(finding.blocks_release for finding in findings)
    checks = tuple(each.id for each in verdict.checks)
    manifest = replace(
        staged.manifest, verdict=_verdict_json(verdict, checks), is_released=not is_held
    )
    target = target_of(session, parcel.name)
    was_there = target.exists()
    (folder / MANIFEST_NAME).write_text(manifest_text(manifest), encoding="utf-8")
    _write_papers(folder / PAPERS, parcel, manifest, findings)
    if is_held:
        publish.discard(folder / SEND)
    publish.publish(
        folder,
        target,
        journal=session.journal,
        recipe=parcel.recipe,
        overwrite=session.settings.overwrite,
        digests={f"{SEND}/{file.name}": file.sha256 for file in manifest.files},
    )
    status = "held" if is_held else ("changed" if was_there else "new")
    told = (*_not_read(len(staged.taken_over), manifest), _NOT_HEARD, *verdict.not_checked)
    return Delivered(parcel, manifest, findings, told, checks, _by_track(verdict), status)


def _unchanged(session: Session, parcel: Parcel, blocking: tuple[Finding, ...]) -> Delivered:
    """Return what is known of a deliverable that stands untouched in its place."""
    manifest = read_manifest(target_of(session, parcel.name) / MANIFEST_NAME)
    findings = tuple(Finding.from_json(each) for each in manifest.verdict["findings"])
    return Delivered(
        parcel,
        manifest,
        (*blocking, *findings),
        (
            *_not_read(len(manifest.files), manifest),
            _NOT_HEARD,
            *manifest.verdict["not_checked"],
        ),
        tuple(manifest.verdict["checks"]),
        remembered_facts(session, parcel),
        "unchanged" if manifest.is_released else "held",
    )


def _not_read(n_files: int, manifest: Manifest) -> tuple[str, ...]:
    """Say which files this build did not read; for the report: a manifest has no history."""
    if not n_files:
        return ()
    return (
        f"the bytes of {n_files} of {len(manifest.files)} files: they were read when they were "
        "made, and size and time say they are the same (--rehash, or verify, reads them again)",
    )


def _verdict_json(verdict: Verdict, checks: tuple[str, ...]) -> dict[str, Any]:
    return {
        "checks": list(checks),
        "findings": [each.to_json() for each in verdict.findings],
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
    folder: Path, parcel: Parcel, manifest: Manifest, findings: tuple[Finding, ...]
) -> None:
    from pipeline.papers.printed import paper_files  # a build with nothing to do prints nothing

    folder.mkdir(parents=True, exist_ok=True)
    files = [PaperFile(each.name, each.size_bytes, each.sha256) for each in manifest.files]
    for name, data in paper_files(parcel.papers.completed(files, findings)).items():
        (folder / name).write_bytes(data)
