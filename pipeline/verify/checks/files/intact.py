"""Every file is what it was when it was made."""

from collections.abc import Iterator

from formats.checksums import file_digest
from pipeline.findings import Finding, Severity, check
from pipeline.verify.package import Package


@check(
    "files/intact",
    rationale="One flipped bit in an image is a click on every copy that is pressed from it.",
)
def intact(package: Package) -> Iterator[Finding]:
    """Size and SHA-256 of every file are the promised ones."""
    for file in package.manifest.files if package.manifest else ():
        path = package.root / file.name
        if not path.is_file():
            continue
        if path.stat().st_size != file.size_bytes:
            sizes = f"{path.stat().st_size} bytes, {file.size_bytes} are promised"
            yield Finding(Severity.FAIL, "size", f"{file.name} has {sizes}")
        elif file.name not in package.untouched and file_digest(path) != file.sha256:
            yield Finding(
                Severity.FAIL,
                "hash",
                f"{file.name} is not the file that was made: its bytes differ",
            )
