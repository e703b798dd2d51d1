"""The two seconds that no player plays are silent."""

from collections.abc import Iterator

from formats.ddp.structure import pause_disagreements
from formats.errors import FormatError
from pipeline.findings import Finding, Severity, check
from pipeline.verify.checks.ddp.readable import readable_filesets
from pipeline.verify.package import Package


@check(
    "ddp/pause",
    rationale="The first 150 sectors of a disc are the pause before track 1 (IEC 60908): no "
    "player goes there, so that sound in them is lost or has slipped.",
)
def pause(package: Package) -> Iterator[Finding]:
    """The first two seconds of the image are digital silence."""
    for name, fileset in readable_filesets(package):
        try:
            found = pause_disagreements(fileset)
        except FormatError:
            continue  # ddp/readable and ddp/structure tell of an image that is missing or short
        for each in found:
            yield Finding(Severity.WARN, "sound", f"{name}: {each.where} {each.said}")
