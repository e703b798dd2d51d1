"""Every promised file is there."""

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.verify.package import Package


@check(
    "files/complete",
    rationale="A package that lost a file on its way is noticed by the plant at best, and by "
    "the listener at worst.",
)
def complete(package: Package) -> Iterator[Finding]:
    """Every promised file is there, and nothing else."""
    if package.manifest is None:
        return
    promised = {file.name for file in package.manifest.files}
    for name in sorted(promised - set(package.names)):
        yield Finding(Severity.FAIL, "missing", f"{name} is promised and is not there")
    for name in sorted(set(package.names) - promised):
        yield Finding(
            Severity.WARN,
            "unknown",
            f"{name} is not promised",
            action="take it out if it is yours",
        )
