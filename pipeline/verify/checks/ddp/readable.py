"""A fileset can be read as a disc."""

from collections.abc import Iterator

from formats.ddp.reader import Fileset, disc_of
from formats.errors import FormatError
from pipeline.findings import Finding, Severity, check
from pipeline.verify.discs import named
from pipeline.verify.package import Package


@check(
    "ddp/readable",
    rationale="What no reader understands stops the plant, days after it was sent.",
)
def readable(package: Package) -> Iterator[Finding]:
    """DDPID, DDPMS, PQ and CD-Text can be read, and the image is there."""
    for folder, fileset in package.filesets.items():
        try:
            if isinstance(fileset, FormatError):
                raise fileset
            disc_of(fileset)
            missing = fileset.audio.path is None
        except FormatError as error:
            yield Finding(Severity.FAIL, "unreadable", f"{named(folder)}: {error}")
            continue
        if missing:
            message = f"{named(folder)}: its image {fileset.audio.name} is not there"
            yield Finding(Severity.FAIL, "no-image", message)
    if not package.filesets:
        yield Finding(Severity.FAIL, "none", "no DDPID and no DDPMS: there is no fileset")


def readable_filesets(package: Package) -> Iterator[tuple[str, Fileset]]:
    """Yield every fileset whose records can be taken apart, with its name for messages."""
    for folder, fileset in package.filesets.items():
        if isinstance(fileset, Fileset):
            yield named(folder), fileset
