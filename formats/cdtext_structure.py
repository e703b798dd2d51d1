"""What in a set of CD-Text packs contradicts itself (MMC-3, Annex J).

Each pack repeats what the strings around it say already: whose string it continues, and from
which character. The size record at the end of a block counts all of it once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from formats.cdtext import MAX_PACKS, Pack, PackKind, SizeRecord, size_record, strings_of
from formats.disc import MAX_TEXT_BLOCKS

_MAX_POSITION = 15
_OF_EVERY_TRACK = (*range(PackKind.TITLE, PackKind.DISC_ID), PackKind.CODE)


def contradictions(packs: Sequence[Pack]) -> tuple[str, ...]:
    """Return where packs disagree with one another, a sentence each; none if they are sound."""
    by_block: dict[int, list[Pack]] = {}
    for pack in packs:
        by_block.setdefault(pack.block, []).append(pack)
    found, numbers = [], [pack.block for pack in packs]
    if numbers != sorted(numbers) or list(by_block) != list(range(len(by_block))):
        found.append(f"blocks come as {list(by_block)}, or not in one piece")
    lasts = [own[-1].sequence for own in by_block.values()]
    for number, own in by_block.items():
        size = size_record(own)
        said = [*_disorder(own), *_miscounts(own, size, lasts), *_misplacements(own, size)]
        found += [f"block {number}: {each}" for each in said]
    return tuple(found)


def _disorder(packs: Sequence[Pack]) -> Iterator[str]:
    numbers = [pack.sequence for pack in packs]
    if numbers != list(range(min(len(numbers), MAX_PACKS))):
        yield "its packs are not numbered from 0 without a gap"
    kinds = [pack.kind for pack in packs]
    if kinds != sorted(kinds):
        yield "its packs are not in the order of their types"


def _miscounts(
    packs: Sequence[Pack], size: SizeRecord | None, lasts: Sequence[int]
) -> Iterator[str]:
    if size is None:
        yield "it has no size record"
        return
    counted = tuple(sum(pack.kind == kind for pack in packs) for kind in PackKind)
    if counted != size.n_packs:
        yield f"it has {list(counted)} packs of the types, the size record {list(size.n_packs)}"
    if (*lasts, *[0] * (MAX_TEXT_BLOCKS - len(lasts))) != size.last_sequences:
        yield f"last packs are {list(lasts)}, in the record {list(size.last_sequences)}"
    if any(size.languages[len(lasts) :]):
        yield f"the size record has languages {list(size.languages)} for {len(lasts)} blocks"
    if size.copyright not in (0, 3):
        yield f"the size record has {size.copyright} for copyright, not 0 or 3"


def _misplacements(packs: Sequence[Pack], size: SizeRecord | None) -> Iterator[str]:
    first, last = (size.first_track, size.last_track) if size else (1, 0)
    for kind in sorted({pack.kind for pack in packs} & {PackKind(n) for n in _OF_EVERY_TRACK}):
        own = [pack for pack in packs if pack.kind == kind]
        if len({pack.is_double_byte for pack in own}) > 1:
            yield f"some packs of {kind.name} are double-byte and some are not"
            continue
        owners = _Owners(own[0].track, first)
        char_bytes = 2 if own[0].is_double_byte else 1
        yield from _wrong_heads(own, owners, char_bytes)
        strings = strings_of(own, char_bytes=char_bytes)
        # Behind the last NUL is what fills up the last pack, or a string without an end.
        if len(strings) < 2 or owners[len(strings) - 2] < last:
            yield f"{kind.name} ends before track {last}"
        if last and any(text and owners[at] > last for at, text in enumerate(strings)):
            yield f"{kind.name} has a text behind that of track {last}"


def _wrong_heads(packs: Sequence[Pack], owners: _Owners, char_bytes: int) -> Iterator[str]:
    string, position = 0, 0
    for pack in packs:
        expected = (owners[string], min(_MAX_POSITION, position))
        if (pack.track, pack.position) != expected:
            found = f"track {pack.track}, position {pack.position}"
            allowed = f"track {expected[0]}, position {expected[1]}"
            yield f"pack {pack.sequence} ({pack.kind.name}) has {found}, its strings {allowed}"
        for at in range(0, len(pack.payload), char_bytes):
            if any(pack.payload[at : at + char_bytes]):
                position += 1
            else:
                string, position = string + 1, 0


class _Owners:
    """Whose the strings of a type are, in order: the disc comes first, if it has one."""

    def __init__(self, begin: int, first_track: int) -> None:
        self._begin, self._first_track = begin, first_track

    def __getitem__(self, at: int) -> int:
        if self._begin:
            return self._begin + at
        return self._first_track + at - 1 if at else 0
