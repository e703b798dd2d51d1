"""Runs every check on a package, and says what was not checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from formats.errors import FormatError, ToolError
from pipeline.findings import Check, Finding, Severity, worst
from pipeline.verify.checks.album.joined import joined
from pipeline.verify.checks.audio.clipped import clipped
from pipeline.verify.checks.audio.format import audio_format
from pipeline.verify.checks.audio.identical import identical
from pipeline.verify.checks.audio.length import length
from pipeline.verify.checks.audio.loudness import loudness
from pipeline.verify.checks.audio.opens import opens
from pipeline.verify.checks.audio.true_peak import true_peak
from pipeline.verify.checks.cd.identifiers import identifiers
from pipeline.verify.checks.cd.image_size import image_size
from pipeline.verify.checks.cd.marks import marks
from pipeline.verify.checks.cd.playing_time import playing_time
from pipeline.verify.checks.cd.track_length import track_length
from pipeline.verify.checks.files.complete import complete as files_complete
from pipeline.verify.checks.files.intact import intact
from pipeline.verify.checks.tags.complete import complete as tags_complete
from pipeline.verify.inspect import AudioFacts, inspect_file, inspect_stretch
from pipeline.verify.package import Package, Piece, open_package, pieces_of

GENERAL: tuple[Check, ...] = (
    files_complete,
    intact,
    opens,
    audio_format,
    length,
    identical,
    loudness,
    true_peak,
    clipped,
    joined,
)
BY_KIND: Mapping[str, tuple[Check, ...]] = {
    "files": (tags_complete,),
    "cd_image": (marks, image_size, track_length, playing_time, identifiers),
}
"""Checks of each kind of deliverable; a kind without an entry cannot be registered."""

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


def verify_folder(folder: Path, *, measure: Measure | None = None, jobs: int = 2) -> Verdict:
    """Check a folder alone, without the spec that it was made from.

    Parameters
    ----------
    folder : Path
        Folder of a deliverable, or of files of any origin.
    measure : callable, optional
        Opens and measures the audio; by default every byte is decoded here and now.
    jobs : int
        How many files are opened at once.

    Raises
    ------
    VerifyFailed
        If there is nothing in it to check.
    StoreError
        If its manifest cannot be read.
    """
    package = open_package(folder)
    pieces = pieces_of(package)
    facts = (measure or _measure_now(jobs))(package, pieces)
    return judge(replace(package, facts=facts))


def judge(package: Package) -> Verdict:
    """Run all checks that fit a package whose audio has been measured."""
    checks = (*GENERAL, *BY_KIND["cd_image" if package.is_cd else "files"])
    waived = package.manifest.waived if package.manifest else {}
    findings = [
        replace(finding, check=each.id, waived=_waiver(waived, each, finding))
        for each in checks
        for finding in _run(each, package)
    ]
    findings.sort(key=lambda finding: finding.severity.rank)
    return Verdict(package, checks, tuple(findings), tuple(_not_checked(package)))


def inspect_piece(package: Package, piece: Piece) -> AudioFacts | FormatError:
    """Open one track; damage is a result, not an error."""
    path = package.root / piece.name
    try:
        if piece.is_stretch:
            return inspect_stretch(
                path, start_samples=piece.start_samples, n_samples=piece.n_samples
            )
        return inspect_file(path)
    except FormatError as error:
        return error
    except (OSError, ToolError) as error:
        return FormatError(str(error))


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
    except Exception as error:  # noqa: BLE001 - a crash is a verdict of its own, and the worst
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
    if package.manifest is None:
        yield (
            "whether this is what was ordered: no manifest.json stands beside it, so lengths, "
            "loudness, samples and tags were compared with nothing"
        )
    if any(Path(name).suffix.lower() == ".mp3" for name in package.names):
        yield "the sound of lossy files beyond length, loudness and peaks"
    if package.is_cd:
        yield "how a burner writes it: the disc itself, its subcode and its errors"
    yield "the music: listen to all of it once, in another player"
    yield "whether identifiers are registered to you"
    others = [
        name
        for name in package.names
        if name not in package.audio_names
        and name not in package.image_names
        and name not in package.sheets
    ]
    if others:
        yield f"what is in {', '.join(others[:3])}{' …' if len(others) > 3 else ''}"
