"""The records of a fileset agree with one another."""

from collections.abc import Iterator

from formats.ddp.structure import disagreements
from pipeline.findings import Finding, Severity, check
from pipeline.verify.checks.ddp.readable import readable_filesets
from pipeline.verify.package import Package

# What occurs in filesets that plants have pressed; a plant may still ask.
_OCCURS = {
    "pq/empty-pause": Severity.WARN,
    "catalog/not-in-pq": Severity.WARN,
    "ddpms/ofs": Severity.WARN,
}


@check(
    "ddp/structure",
    rationale="A fileset says most things twice; plants compare, and stop where the two differ "
    "(DDP 2.00; IEC 60908; MMC-3 for CD-Text).",
)
def structure(package: Package) -> Iterator[Finding]:
    """DDPID, DDPMS, PQ, CD-Text and the image agree, and every field holds what it may."""
    for name, fileset in readable_filesets(package):
        for each in disagreements(fileset):
            place = f"{name}: {each.where}".removesuffix(": ")
            yield Finding(
                _OCCURS.get(each.code, Severity.FAIL),
                each.code.replace("/", "-"),
                f"{place} {each.said}",
            )
