"""Editions: overlays on the album. What they inherit, and the album that comes of it.

Inheritance is worked out on located nodes before anything is validated, so that every value is
checked once in the form it takes effect in, and still knows the line it was written in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.spec.located import Entry, Node
from pipeline.spec.model import AlbumSpec, Chain, EditionSpec, LevelAim, LimiterSpec, TrackSpec

OWN_KEYS = (
    "title",
    "mix",
    "master",
    "isrc",
    "indexes",
    "pause",
    "cd_text",
)  # what no two tracks share
PROCESSING = (
    "trim",
    "fade_in",
    "fade_out",
    "level",
    "chain",
)  # what a finished master is spared
_INHERITED = ("level", "limiter", "album_chain")


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of the album, complete.

    Parameters
    ----------
    id : str
        Its id in the spec; empty for the album itself.
    title : str
        Title of this version.
    tracks : tuple of TrackSpec
        In running order, hidden ones in their place, each with its artist filled in.
    level : LevelAim
        How loud the songs are made.
    limiter : LimiterSpec or None
        The limiter, if there is one.
    album_chain : tuple of ChainItem
        Processors that every track passes after its own.
    discs : tuple of tuple of str
        Ids of the tracks on each disc; empty if all fit on one.
    """

    id: str
    title: str
    tracks: tuple[TrackSpec, ...]
    level: LevelAim
    limiter: LimiterSpec | None
    album_chain: Chain
    discs: tuple[tuple[str, ...], ...] = ()

    @property
    def n_discs(self) -> int:
        """How many discs it fills; 1 if it says nothing of them."""
        return max(1, len(self.discs))

    def disc_of(self, track_id: str) -> int:
        """Return the number of the disc that a track is on."""
        holds = (number for number, disc in enumerate(self.discs, start=1) if track_id in disc)
        return next(holds, 1)

    def tracks_on(self, disc: int) -> tuple[TrackSpec, ...]:
        """Return the tracks on a disc in running order; all of them for 0."""
        return tuple(each for each in self.tracks if disc in (0, self.disc_of(each.id)))

    def track(self, track_id: str) -> TrackSpec:
        """Return the track with this id; a `KeyError` if it is not on this edition."""
        for track in self.tracks:
            if track.id == track_id:
                return track
        raise KeyError(track_id)


def resolve(spec: AlbumSpec, edition: str | None = None) -> Edition:
    """Return the album, or one of its editions, with nothing left to look up.

    Parameters
    ----------
    spec : AlbumSpec
        The spec, as `load` returns it.
    edition : str or None
        Id of the edition; none for the album itself.

    Raises
    ------
    KeyError
        If there is no edition with this id.
    """
    overlay = spec.editions[edition] if edition else None
    what = overlay or spec
    tracks = tuple(_with_artist(each, spec) for each in _in_order(spec, overlay))
    return Edition(
        id=edition or "",
        title=(overlay and overlay.title) or spec.album.title,
        tracks=tracks,
        level=what.level,
        limiter=what.limiter,
        album_chain=what.album_chain,
        discs=what.discs or _left_of(spec.discs, tracks),
    )


def _left_of(
    discs: tuple[tuple[str, ...], ...], tracks: tuple[TrackSpec, ...]
) -> tuple[tuple[str, ...], ...]:
    """Return the album's discs without the tracks that an edition drops."""
    there = {each.id for each in tracks}
    left = (tuple(each for each in disc if each in there) for disc in discs)
    return tuple(disc for disc in left if disc)


def _with_artist(track: TrackSpec, spec: AlbumSpec) -> TrackSpec:
    return track if track.artist else track.model_copy(update={"artist": spec.album.artist})


def _in_order(spec: AlbumSpec, overlay: EditionSpec | None) -> list[TrackSpec]:
    if overlay is None:
        return list(spec.tracks.values())
    tracks = {**spec.tracks, **overlay.tracks}  # an added track comes last unless `order` says
    left = [track_id for track_id in tracks if track_id not in overlay.drop]
    return [tracks[track_id] for track_id in overlay.order or left]


def inherit(written: Node) -> Node:
    """Return the spec with every track and edition completed by what it inherits.

    Parameters
    ----------
    written : Node
        The root of the spec as it was written.

    Returns
    -------
    Node
        The same tree; `tracks` have the keys of `defaults`, `editions` those of the album and
        of the tracks they change. Nodes keep their marks.
    """
    shared, tracks = written.get("defaults"), written.get("tracks")
    defaults = shared.entries if shared else {}
    if tracks:
        full = {
            id_: _below(entry, _track(entry.node, defaults))
            for id_, entry in tracks.entries.items()
        }
        written = _with(written, "tracks", _of(tracks, full))
    editions = written.get("editions")
    if editions:
        full = {
            id_: _below(entry, _edition(entry.node, written, defaults))
            for id_, entry in editions.entries.items()
        }
        written = _with(written, "editions", _of(editions, full))
    return written


def _track(track: Node, defaults: dict[str, Entry]) -> Node:
    """Complete a track; a finished master takes nothing from `defaults` that would touch it."""
    if not isinstance(track.value, dict):
        return track
    master = track.get("master")
    spared = OWN_KEYS + (PROCESSING if master and master.value is not None else ())
    taken = {key: entry for key, entry in defaults.items() if key not in spared}
    return _of(track, taken | track.value)


def _edition(edition: Node, album: Node, defaults: dict[str, Entry]) -> Node:
    if edition.value is not None and not isinstance(edition.value, dict):
        return edition
    taken = {key: entry for key, entry in album.entries.items() if key in _INHERITED}
    edition = _of(edition, taken | edition.entries)
    changes = edition.get("tracks")
    if changes and isinstance(changes.value, dict):
        base = album.get("tracks")
        full = {
            id_: _below(entry, _changed(base.get(id_) if base else None, entry.node, defaults))
            for id_, entry in changes.value.items()
        }
        edition = _with(edition, "tracks", _of(changes, full))
    return edition


def _changed(base: Node | None, change: Node, defaults: dict[str, Entry]) -> Node:
    if base is None:
        return _track(change, defaults)
    if change.value is not None and not isinstance(change.value, dict):
        return change
    return _of(base, base.entries | change.entries) if isinstance(base.value, dict) else base


def _of(node: Node, entries: dict[str, Entry]) -> Node:
    return replace(node, value=entries) if isinstance(node.value, dict | None) else node


def _below(entry: Entry, node: Node) -> Entry:
    return replace(entry, node=node)


def _with(node: Node, key: str, child: Node) -> Node:
    return _of(node, {**node.entries, key: _below(node.entries[key], child)})
