"""The files of a fileset are those that its list of checksums names."""

from collections.abc import Iterator

from formats.ddp.structure import checksum_disagreements
from pipeline.findings import Finding, Severity, check
from pipeline.verify.checks.ddp.readable import readable_filesets
from pipeline.verify.package import Package


@check(
    "ddp/checksums",
    rationale="The checksums are what a plant compares after the transfer; without them nobody "
    "knows whether what arrived is what was sent.",
)
def checksums(package: Package) -> Iterator[Finding]:
    """Every file has the checksum that the list beside it says, and none is left out."""
    for name, fileset in readable_filesets(package):
        for each in checksum_disagreements(fileset):
            is_wrong = each.code == "checksum/wrong"
            yield Finding(
                Severity.FAIL if is_wrong else Severity.WARN,
                each.code.replace("/", "-"),
                f"{name}: {each.where} {each.said}",
            )
