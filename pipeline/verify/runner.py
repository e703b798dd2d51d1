"""Runs every check on a package, and says what was not checked."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from formats.errors import FormatError
from formats.zipped import unpack
from pipeline.errors import VerifyFailed
from pipeline.findings import Check, Finding, Severity, worst
from pipeline.verify.checks.album.joined import joined
from pipeline.verify.checks.audio.clipped import clipped
from pipeline.verify.checks.audio.dynamics import dynamics
from pipeline.verify.checks.audio.format import audio_format
from pipeline.verify.checks.audio.identical import identical
from pipeline.verify.checks.audio.length import length
from pipeline.verify.checks.audio.loudness import loudness
from pipeline.verify.checks.audio.meters import meters
from pipeline.verify.checks.audio.opens import opens
from pipeline.verify.checks.audio.true_peak import true_peak
from pipeline.verify.checks.cd.identifiers import identifiers
from pipeline.verify.checks.cd.identity import identity
from pipeline.verify.checks.cd.image_size import image_size
from pipeline.verify.checks.cd.marks import marks
from pipeline.verify.checks.cd.names import names
from pipeline.verify.checks.cd.places import places
from pipeline.verify.checks.cd.playing_time import playing_time
from pipeline.verify.checks.cd.silence import silence
from pipeline.verify.checks.cd.track_length import track_length
from pipeline.verify.checks.ddp.checksums import checksums
from pipeline.verify.checks.ddp.pause import pause
from pipeline.verify.checks.ddp.readable import readable
from pipeline.verify.checks.ddp.structure import structure
from pipeline.verify.checks.files.complete import complete as files_complete
from pipeline.verify.checks.files.intact import intact
from pipeline.verify.checks.files.packed import packed
from pipeline.verify.checks.tags.complete import complete as tags_complete
from pipeline.verify.inspect import AudioFacts, inspect_file, inspect_stretch
from pipeline.verify.package import Package, Piece, open_package
from pipeline.verify.pieces import pieces_of

GENERAL: tuple[Check, ...] = (
    files_complete,
    intact,
    packed,
    opens,
    audio_format,
    length,
    identical,
    loudness,
    meters,
    true_peak,
    clipped,
    dynamics,
    joined,
)
_DISC = (
    marks,
    places,
    image_size,
    track_length,
    playing_time,
    silence,
    identifiers,
    names,
    identity,
)
BY_KIND: Mapping[str, tuple[Check, ...]] = {
    "files": (tags_complete,),
    "cd_image": _DISC,
    "ddp": (readable, structure, checksums, pause, *_DISC),
}
"""Checks of each kind of deliverable; a kind without an entry cannot be registered."""
_OF_PROMISES = frozenset(
    each.id
    for each in (
        files_complete, intact, audio_format, length, identical, loudness, dynamics, joined,
        places, silence, names, identity, tags_complete,
    )
)  # fmt: skip
"""Checks that compare with a manifest, and have nothing to say without one."""

Measure = Callable[[Package, Iterable[Piece]], Mapping[Piece, AudioFacts | FormatError]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of checking one package.

    Parameters
    ----------
    package : Package
        What was checked, with all that was decoded.
    checks : tuple of Check
        The checks that ran.
    findings : tuple of Finding
        What they found, worst first.
    not_checked : tuple of str
        What nobody looked at, in words.
    """

    package: Package
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    not_checked: tuple[str, ...]

    @property
    def severity(self) -> Severity:
        """The worst finding that is not waived."""
        return worst(self.findings)

    @property
    def is_released(self) -> bool:
        """Whether the package may be handed over."""
        return not any(finding.blocks_release for finding in self.findings)

    def passed_lines(self) -> tuple[str, ...]:
        """Return one line for each check that found nothing: what is now known to be true."""
        found = {finding.check for finding in self.findings}
        return tuple(f"ok    {_lowered(each)}" for each in self.checks if each.id not in found)

    def track_lines(self) -> tuple[str, ...]:
        """Return what was heard of each track of a disc, one line each; none for files."""
        if not self.package.is_cd:
            return ()
        heard = [_heard(row) for row in _tracks(self.package) if "damage" not in row]
        return (_HEARD, *heard) if heard else ()

    def sentence(self) -> str:
        """Return the verdict in one sentence."""
        n_failures = sum(finding.blocks_release for finding in self.findings)
        if n_failures:
            return f"{self.package.folder}: NOT FOR RELEASE: {_counted(n_failures, 'failure')}"
        n_warnings = sum(
            finding.severity is Severity.WARN and not finding.waived
            for finding in self.findings
        )
        n_waived = sum(bool(finding.waived) for finding in self.findings)
        told = [_counted(n_warnings, "warning")] * bool(n_warnings)
        told += [f"{n_waived} waived"] * bool(n_waived)
        checks = _counted(len(self.checks), "check")
        return f"{self.package.folder}: {checks}, {', '.join(told) or 'nothing found'}"

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as values that JSON holds, under stable keys."""
        return {
            "folder": str(self.package.folder),
            "severity": self.severity.value,
            "is_released": self.is_released,
            "checks": [each.id for each in self.checks],
            "findings": [finding.to_json() for finding in self.findings],
            "not_checked": list(self.not_checked),
            "tracks": list(_tracks(self.package)),
        }


def verify_folder(path: Path, *, measure: Measure | None = None, jobs: int = 2) -> Verdict:
    """Check a folder alone, or one file, without the spec that it was made from.

    Parameters
    ----------
    path : Path
        Folder of a deliverable, of files of any origin, a ZIP file of one, or one WAV, FLAC,
        MP3, cue sheet or CD image.
    measure : callable, optional
        Opens and measures the audio; by default every byte is decoded here and now.
    jobs : int
        How many files are opened at once.

    Raises
    ------
    VerifyFailed
        If there is nothing to check, what was built is not for release, or a ZIP file cannot
        be unpacked.
    StoreError
        If its manifest cannot be read.
    ToolError
        If a decoder cannot be called.
    """
    if path.is_file() and path.suffix.lower() == ".zip":
        with tempfile.TemporaryDirectory(prefix="glassmaster-") as folder:
            _unpack(path, Path(folder))
            unpacked = _verified(Path(folder), measure or _measure_now(jobs))
            return replace(unpacked, package=replace(unpacked.package, folder=path))
    return _verified(path, measure or _measure_now(jobs))


def _verified(path: Path, measure: Measure) -> Verdict:
    package = open_package(path)
    return judge(replace(package, facts=measure(package, pieces_of(package))))


def _unpack(path: Path, folder: Path) -> None:
    try:
        unpack(path, folder)
    except FormatError as error:
        raise VerifyFailed(str(path), str(error), "ask for it to be sent again") from error
    except OSError as error:
        raise VerifyFailed(
            str(path), f"cannot be unpacked: {error.strerror}", "make room on the disk"
        ) from error


def judge(package: Package) -> Verdict:
    """Run all checks that fit a package whose audio has been measured."""
    checks = tuple(_fitting(package))
    waived = package.manifest.waived if package.manifest else {}
    findings = [
        replace(finding, check=each.id, waived=_waiver(waived, each, finding))
        for each in checks
        for finding in _run(each, package)
    ]
    findings.sort(key=lambda finding: finding.severity.rank)
    return Verdict(package, checks, tuple(findings), tuple(_not_checked(package)))


def _fitting(package: Package) -> Iterator[Check]:
    """Yield the checks that have something to look at: no tick stands for nothing."""
    promised = [track for _, track, _ in package.promised()]
    idle = set() if package.manifest else set(_OF_PROMISES)
    if not any(track.pcm_sha256 for track in promised):
        idle.add(identical.id)
    if all(track.integrated_lufs is None for track in promised):
        idle.add(loudness.id)
    if not any(facts.excerpt for _, facts in package.found()):
        idle.add(meters.id)
    if not package.zip_names:
        idle.add(packed.id)
    for each in (*GENERAL, *BY_KIND[package.kind]):
        if each.id not in idle:
            yield each


def inspect_piece(package: Package, piece: Piece) -> AudioFacts | FormatError:
    """Open one track; damage is a result, not an error.

    Raises
    ------
    ToolError
        If a decoder cannot be called.
    """
    path = package.root / piece.name
    try:
        if piece.is_stretch:
            return inspect_stretch(
                path, start_samples=piece.start_samples, n_samples=piece.n_samples
            )
        return inspect_file(path)
    except FormatError as error:
        return error
    except OSError as error:
        return FormatError(f"cannot be read: {error.strerror}")


def _measure_now(jobs: int) -> Measure:
    def measure(
        package: Package, pieces: Iterable[Piece]
    ) -> Mapping[Piece, AudioFacts | FormatError]:
        wanted = tuple(pieces)
        with ThreadPoolExecutor(jobs) as workers:
            found = workers.map(lambda piece: inspect_piece(package, piece), wanted)
            return dict(zip(wanted, found, strict=True))

    return measure


def _run(each: Check, package: Package) -> Iterator[Finding]:
    try:
        yield from each.run(package)
    except Exception as error:  # a crash is a verdict of its own, and the worst
        yield Finding(
            Severity.CRASH,
            "crash",
            f"the check itself broke: {type(error).__name__}: {error}",
            action="this is a bug of ours: please report it",
        )


def _waiver(waived: Mapping[str, str], each: Check, finding: Finding) -> str:
    """Return the written reason that waives a finding: for its track, or for the album."""
    name = each.id.rpartition("/")[2]
    for key in (f"{finding.track}:{each.id}", f"{finding.track}:{name}", each.id, name):
        if key in waived:
            return waived[key]
    return ""


def _not_checked(package: Package) -> Iterator[str]:
    """Say in words what a green tick does not stand for."""
    if package.folder.is_file():
        yield (
            "whether this is what was ordered: a file alone was compared with nothing; verify "
            "its deliverable's folder for that"
        )
    elif package.manifest is None:
        yield (
            "whether this is what was ordered: no manifest.json stands beside it, so lengths, "
            "loudness, samples and tags were compared with nothing"
        )
    if any(facts.codec == "mp3" for _, facts in package.found()):
        yield "the sound of lossy files beyond length, loudness and peaks"
    if package.is_cd:
        yield "how a burner writes it: the disc itself, its subcode and its errors"
    yield "the music: listen to all of it once, in another player"
    yield "whether identifiers are registered to you"
    seen = {
        *package.audio_names,
        *package.image_names,
        *package.sheets,
        *package.zip_names,
        *package.fileset_names,
    }
    others = [name for name in package.names if name not in seen]
    if others:
        yield f"what is in {', '.join(others[:3])}{' …' if len(others) > 3 else ''}"


def _tracks(package: Package) -> Iterator[dict[str, Any]]:
    promises = package.promises()
    for piece, facts in package.facts.items():
        promise = promises.get(piece)
        known = {
            "file": piece.name,
            "track": promise.track if promise else "",
            "number": promise.number if promise else piece.index + 1,
            "title": promise.title if promise else "",
        }
        if isinstance(facts, AudioFacts):
            figures = facts.measurement.to_json()
            measured = {name: figures[name] for name in figures if name != "energies"}
            stream = {"codec": facts.codec, "bits": facts.bits, "kbps": facts.kbps}
            yield known | stream | {"pcm_sha256": facts.pcm_sha256} | measured
        else:
            yield known | {"damage": str(facts)}


_HEARD = "track  length     LUFS    dBTP  clipped  silent at head and tail"


def _heard(row: Mapping[str, Any]) -> str:
    rate_hz, loudness = row["sample_rate_hz"], row["integrated_lufs"]
    minutes, seconds = divmod(row["n_samples"] / rate_hz, 60)
    silent = [row[f"silent_{end}_samples"] / rate_hz for end in ("head", "tail")]
    shown = f"{loudness:.1f}" if isinstance(loudness, float) else "-"
    peak = row["true_peak_dbtp"]
    return (
        f"{row['number']:5d}  {int(minutes)}:{seconds:06.3f}  {shown:>6}  "
        f"{peak if isinstance(peak, str) else f'{peak:.2f}':>6}  {row['n_clipped_runs']:7d}  "
        f"{silent[0]:.3f} s, {silent[1]:.3f} s"
    )


def _lowered(each: Check) -> str:
    """Return what a check demands, as the continuation of a line."""
    title = each.title.rstrip(".")
    is_word = title[:1].isupper() and not title[1:2].isupper()
    return title[0].lower() + title[1:] if is_word else title


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}{'s' * (n != 1)}"
