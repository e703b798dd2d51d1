"""A CD as one image: with its cue sheet for a burner, or as the DDP fileset of a plant."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from formats.cdtime import (
    BYTES_PER_SECTOR,
    CD_SAMPLE_RATE_HZ,
    PREGAP_SECTORS,
    SAMPLES_PER_SECTOR,
)
from formats.cue_disc import cue_of_disc
from formats.ddp.checksums import MD5_NAME
from formats.ddp.writer import IMAGE_NAME, encode_records
from formats.disc import Disc
from formats.filenames import safe_filename
from pipeline.assemble.cd import CdLayout
from pipeline.deliver.album import Rendered, RenderedTrack, package_name
from pipeline.deliver.disc import image_facts, marks_of, track_words
from pipeline.deliver.package import ChecksumList, ImageOf, Packed, Recipe, Silence
from pipeline.engine import Artifact
from pipeline.manifest import FilePromise, TrackPromise

CD_BITS = 16


def cue_recipes(
    rendered: Rendered, layout: CdLayout, disc: Disc, *, revision: int, content: str
) -> dict[str, Recipe]:
    """Return the recipes of an image and its cue sheet.

    Parameters
    ----------
    rendered : Rendered
        The edition at 44.1 kHz and 16 bits; payloads are raw samples.
    layout : CdLayout
        Its marks on the disc.
    disc : Disc
        What is said of them.
    revision, content : int and str
        What the package is named by; they do not enter the files.

    Raises
    ------
    EncodeError
        If it is no disc that can be written.
    """
    folder = package_name(rendered, revision=revision, content=content)
    stem = _image_stem(rendered)
    sheet = cue_of_disc(disc, f"{stem}.bin").encode()
    image = _image(rendered, layout, disc, f"{folder}/{stem}.bin", first_sector=PREGAP_SECTORS)
    return {
        "image": image,
        "cue": Recipe(FilePromise(f"{folder}/{stem}.cue", "cue", 0, ""), (sheet,)),
    }


def ddp_recipes(
    rendered: Rendered,
    layout: CdLayout,
    disc: Disc,
    *,
    is_zipped: bool,
    revision: int,
    content: str,
) -> dict[str, Recipe]:
    """Return the recipes of a DDP fileset, its list of checksums last; as `cue_recipes`.

    Parameters
    ----------
    is_zipped : bool
        Whether a ZIP file of the whole goes beside it.
    """
    folder = package_name(rendered, revision=revision, content=content)
    records = {
        name: Recipe(FilePromise(f"{folder}/{name}", "ddp", 0, ""), (data,), has_md5=True)
        for name, data in encode_records(disc).items()
    }
    image = _image(rendered, layout, disc, f"{folder}/{IMAGE_NAME}", first_sector=0)
    summed = {**records, IMAGE_NAME: replace(image, has_md5=True)}
    names = tuple(each.promise.name for each in summed.values())
    sums = Recipe(FilePromise(f"{folder}/{MD5_NAME}", "ddp", 0, ""), (ChecksumList(names),))
    files = {**summed, MD5_NAME: sums}
    if is_zipped:
        packed = tuple(each.promise.name for each in files.values())
        files["zip"] = Recipe(FilePromise(f"{folder}.zip", "zip", 0, ""), (Packed(packed),))
    return files


def _image_stem(rendered: Rendered) -> str:
    """Return a name that a cue sheet can hold, which is Latin-1: letters lose their accents."""
    wanted = rendered.product.catalog_number or rendered.title
    composed = unicodedata.normalize("NFC", wanted)
    if any(ord(each) > 0xFF for each in composed):
        plain = unicodedata.normalize("NFKD", wanted)
        composed = "".join(each for each in plain if ord(each) < 0x7F).strip()
    return safe_filename(composed or "disc")


def _image(
    rendered: Rendered, layout: CdLayout, disc: Disc, name: str, *, first_sector: int
) -> Recipe:
    """Return the recipe of an image that begins with a sector of the disc: 0 or 150."""
    lead_sectors = PREGAP_SECTORS - first_sector + layout.lead_sectors
    audio = [part for track in rendered.tracks for part in track.payload]
    parts: tuple[Artifact | Silence, ...] = (
        Silence(lead_sectors * BYTES_PER_SECTOR),
        *audio,
        Silence(layout.end_sectors * BYTES_PER_SECTOR),
    )
    marks = {
        each.number: marks_of(layout, each.number, first_sector=first_sector)
        for each in rendered.tracks
    }
    tracks = tuple(
        TrackPromise(
            track=track.spec.id,
            number=track.number,
            title=track.spec.title,
            start_samples=(lead_sectors + track.start_sectors) * SAMPLES_PER_SECTOR,
            n_samples=track.n_sectors * SAMPLES_PER_SECTOR,
            pcm_sha256=track.pcm_sha256,
            integrated_lufs=track.integrated_lufs,
            ceiling_dbtp=rendered.ceiling_of(track),
            limited_db=track.limited_db,
            tags={**dict(_tags(rendered, track)), **track_words(disc, track.number)},
            pause_sectors=marks[track.number].pause,
            mark_sectors=marks[track.number].start,
            index_sectors=marks[track.number].inside,
        )
        for track in rendered.tracks
    )
    promise = FilePromise(
        name,
        "bin",
        0,
        "",
        sample_rate_hz=CD_SAMPLE_RATE_HZ,
        bits=CD_BITS,
        tracks=tracks,
        disc=image_facts(disc),
    )
    return Recipe(promise, parts, image=ImageOf(disc, first_sector))


def _tags(rendered: Rendered, track: RenderedTrack) -> Iterator[tuple[str, str]]:
    """Yield what a disc must say about a track besides its title."""
    yield "artist", track.spec.artist or rendered.info.artist
    if track.spec.isrc:
        yield "isrc", track.spec.isrc
    if rendered.product.upc:
        yield "upc", rendered.product.upc
