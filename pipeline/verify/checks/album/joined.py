"""Files joined again are the album."""

from collections.abc import Iterator
from itertools import pairwise

from pipeline.findings import Finding, Severity, check
from pipeline.verify.inspect import AudioFacts
from pipeline.verify.package import Package


@check(
    "album/joined",
    rationale="A gap belongs to exactly one file, and a segue to both without a seam: cut files "
    "joined in order equal the album, sample for sample.",
)
def joined(package: Package) -> Iterator[Finding]:
    """Tracks follow one another on the programme without hole or overlap, all on the CD grid."""
    manifest = package.manifest
    if manifest is None:
        return
    yield from _whole(package, manifest.programme_sectors)
    if package.is_cd:
        yield from _contiguous(package)
        return
    numbers = [track.number for _, track, _ in package.promised()]
    if any(after != before + 1 for before, after in pairwise(numbers)):
        yield Finding(Severity.FAIL, "order", f"track numbers are {numbers}, not consecutive")
    for piece, track, _ in package.promised():
        facts = package.facts.get(piece)
        if isinstance(facts, AudioFacts) and facts.n_samples % (facts.sample_rate_hz // 75):
            yield Finding(
                Severity.FAIL,
                "grid",
                f"{piece.name}: its {facts.n_samples} samples end off the 1/75 s grid, so rates "
                "and media do not cut at the same places",
                track=track.track,
            )


def _whole(package: Package, programme_sectors: int) -> Iterator[Finding]:
    """Find a programme whose files are together longer or shorter than it is."""
    lengths = [
        facts.n_samples * 75 // facts.sample_rate_hz
        for piece, _, _ in package.promised()
        if isinstance(facts := package.facts.get(piece), AudioFacts)
    ]
    if sum(lengths) != programme_sectors:
        yield Finding(
            Severity.FAIL,
            "length",
            f"all tracks together are {sum(lengths) / 75:.2f} s, the programme is "
            f"{programme_sectors / 75:.2f} s",
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
