"""A disc is known by the ids that were told."""

from collections.abc import Iterator

from formats.discid import disc_ids
from formats.errors import FormatError
from pipeline.findings import Finding, Severity, check
from pipeline.manifest import DATABASES
from pipeline.verify.discs import DiscFound, discs_of
from pipeline.verify.package import Package


@check(
    "cd/identity",
    rationale="Players and ripping programs name a disc by its marks alone; an id that was "
    "registered for other marks shows another record, or none.",
)
def identity(package: Package) -> Iterator[Finding]:
    """The ids of MusicBrainz, freedb, AccurateRip and CUETools are those that were told."""
    files = {each.name: each for each in package.manifest.files} if package.manifest else {}
    for disc in discs_of(package):
        promised = files[disc.image].disc if disc.image in files else {}
        found = _ids(disc)
        for key in sorted(promised.keys() & DATABASES.keys()):
            if found.get(key) != promised[key]:
                yield Finding(
                    Severity.FAIL,
                    "differs",
                    f"{disc.name}: {DATABASES[key]} knows it as {found.get(key, 'nothing')}, "
                    f"told was {promised[key]}",
                )


def _ids(found: DiscFound) -> dict[str, str]:
    try:
        return disc_ids(found.disc)
    except FormatError:
        return {}  # it is no disc that can be written: cd/marks says why
