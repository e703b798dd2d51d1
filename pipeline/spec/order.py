"""Who stands next to whom: joins and hidden tracks in the running order of every edition.

Joins name their partner. An edition that parts the two has to say what happens instead.
"""

from __future__ import annotations

from collections.abc import Collection, Container
from dataclasses import dataclass

from pipeline.spec.editions import Edition, resolve
from pipeline.spec.hints import Problem, Problems, nearest
from pipeline.spec.located import KeyPath, Node
from pipeline.spec.model import AlbumSpec, EditionSpec, Hidden, TrackSpec


@dataclass(frozen=True, slots=True)
class _Misplaced:
    """A track whose neighbour is not the one that `key` asks for."""

    track: str
    key: str
    message: str
    hint: str


def check_order(spec: AlbumSpec, *, written: Node) -> Problems:
    """Yield what does not fit in the running order of the album and of each edition.

    Parameters
    ----------
    spec : AlbumSpec
        What the spec means.
    written : Node
        Its values as they were written.
    """
    if not spec.tracks:
        yield Problem(("tracks",), "is empty; a record has at least one track")
        return
    misplaced = _misplaced(resolve(spec), spec.tracks)
    for each in misplaced:
        yield Problem(("tracks", each.track, each.key), each.message, each.hint)
    yield from _isrcs(resolve(spec), ())
    yield from _discs(resolve(spec), (), has_own=bool(spec.discs))
    known_faults = {(each.track, each.key) for each in misplaced}
    for id_, overlay in spec.editions.items():
        problems = list(_selection(spec, id_, written))
        yield from problems or _edition(spec, id_, overlay, known_faults, written)


def _edition(
    spec: AlbumSpec,
    id_: str,
    overlay: EditionSpec,
    known_faults: Container[tuple[str, str]],
    written: Node,
) -> Problems:
    at: KeyPath = ("editions", id_)
    edition = resolve(spec, id_)
    for each in _misplaced(edition, {**spec.tracks, **overlay.tracks}):
        said_here = written.get(*at, "tracks", each.track, each.key)
        if said_here:
            yield Problem((*at, "tracks", each.track, each.key), each.message, each.hint)
        elif (each.track, each.key) not in known_faults:
            place = (*at, "order") if overlay.order else at
            instead = f"{each.key}: null" + (", gap: 2 s" if each.key != "hidden" else "")
            hint = f"say what happens here: tracks: {{{each.track}: {{{instead}}}}}"
            yield Problem(place, f"{each.track}.{each.key}: {each.message}", hint)
    yield from _isrcs(edition, at, overlay.tracks)
    if overlay.discs or not overlay.tracks.keys() <= spec.tracks.keys() or overlay.order:
        yield from _discs(edition, at, has_own=bool(overlay.discs))


def _discs(edition: Edition, at: KeyPath, *, has_own: bool) -> Problems:
    """Look at which songs are on which disc: all of them, once, in running order."""
    if not edition.discs:
        return
    path: KeyPath = (*at, "discs") if has_own else at
    known = {track.id: track for track in edition.tracks}
    named = [track_id for disc in edition.discs for track_id in disc]
    if named != list(known):
        strange = [track_id for track_id in named if track_id not in known]
        forgotten = [track_id for track_id in known if track_id not in named]
        if strange:
            message, hint = f"there is no track '{strange[0]}'", nearest(strange[0], known)
        elif forgotten:
            message, hint = f"leaves out {', '.join(forgotten)}", "every song is on some disc"
        else:
            message = "songs stand here in another order than they play"
            hint = f"they play: {', '.join(known)}"
        yield Problem(path, f"discs: {message}" if not has_own else message, hint)
        return
    for number, disc in enumerate(edition.discs[1:], start=2):
        track = known[disc[0]]
        if track.joined_from or (track.hidden and track.hidden.after):
            message = f"'{track.id}' begins disc {number}, so nothing comes right before it"
            yield Problem(path, message, "let both be on one disc, or give it a gap there")


def _selection(spec: AlbumSpec, id_: str, written: Node) -> Problems:
    """Look at the list of tracks itself: `drop`, `order`, and tracks that say nothing."""
    overlay, at = spec.editions[id_], ("editions", id_)
    for track_id in _keys(written.get(*at, "tracks")):
        path: KeyPath = (*at, "tracks", track_id)
        if (change := written.get(*path)) and change.value is None:
            yield Problem(path, "says nothing", f"to leave it out: drop: [{track_id}]")
    known = {**spec.tracks, **overlay.tracks}
    for key, named in (("drop", overlay.drop), ("order", overlay.order)):
        for number, track_id in enumerate(named):
            path = (*at, key, number)
            if track_id not in known:
                yield Problem(path, f"there is no track '{track_id}'", nearest(track_id, known))
            elif track_id in named[:number]:
                yield Problem(path, f"'{track_id}' stands here twice", "take one of them out")
            elif key == "order" and track_id in overlay.drop:
                yield Problem(
                    path, f"'{track_id}' is dropped and ordered", "take one of them out"
                )
    left = [track_id for track_id in known if track_id not in overlay.drop]
    forgotten = [track_id for track_id in left if track_id not in overlay.order]
    if overlay.order and forgotten:
        message = f"leaves out {', '.join(forgotten)}"
        yield Problem((*at, "order"), message, f"place it, or drop: [{', '.join(forgotten)}]")
    if not left:
        yield Problem((*at, "drop"), "leaves no track on this edition")


def _keys(node: Node | None) -> tuple[str, ...]:
    return tuple(node.entries) if node else ()


def _misplaced(edition: Edition, known: Collection[str]) -> list[_Misplaced]:
    found = []
    for number, track in enumerate(edition.tracks):
        before, after = edition.tracks[:number], edition.tracks[number + 1 :]
        if partner := track.joined_from:
            key = "crossfade_from" if track.crossfade_from else "segue_from"
            if message := _join_fault(track, partner, before):
                found.append(_fault(track, key, partner, message, known))
        if track.hidden and (message := _hiding_fault(track.hidden, before, after)):
            neighbour = track.hidden.after or track.hidden.before or ""
            found.append(_fault(track, "hidden", neighbour, message, known))
    return found


def _fault(
    track: TrackSpec, key: str, partner: str, message: str, known: Collection[str]
) -> _Misplaced:
    if partner not in known:
        return _Misplaced(
            track.id, key, f"there is no track '{partner}'", nearest(partner, known)
        )
    return _Misplaced(track.id, key, message, "tracks play in the order in which they stand")


def _join_fault(track: TrackSpec, partner: str, before: tuple[TrackSpec, ...]) -> str:
    if not before:
        return f"'{partner}' does not come before '{track.id}', which is first"
    if before[-1].id != partner:
        return f"'{partner}' does not come right before '{track.id}'; '{before[-1].id}' does"
    if before[-1].hidden:
        return f"'{partner}' is hidden, so '{track.id}' cannot be joined to it"
    return ""


def _hiding_fault(
    hidden: Hidden, before: tuple[TrackSpec, ...], after: tuple[TrackSpec, ...]
) -> str:
    heard_before = [track.id for track in before if not track.hidden]
    heard_after = [track.id for track in after if not track.hidden]
    if hidden.after and heard_before[-1:] != [hidden.after]:
        found = f"'{heard_before[-1]}'" if heard_before else "nothing"
        return f"'{hidden.after}' does not come right before it; {found} does"
    if hidden.before and heard_after[:1] != [hidden.before]:
        found = f"'{heard_after[0]}'" if heard_after else "nothing"
        return f"'{hidden.before}' does not come right after it; {found} does"
    if hidden.cd == "pregap" and not heard_after:
        return "it has no pre-gap to hide in: no track comes after it"
    if hidden.cd == "pregap" and heard_before:
        return (
            f"a pre-gap hides what comes before the first track; '{heard_before[-1]}' comes "
            "before it (cd: inside or omit)"
        )
    return ""


def _isrcs(edition: Edition, at: KeyPath, changed: Container[str] = ()) -> Problems:
    owners: dict[str, str] = {}
    for track in edition.tracks:
        if track.isrc is None:
            continue
        if owner := owners.get(track.isrc):
            path = (*at, "tracks", track.id, "isrc") if track.id in changed else None
            message = f"{track.isrc} is the ISRC of '{owner}' too; each recording has its own"
            yield Problem(path or ("tracks", track.id, "isrc"), message)
        owners.setdefault(track.isrc, track.id)
