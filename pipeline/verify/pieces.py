"""What of a package must be opened: every promised track, and all audio nobody promised."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import pairwise

from formats.cdtime import BYTES_PER_SECTOR, PREGAP_SECTORS, SAMPLES_PER_SECTOR
from formats.payload import payload_digest
from pipeline.verify.discs import DiscFound, discs_of
from pipeline.verify.package import CD_SAMPLE_BYTES, Package, Piece


def pieces_of(package: Package) -> tuple[Piece, ...]:
    """Return what must be opened: promised tracks, and all audio nobody promised."""
    promised = tuple(piece for piece, _, _ in package.promised())
    known = {piece.name for piece in promised}
    loose = tuple(Piece(name) for name in package.audio_names if name not in known)
    return (*promised, *loose, *_unpromised_stretches(package, known))


def piece_digest(package: Package, piece: Piece) -> str:
    """Return the hash of a file's audio alone, which new tags do not change; or of a stretch.

    Raises
    ------
    FormatError
        If the file is damaged.
    """
    path = package.root / piece.name
    if not piece.is_stretch:
        return payload_digest(path)
    hasher = hashlib.sha256()
    with path.open("rb") as image:
        image.seek(piece.start_samples * CD_SAMPLE_BYTES)
        left = piece.n_samples * CD_SAMPLE_BYTES
        while left and (block := image.read(min(left, 1 << 20))):
            hasher.update(block)
            left -= len(block)
    return hasher.hexdigest()


def _unpromised_stretches(package: Package, known: set[str]) -> Iterator[Piece]:
    """Yield the tracks of images that only their sheet or map tells of; one if none does."""
    discs = {disc.image: disc for disc in discs_of(package)}
    for image in package.image_names:
        if image in known:
            continue
        if disc := discs.get(image):
            yield from _stretches(disc)
            continue
        n_sectors = (package.root / image).stat().st_size // BYTES_PER_SECTOR
        if n_sectors:
            yield Piece(image, 0, 0, n_sectors * SAMPLES_PER_SECTOR)


def _stretches(disc: DiscFound) -> Iterator[Piece]:
    """Yield what lies before track 1 as number 0, then each track up to the next start."""
    first = max(disc.first_sector, PREGAP_SECTORS)
    places = [first, *disc.starts, disc.end_sector]
    for number, (start, end) in enumerate(pairwise(places)):
        if first <= start < end <= disc.end_sector:
            begin = disc.sample_of(start)
            yield Piece(disc.image, number - 1, begin, disc.sample_of(end) - begin)
