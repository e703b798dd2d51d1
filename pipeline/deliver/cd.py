"""A CD as one image and its cue sheet, in the dialect of `formats.cue`."""

from __future__ import annotations

import unicodedata

from formats.cdtime import BYTES_PER_SECTOR, CD_SAMPLE_RATE_HZ, SAMPLES_PER_SECTOR
from formats.cue import CueFile, CueIndex, CueSheet, CueTrack
from formats.filenames import safe_filename
from pipeline.assemble.cd import CdLayout, CdTrack
from pipeline.deliver.album import Rendered, RenderedTrack, package_name
from pipeline.deliver.package import Recipe, Silence
from pipeline.engine import Artifact
from pipeline.manifest import FilePromise, TrackPromise

CD_BITS = 16


def cd_recipes(
    rendered: Rendered, layout: CdLayout, *, revision: int, content: str
) -> dict[str, Recipe]:
    """Return the recipes of the image and its cue sheet.

    Parameters
    ----------
    rendered : Rendered
        The edition at 44.1 kHz and 16 bits; payloads are raw samples.
    layout : CdLayout
        Its marks on the disc.
    revision, content : int and str
        What the package is named by; they do not enter the files.
    """
    folder = package_name(rendered, revision=revision, content=content)
    stem = _image_stem(rendered)
    sheet = cue_sheet(rendered, layout, image_name=f"{stem}.bin").encode()
    return {
        "image": Recipe(
            _image_promise(rendered, layout, f"{folder}/{stem}.bin"), _parts(rendered, layout)
        ),
        "cue": Recipe(FilePromise(f"{folder}/{stem}.cue", "cue", 0, ""), (sheet,)),
    }


def cue_sheet(rendered: Rendered, layout: CdLayout, *, image_name: str) -> CueSheet:
    """Return the cue sheet of a disc."""
    specs = {each.spec.id: each.spec for each in rendered.tracks}
    tracks = tuple(
        CueTrack(
            number=track.number,
            indexes=_indexes(track),
            title=specs[track.track].title,
            performer=specs[track.track].artist or rendered.info.artist,
            isrc=specs[track.track].isrc or "",
        )
        for track in layout.tracks
    )
    return CueSheet(
        files=(CueFile(image_name, tracks),),
        catalog=rendered.product.upc or "",
        title=rendered.title,
        performer=rendered.info.artist,
    )


def _image_stem(rendered: Rendered) -> str:
    """Return a name that a cue sheet can hold, which is Latin-1: letters lose their accents."""
    wanted = rendered.product.catalog_number or rendered.title
    composed = unicodedata.normalize("NFC", wanted)
    if any(ord(each) > 0xFF for each in composed):
        plain = unicodedata.normalize("NFKD", wanted)
        composed = "".join(each for each in plain if ord(each) < 0x7F).strip()
    return safe_filename(composed or "disc")


def _indexes(track: CdTrack) -> tuple[CueIndex, ...]:
    start = CueIndex(1, track.start_sectors)
    if track.pause_sectors is None:
        return (start,)
    return (CueIndex(0, track.pause_sectors), start)


def _parts(rendered: Rendered, layout: CdLayout) -> tuple[Artifact | Silence, ...]:
    audio = [part for track in rendered.tracks for part in track.payload]
    lead = Silence(layout.lead_sectors * BYTES_PER_SECTOR)
    return (lead, *audio, Silence(layout.end_sectors * BYTES_PER_SECTOR))


def _image_promise(rendered: Rendered, layout: CdLayout, name: str) -> FilePromise:
    marks = {track.number: track for track in layout.tracks}
    promises = tuple(
        TrackPromise(
            track=track.spec.id,
            number=track.number,
            title=track.spec.title,
            start_samples=(layout.lead_sectors + track.start_sectors) * SAMPLES_PER_SECTOR,
            n_samples=track.n_sectors * SAMPLES_PER_SECTOR,
            pcm_sha256=track.pcm_sha256,
            integrated_lufs=track.integrated_lufs,
            ceiling_dbtp=rendered.ceiling_of(track),
            limited_db=track.limited_db,
            tags=_cd_tags(rendered, track),
            pause_sectors=marks[track.number].pause_sectors if track.number else None,
            mark_sectors=marks[track.number].start_sectors if track.number else None,
        )
        for track in rendered.tracks
    )
    return FilePromise(
        name, "bin", 0, "", sample_rate_hz=CD_SAMPLE_RATE_HZ, bits=CD_BITS, tracks=promises
    )


def _cd_tags(rendered: Rendered, track: RenderedTrack) -> dict[str, str]:
    """Return what the cue sheet must say about a track besides its title."""
    found = {
        "artist": track.spec.artist or rendered.info.artist,
        "isrc": track.spec.isrc or "",
        "upc": rendered.product.upc or "",
    }
    return {name: text for name, text in found.items() if text}
