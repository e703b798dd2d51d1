"""What the makers of deliverables are given: one edition, rendered, on one medium."""

from __future__ import annotations

from dataclasses import dataclass

from formats.artwork import Artwork
from formats.filenames import MAX_BYTES, safe_filename
from formats.tags.model import Tags
from pipeline.engine import Artifact
from pipeline.spec.model import AlbumInfo, Product, TrackSpec


@dataclass(frozen=True, slots=True)
class RenderedTrack:
    """One marked track as it is delivered.

    Parameters
    ----------
    spec : TrackSpec
        Its title, artist and identifiers.
    number : int
        Its number on the medium; 0 for what is hidden before track 1.
    start_sectors, n_sectors : int
        Where it lies on the programme.
    payload : tuple of Artifact
        Its encoded or raw audio, untagged; several where hidden material is inside.
    pcm_sha256 : str
        Hash of its samples; empty for a lossy track.
    integrated_lufs : float or None
        The loudness that was decided.
    limited_db : float
        The most that the limiter has taken off its peaks, in dB.
    disc : int
        The disc it is on.
    """

    spec: TrackSpec
    number: int
    start_sectors: int
    n_sectors: int
    payload: tuple[Artifact, ...]
    pcm_sha256: str
    integrated_lufs: float | None
    limited_db: float = 0.0
    disc: int = 1


@dataclass(frozen=True, slots=True)
class Rendered:
    """An edition rendered for one deliverable.

    Parameters
    ----------
    info : AlbumInfo
        The album's own names and dates.
    title : str
        Title of the edition.
    product : Product
        Its identifiers; an empty one if the deliverable names none.
    tracks : tuple of RenderedTrack
        In running order.
    ceiling_dbtp : float or None
        The limiter's ceiling; None without a limiter.
    artwork : Artwork or None
        The cover, ready for embedding.
    n_discs : int
        How many discs the edition fills.
    disc : int
        The one disc that this is of several; 0 for all of them.
    """

    info: AlbumInfo
    title: str
    product: Product
    tracks: tuple[RenderedTrack, ...]
    ceiling_dbtp: float | None
    artwork: Artwork | None = None
    n_discs: int = 1
    disc: int = 0

    def ceiling_of(self, track: RenderedTrack) -> float | None:
        """Return the ceiling that is promised for a track; none for a finished master."""
        return None if track.spec.master else self.ceiling_dbtp

    def tags(self, track: RenderedTrack) -> Tags:
        """Return the tags of one track."""
        artist = track.spec.artist or self.info.artist
        numbered = [each.number for each in self.tracks if each.disc == track.disc]
        return Tags(
            title=track.spec.title,
            artist=artist,
            album=self.title,
            album_artist=self.info.artist,
            track=track.number or None,
            track_total=max(numbered) if track.number else None,
            disc=track.disc,
            disc_total=self.n_discs,
            date=self.info.release_date or "",
            isrc=track.spec.isrc or "",
            upc=self.product.upc or "",
            catalog_number=self.product.catalog_number or "",
            label=self.info.label or "",
            genre=self.info.genre or "",
            copyright=self.info.c_line or "",
            p_line=self.info.p_line or "",
            artwork=self.artwork,
        )


def package_name(rendered: Rendered, *, revision: int, content: str) -> str:
    """Return the name of a package: catalogue number, revision, short hash; safe everywhere."""
    disc = f"_disc{rendered.disc}" if rendered.disc else ""
    ending = f"{disc}_r{revision}_{content[:8]}"
    stem = rendered.product.catalog_number or rendered.title
    return safe_filename(stem, max_bytes=MAX_BYTES - len(ending)) + ending
