"""What is in a ZIP file is what lies beside it."""

from collections.abc import Iterator

from formats.checksums import file_digest
from formats.errors import FormatError
from formats.zipped import member_digests
from pipeline.findings import Finding, Severity, check
from pipeline.verify.package import Package


@check(
    "files/packed",
    rationale="Whoever is sent the ZIP file must get the very files that were checked.",
)
def packed(package: Package) -> Iterator[Finding]:
    """Every ZIP file holds the files beside it, each once, whole and unchanged."""
    for name in package.zip_names:
        if name in package.untouched:
            continue
        try:
            found = list(member_digests(package.root / name))
        except FormatError as error:
            yield Finding(Severity.FAIL, "unreadable", f"{name}: {error}")
            continue
        inside = dict(found)
        beside = dict(_beside(package, name))
        if len(inside) < len(found):
            yield Finding(Severity.FAIL, "twice", f"{name}: holds a file twice")
        for each in sorted(beside.keys() - inside.keys()):
            yield Finding(Severity.FAIL, "missing", f"{name}: {each} is not in it")
        for each in sorted(inside.keys() - beside.keys()):
            yield Finding(Severity.FAIL, "unknown", f"{name}: {each} is in it alone")
        for each in sorted(beside.keys() & inside.keys()):
            if inside[each] != beside[each]:
                message = f"{name}: {each} in it is not the file beside it"
                yield Finding(Severity.FAIL, "differs", message)


def _beside(package: Package, zip_name: str) -> Iterator[tuple[str, str]]:
    """Yield the files of the folder that a ZIP file is called by, with their SHA-256."""
    folder = zip_name.removesuffix(".zip") + "/"
    files = package.manifest.files if package.manifest else ()
    promised = {each.name: each.sha256 for each in files}
    for name in package.names:
        if name.startswith(folder):
            yield name, promised.get(name) or file_digest(package.root / name)
