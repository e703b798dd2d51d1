"""Two files that claim to be one track."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.intake.checks.received import ReceivedAlbum
from pipeline.intake.checks.relations import Relation, relation
from pipeline.intake.variants import Kind, variant_of, version_of


@check(
    "intake/claims",
    rationale="""Of `mix_v3` and `mix_final` only one is meant; a record with last week's mix
    on it is found out by the band.""",
)
def claims(album: ReceivedAlbum) -> Iterator[Finding]:
    """Each track has one file that claims to be it."""
    yield from _same_titles(album)
    for path in album.beside:
        variant = variant_of(path, files=album.files, titles=album.titles)
        if variant is None or variant.kind is not Kind.TAKE:
            continue
        pair = next((each for each in album.pairs if each.second == path), None)
        found = relation(pair) if pair else Relation.UNRELATED
        # One with a limiter is for `intake/listening_mix` to tell.
        if found not in (Relation.DENSER, Relation.LOOSER):
            is_lossy = album.beside[path].facts.is_lossy
            is_copy = found is Relation.COPY or (is_lossy and found is Relation.SAME_MIX)
            yield _claimed(album, variant.track, path, is_copy=is_copy)


def _same_titles(album: ReceivedAlbum) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for name, title in album.titles.items():
        if (other := first.setdefault(title.casefold(), name)) != name:
            yield Finding(
                Severity.WARN,
                "same-title",
                f"{other!r} and {name!r} have one title: `{title}`",
                track=name,
                action="retitle one of them, or say why under intent: {claims: …}",
            )


def _claimed(album: ReceivedAlbum, track: str, path: str, *, is_copy: bool) -> Finding:
    name = album.called(path)
    if is_copy:
        return Finding(
            Severity.INFO, "copy-beside", f"{name} beside is a copy of the mix", track=track
        )
    ours, theirs = version_of(album.files[track]), version_of(path)
    if ours is not None and theirs is not None and ours != theirs:
        is_newer = theirs > ours
        return Finding(
            Severity.WARN if is_newer else Severity.INFO,
            "newer-beside" if is_newer else "older-beside",
            f"{name} lies beside, by its name {'newer' if is_newer else 'older'} than the mix",
            track=track,
            action="ask which one is meant" if is_newer else "",
        )
    return Finding(
        Severity.WARN,
        "two-files",
        f"{name} lies beside and claims to be this track too",
        track=track,
        action="ask which one is meant, and put the other one elsewhere",
    )
