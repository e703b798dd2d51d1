"""The image is a whole number of sectors and holds every mark."""

from collections.abc import Iterator

from formats.cdtime import BYTES_PER_SECTOR, PREGAP_SECTORS, sectors_to_msf
from formats.cue import CueSheet
from pipeline.findings import Finding, Severity, check
from pipeline.verify.package import Package, image_of
from pipeline.verify.sheets import disc_of


@check(
    "cd/image_size",
    rationale="A disc is cut in sectors of 2352 bytes (IEC 60908); what is left over is lost, "
    "and a mark behind the end stops the burner.",
)
def image_size(package: Package) -> Iterator[Finding]:
    """Every image is whole sectors, and the last mark lies before its end."""
    for name, sheet in package.sheets.items():
        if not isinstance(sheet, CueSheet):
            continue  # cd/marks tells why it cannot be read
        disc = disc_of(package, name)
        if disc is None:
            yield _no_image(name, sheet)
            continue
        if rest := disc.n_bytes % BYTES_PER_SECTOR:
            yield Finding(
                Severity.FAIL, "part", f"{disc.image}: {rest} bytes more than whole sectors"
            )
        if disc.last_mark_sectors >= disc.n_sectors:
            end = sectors_to_msf(disc.n_sectors + PREGAP_SECTORS)
            yield Finding(
                Severity.FAIL, "behind", f"{name}: its last mark lies behind the end ({end})"
            )


def _no_image(name: str, sheet: CueSheet) -> Finding:
    if image_of(name, sheet) is None:
        files = ", ".join(f"{file.name} {file.kind}" for file in sheet.files)
        return Finding(
            Severity.FAIL,
            "other-files",
            f"{name}: describes {files}; a disc is one BINARY file here",
        )
    image = sheet.files[0].name
    return Finding(Severity.FAIL, "no-image", f"{name}: its image {image} is not there")
