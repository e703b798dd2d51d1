"""Files joined again are the album."""

from collections.abc import Iterator
from itertools import pairwise

from formats.cdtime import SECTORS_PER_S
from pipeline.findings import Finding, Severity, check
from pipeline.manifest import FilePromise
from pipeline.verify.inspect import AudioFacts
from pipeline.verify.package import Package


@check(
    "album/joined",
    rationale="A gap belongs to exactly one file, and a segue to both without a seam: cut "
    "files joined in order equal the album, sample for sample.",
)
def joined(package: Package) -> Iterator[Finding]:
    """All tracks, joined in order, are as long as the programme, without hole or overlap."""
    if package.manifest is None:
        return
    yield from _whole(package, package.manifest.programme_sectors)
    yield from _contiguous(package) if package.is_cd else _in_order(package)


def _whole(package: Package, programme_sectors: int) -> Iterator[Finding]:
    """Find a programme whose files are together longer or shorter than it is."""
    facts = [package.facts.get(piece) for piece, _, _ in package.promised()]
    found = [each for each in facts if isinstance(each, AudioFacts)]
    if len(found) < sum(len(file.tracks) for file in _audio_files(package)):
        return  # files/complete and audio/opens tell what is missing
    n_sectors = sum(each.n_samples * SECTORS_PER_S // each.sample_rate_hz for each in found)
    if n_sectors != programme_sectors:
        yield Finding(
            Severity.FAIL,
            "length",
            f"all tracks together are {n_sectors / SECTORS_PER_S:.2f} s, the programme is "
            f"{programme_sectors / SECTORS_PER_S:.2f} s",
        )


def _in_order(package: Package) -> Iterator[Finding]:
    """Find track numbers that do not count up, and files that end off the CD grid."""
    tracks = [track for file in _audio_files(package) for track in file.tracks]
    numbers = [track.number for track in tracks]
    discs = [int(track.tags.get("disc", 1)) for track in tracks]
    expected = [
        (was, number + 1) if was == disc else (was + 1, 1)
        for was, disc, number in zip(discs, discs[1:], numbers, strict=False)
    ]
    places = list(zip(discs, numbers, strict=True))
    if numbers[:1] not in ([0], [1]) or discs[:1] != [1] or places[1:] != expected:
        yield Finding(Severity.FAIL, "order", f"track numbers are {numbers}, not consecutive")
    for piece, track, _ in package.promised():
        facts = package.facts.get(piece)
        if isinstance(facts, AudioFacts) and facts.n_samples * SECTORS_PER_S % (
            facts.sample_rate_hz
        ):
            yield Finding(
                Severity.FAIL,
                "grid",
                f"{piece.name}: its {facts.n_samples} samples end off the 1/75 s grid, so "
                "rates and media do not cut at the same places",
                track=track.track,
            )


def _contiguous(package: Package) -> Iterator[Finding]:
    for (_, before, _), (_, after, _) in pairwise(package.promised()):
        end = before.start_samples + before.n_samples
        if end != after.start_samples:
            yield Finding(
                Severity.FAIL,
                "hole",
                f"{after.title} starts at sample {after.start_samples}, {before.title} ends at "
                f"{end}",
                track=after.track,
            )


def _audio_files(package: Package) -> tuple[FilePromise, ...]:
    return package.manifest.audio_files if package.manifest else ()
