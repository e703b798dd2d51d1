"""The image is a whole number of sectors and holds every mark."""

from collections.abc import Iterator

from formats.cdtime import BYTES_PER_SECTOR, sectors_to_msf
from formats.cue import CueSheet
from formats.cue_disc import read_cue
from formats.errors import FormatError
from pipeline.findings import Finding, Severity, check
from pipeline.verify.discs import disc_of_sheet, discs_of
from pipeline.verify.package import Package, image_of


@check(
    "cd/image_size",
    rationale="A disc is cut in sectors of 2352 bytes (IEC 60908); what is left over is lost, "
    "and a mark behind the end stops the burner.",
)
def image_size(package: Package) -> Iterator[Finding]:
    """Every image is whole sectors, and the last mark lies before its end."""
    for name, sheet in package.sheets.items():
        # Where a sheet cannot be read, cd/marks tells why.
        if isinstance(sheet, CueSheet) and disc_of_sheet(package, name) is None:
            yield _no_image(package, name, sheet)
    for disc in discs_of(package):
        if rest := (disc.n_bytes - disc.skipped_bytes) % BYTES_PER_SECTOR:
            yield Finding(
                Severity.FAIL, "part", f"{disc.image}: {rest} bytes more than whole sectors"
            )
        if disc.last_mark >= disc.end_sector:
            end = sectors_to_msf(disc.end_sector)
            yield Finding(
                Severity.FAIL,
                "behind",
                f"{disc.name}: its last mark lies behind the end ({end})",
            )


def _no_image(package: Package, name: str, sheet: CueSheet) -> Finding:
    if image_of(name, sheet) is None:
        try:
            read_cue(package.root / name)
        except (FormatError, OSError) as error:
            return Finding(Severity.FAIL, "other-files", f"{name}: {error}")
    image = sheet.files[0].name
    return Finding(Severity.FAIL, "no-image", f"{name}: its image {image} is not there")
