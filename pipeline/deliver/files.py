"""One file per track, as WAV, FLAC or MP3: cut files joined again equal the album."""

from __future__ import annotations

from formats.cdtime import sectors_to_samples
from formats.filenames import safe_filename, unique_names
from pipeline.deliver.album import Rendered, RenderedTrack, package_name
from pipeline.deliver.package import Part, Recipe, WavHead
from pipeline.manifest import FilePromise, TrackPromise, tag_texts


def file_names(rendered: Rendered, suffix: str) -> tuple[str, ...]:
    """Return a name for each track, safe on every system and unique in its folder."""
    width = max(2, len(str(max(each.number for each in rendered.tracks))))
    stems = [
        safe_filename(
            f"{each.disc}-" * (rendered.n_discs > 1)
            + f"{each.number:0{width}d} {each.spec.title}"
        )
        for each in rendered.tracks
    ]
    return tuple(f"{stem}.{suffix}" for stem in unique_names(stems))


def files_recipes(
    rendered: Rendered,
    *,
    file_format: str,
    sample_rate_hz: int,
    bits: int,
    kbps: int,
    revision: int,
    content: str,
) -> dict[str, Recipe]:
    """Return the recipe of every file of the package, by name.

    Parameters
    ----------
    rendered : Rendered
        The edition.
    file_format : str
        ``wav``, ``flac`` or ``mp3``.
    sample_rate_hz, bits, kbps : int
        Facts of the audio; `bits` is 0 for MP3, `kbps` for the others.
    revision, content : int and str
        What the package is named by; they do not enter the files.
    """
    folder = package_name(rendered, revision=revision, content=content)
    names = file_names(rendered, file_format)
    recipes = {}
    for track, name in zip(rendered.tracks, names, strict=True):
        n_samples = sectors_to_samples(track.n_sectors, sample_rate_hz)
        tags = rendered.tags(track)
        promise = FilePromise(
            f"{folder}/{name}",
            file_format,
            size_bytes=0,
            sha256="",
            sample_rate_hz=sample_rate_hz,
            bits=bits,
            kbps=kbps,
            tracks=(_promise(rendered, track, n_samples, tag_texts(tags)),),
        )
        parts: tuple[Part, ...] = track.payload
        if file_format == "wav":
            # Stereo takes an even number of bytes, so nothing has to be padded.
            parts = (WavHead(n_samples, sample_rate_hz, bits), *track.payload)
        recipes[name] = Recipe(promise, parts, tags)
    return recipes


def _promise(
    rendered: Rendered, track: RenderedTrack, n_samples: int, tags: dict[str, str]
) -> TrackPromise:
    return TrackPromise(
        track=track.spec.id,
        number=track.number,
        title=track.spec.title,
        start_samples=0,
        n_samples=n_samples,
        pcm_sha256=track.pcm_sha256,
        integrated_lufs=track.integrated_lufs,
        ceiling_dbtp=rendered.ceiling_of(track),
        limited_db=track.limited_db,
        tags=tags,
    )
