"""What no single value can tell: references, joins, order, identifiers that must differ."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.spec.editions import OWN_KEYS, PROCESSING, resolve
from pipeline.spec.hints import Problem, Problems, nearest
from pipeline.spec.located import KeyPath, Node
from pipeline.spec.model import AlbumSpec, AnyCd, LevelAim, TrackSpec
from pipeline.spec.order import check_order
from pipeline.spec.scalars import NO_TIME
from pipeline.units import Duration

_TEXTS = ("title", "artist", "label", "genre", "c_line", "p_line", "catalog_number")


def check(spec: AlbumSpec, *, root: Node, written: Node) -> Problems:
    """Yield what does not fit together in a spec whose values are all right.

    Parameters
    ----------
    spec : AlbumSpec
        What the spec means.
    root : Node
        Its values with everything inherited.
    written : Node
        Its values as they were written.
    """
    yield from _defaults(written)
    yield from _products(spec)
    yield from _level(spec)
    for path, track in _all_tracks(spec):
        yield from _track(track, path=path, root=root, written=written)
    yield from check_order(spec, written=written)
    yield from _deliverables(spec)


def remarks(spec: AlbumSpec, *, written: Node, text: str) -> Problems:
    """Yield what is no error but hardly meant.

    Parameters
    ----------
    spec : AlbumSpec
        What the spec means.
    written : Node
        Its values as they were written.
    text : str
        The file.
    """
    for edition in (None, *spec.editions):
        first = resolve(spec, edition).tracks[0].id
        at: KeyPath = ("editions", edition) if edition else ()
        if _is_written(written, (*at, "tracks", first, "gap")):
            path = (*at, "tracks", first, "gap")
            yield Problem(
                path, "the first track takes no gap; this one waits for another order"
            )
    yield from _cut_texts(written, text.splitlines())


def _is_written(written: Node, path: KeyPath) -> bool:
    node = written.get(*path)
    return node is not None and node.value is not None


def _cut_texts(node: Node, lines: list[str]) -> Problems:
    """Find texts such as ``We're #1``, which end before the sign without anyone noticing."""
    for key, entry in node.entries.items():
        value, mark = entry.node.value, entry.node.mark
        if key in _TEXTS and isinstance(value, str) and mark.line <= len(lines):
            rest = lines[mark.line - 1][mark.column - 1 + len(value) :]
            if lost := re.match(r"\s+(#[^\s#].*)", rest):
                message = (
                    f"the text ends before '{lost[1].rstrip()}', which is read as a remark"
                )
                yield Problem(entry.node.path, message, "if it belongs to it: use quotes")
        yield from _cut_texts(entry.node, lines)


# --- the parts ------------------------------------------------------------------------------


def _defaults(written: Node) -> Problems:
    defaults = written.get("defaults")
    if defaults is None or defaults.value is None:
        return
    if not isinstance(defaults.value, dict):
        yield Problem(
            ("defaults",), "keys of a track are meant here, with values", "{gap: 1.5 s}"
        )
    for key in OWN_KEYS:
        if key in defaults.entries:
            message = "is every track's own; no two tracks share it"
            yield Problem(("defaults", key), message, "move it to the track it belongs to")


def _products(spec: AlbumSpec) -> Problems:
    owners: dict[str, str] = {}
    for product_id, product in spec.products.items():
        if product.upc is None:
            continue
        if owner := owners.get(product.upc):
            message = (
                f"{product.upc} is the UPC of products.{owner} too; each product has its own"
            )
            yield Problem(("products", product_id, "upc"), message)
        owners.setdefault(product.upc, product_id)


def _level(spec: AlbumSpec) -> Problems:
    levels: dict[KeyPath, LevelAim] = {("level", "at"): spec.level}
    for edition_id, edition in spec.editions.items():
        levels["editions", edition_id, "level", "at"] = edition.level
    for path, level in levels.items():
        if level.match in ("integrated", "loud_passages") and level.at_lufs is None:
            yield Problem(
                path,
                f"is missing; match: {level.match} brings songs to a loudness",
                "at: -14 LUFS",
            )
        if level.match == "off" and level.at_lufs is not None:
            yield Problem(path, "does nothing with match: off", "take one of them out")


def _deliverables(spec: AlbumSpec) -> Problems:
    for id_, deliverable in spec.deliverables.items():
        for key, named, known in (
            ("product", deliverable.product, spec.products),
            ("edition", deliverable.edition, spec.editions),
        ):
            if named is not None and named not in known:
                hint = nearest(named, known) or f"there are no {key}s in this spec"
                yield Problem(("deliverables", id_, key), f"there is no {key} '{named}'", hint)
        if deliverable.kind != "files" and (deliverable.edition or "") in {"", *spec.editions}:
            yield from _which_disc(spec, id_, deliverable)


def _which_disc(spec: AlbumSpec, id_: str, deliverable: AnyCd) -> Problems:
    n_discs, disc = resolve(spec, deliverable.edition).n_discs, deliverable.disc
    if disc is None and n_discs > 1:
        message = f"is one of {n_discs} discs; which one is not said"
        yield Problem(("deliverables", id_), message, "disc: 1, and another deliverable for 2")
    if disc is not None and disc > n_discs:
        there = f"there {'are' if n_discs > 1 else 'is'} {n_discs}"
        hint = "discs: [[…], […]] says which songs are on which disc"
        yield Problem(("deliverables", id_, "disc"), f"there is no disc {disc}, {there}", hint)


# --- one track ------------------------------------------------------------------------------


def _all_tracks(spec: AlbumSpec) -> Iterator[tuple[KeyPath, TrackSpec]]:
    for id_, track in spec.tracks.items():
        yield ("tracks", id_), track
    for edition_id, edition in spec.editions.items():
        for id_, track in edition.tracks.items():
            yield ("editions", edition_id, "tracks", id_), track


def _track(track: TrackSpec, *, path: KeyPath, root: Node, written: Node) -> Problems:
    here, whole = _said(written, path), _said(root, path)
    yield from _source(track, path, here, whole)
    yield from _join_keys(track, path, here)
    yield from _hidden_keys(track, path, here)
    yield from _times(track, path)


def _said(tree: Node, path: KeyPath) -> set[str]:
    """Return the keys of a track that say something: an empty list says nothing."""
    node = tree.get(*path)
    return {key for key, entry in node.entries.items() if entry.node.value} if node else set()


def _first(said: set[str], *keys: str) -> str:
    """Return the first of some keys that is written here; what is inherited is right there."""
    return next((key for key in keys if key in said), keys[0])


def _source(track: TrackSpec, path: KeyPath, here: set[str], whole: set[str]) -> Problems:
    if track.mix is None and track.master is None:
        hint = "write mix: FILE, or master: FILE if it is done"
        yield Problem((*path, "mix"), "is missing", hint)
    if track.mix and track.master:
        key = _first(here, "master", "mix")
        other = "mix" if key == "master" else "master"
        message = "a track has a mix or a master, not both"
        yield Problem((*path, key), message, f"take one out; in an edition: {other}: null")
    if track.pre_emphasis == "yes" and track.master is None:
        key = _first(here, "pre_emphasis", "mix")
        message = "a mix has no pre-emphasis; only a finished master can have been made with it"
        yield Problem((*path, key), message, "take it out, or: master: FILE")
    if track.master:
        for key in PROCESSING:
            if key in whole:
                message = f"a finished master is not touched, so it has no {key}"
                place = _first(here, key, "master")
                yield Problem(
                    (*path, place), message, f"take it out; in an edition: {key}: null"
                )


def _join_keys(track: TrackSpec, path: KeyPath, here: set[str]) -> Problems:
    if track.segue_from and track.crossfade_from:
        key = _first(here, "crossfade_from", "segue_from")
        other = "segue_from" if key == "crossfade_from" else "crossfade_from"
        message = "a track starts with a segue or a crossfade, not both"
        yield Problem((*path, key), message, f"take one out; in an edition: {other}: null")
    if track.crossfade_from and track.crossfade is None:
        message = "is missing; how long is the overlap?"
        yield Problem((*path, "crossfade"), message, "crossfade: 6 s")
    if not track.crossfade_from:
        for key in sorted(here & {"crossfade", "curve", "cut"}):
            yield Problem(
                (*path, key), "does nothing without crossfade_from", "name the partner"
            )
    if track.joined_from and "gap" in here:
        message = f"there is no gap at a join with {track.joined_from}"
        yield Problem((*path, "gap"), message, "take the gap or the join out")


def _hidden_keys(track: TrackSpec, path: KeyPath, here: set[str]) -> Problems:
    hidden = track.hidden
    if hidden is None:
        return
    if track.joined_from:
        message = "a hidden track comes after silence; it cannot be joined to its neighbour"
        yield Problem((*path, "hidden"), message, "take the join out")
    if "gap" in here:
        message = "a hidden track's gap is hidden.silence"
        yield Problem((*path, "gap"), message, "take it out")
    if (hidden.after is None) == (hidden.before is None):
        yield Problem((*path, "hidden"), "has to name one neighbour: after, or before")
    elif hidden.before and hidden.cd == "inside":
        message = "a track that hides before another is in its pre-gap, not inside it"
        yield Problem((*path, "hidden", "cd"), message, "cd: pregap")
    elif hidden.before and hidden.files == "inside":
        message = "a track that hides before another has a file of its own, or none"
        yield Problem((*path, "hidden", "files"), message, "files: own_track, or files: omit")


def _times(track: TrackSpec, path: KeyPath) -> Problems:
    spans: list[tuple[str, Duration | None, Duration | None]] = [
        (key, fade.start, fade.end)
        for key, fade in (("fade_in", track.fade_in), ("fade_out", track.fade_out))
        if fade
    ]
    if not isinstance(track.trim, str):
        spans.append(("trim", track.trim.start, track.trim.end))
    for key, start, end in spans:
        if end and not _ends_after(start or NO_TIME, end):
            message = f"{end} is not after the start, {start or NO_TIME}"
            yield Problem(
                (*path, key, "to"), message, "times count from the start of the mix file"
            )


def _ends_after(start: Duration, end: Duration) -> bool:
    """Whether it does, or might: samples and seconds compare only when the rate is known."""
    if start.amount and (start.unit == "samples") != (end.unit == "samples"):
        return True
    return end.to_seconds(1) > start.to_seconds(1)
