"""What a rule about the spec is given: the spec as it was written, and facts of its mixes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pipeline.findings import Finding, Severity
from pipeline.spec.editions import Edition, resolve
from pipeline.spec.loader import LoadedSpec
from pipeline.spec.located import KeyPath
from pipeline.spec.model import AlbumSpec, AnyDeliverable, Product, TrackSpec

Names: TypeAlias = Iterator[tuple[KeyPath, str, str]]


@dataclass(frozen=True, slots=True)
class SongFacts:
    """What reading a mix has shown, as far as the spec speaks of it.

    Parameters
    ----------
    sample_rate_hz : int
        Rate of its file.
    duration_s : float
        Length of its file.
    sound_s : tuple of float
        Where its sound begins and ends, in seconds of the file.
    """

    sample_rate_hz: int
    duration_s: float
    sound_s: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Written:
    """A spec without errors, and what is known of its mixes.

    Parameters
    ----------
    loaded : LoadedSpec
        The spec and the place of each of its values.
    songs : mapping of str to SongFacts
        By id of the track; a mix that has not been read is not there.
    """

    loaded: LoadedSpec
    songs: Mapping[str, SongFacts] = field(default_factory=dict)

    @property
    def spec(self) -> AlbumSpec:
        """What it means."""
        return self.loaded.spec

    def editions(self) -> Iterator[Edition]:
        """Yield the album itself, then its editions, each complete."""
        yield from map(self.edition, ("", *self.spec.editions))

    def edition(self, name: str) -> Edition:
        """Return an edition, or the album itself if it has no name."""
        return resolve(self.spec, name or None)

    def album_path(self, edition: str) -> KeyPath:
        """Return where the title of an edition is written: there, or in the album itself."""
        overlay = self.spec.editions.get(edition)
        return ("editions", edition) if overlay and overlay.title else ("album",)

    def track_path(self, edition: str, track: str) -> KeyPath:
        """Return where a track of an edition is written: there, or in the album itself."""
        overlay = self.spec.editions.get(edition)
        if overlay and track in overlay.tracks:
            return ("editions", edition, "tracks", track)
        return ("tracks", track)

    def tracks(self) -> Iterator[tuple[KeyPath, TrackSpec]]:
        """Yield every track once, and once more for each edition that changes it."""
        for edition in self.editions():
            for track in edition.tracks:
                path = self.track_path(edition.id, track.id)
                if not edition.id or path[0] == "editions":
                    yield path, track

    def titles(self) -> Names:
        """Yield path, text and track of every title: of album, editions and songs."""
        yield ("album", "title"), self.spec.album.title, ""
        for name, edition in self.spec.editions.items():
            if edition.title:
                yield ("editions", name, "title"), edition.title, ""
        for path, track in self.tracks():
            yield (*path, "title"), track.title, track.id

    def artists(self) -> Names:
        """Yield path, text and track of every artist that is written."""
        yield ("album", "artist"), self.spec.album.artist, ""
        for path, track in self.tracks():
            if track.artist and self.loaded.root.get(*path, "artist"):
                yield (*path, "artist"), track.artist, track.id

    def on_sale(self) -> Iterator[tuple[str, AnyDeliverable, str, Product]]:
        """Yield the deliverables that are goods: a CD, or lossless files of a product.

        MP3s are copies to be listened to, and files without a product are nobody's ware.
        """
        for name, each in self.spec.deliverables.items():
            product = self.spec.products.get(each.product or "")
            is_copy = each.kind == "files" and each.format == "mp3"
            if product is not None and each.product and not is_copy:
                yield name, each, each.product, product

    def place(self, path: KeyPath) -> str:
        """Return where something is written: ``album.yaml:14:11``."""
        mark = self.loaded.mark(path)
        return f"{self.loaded.path.name}:{mark.line}:{mark.column}"

    def finding(
        self,
        severity: Severity,
        code: str,
        message: str,
        *,
        at: KeyPath,
        track: str = "",
        action: str = "",
    ) -> Finding:
        """Return a finding whose message ends with its place in the file."""
        return Finding(
            severity, code, f"{message} ({self.place(at)})", track=track, action=action
        )
