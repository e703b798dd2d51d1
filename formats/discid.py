"""What databases know a disc by: MusicBrainz, freedb, AccurateRip and the CUETools database.

Offsets are those of INDEX 01 in disc sectors. A track reaches from its INDEX 01 to the next
one's: the pause before a track is summed with the track before it, and what lies before the
first is in no sum.

References
----------
MusicBrainz, "Disc ID Calculation"; freedb, "CDDB-howto", appendix A; ARver and whipper
(AccurateRip); CUETools, ``CDImageLayout.TOCID``. The CRC of the CUETools database is absent:
one source alone tells how, and no value is known to compare with.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from formats.cdtime import MAX_TRACKS, PREGAP_SECTORS, SAMPLES_PER_SECTOR, SECTORS_PER_S
from formats.disc import Disc, refuse_misfits
from formats.errors import EncodeError
from formats.program import BYTES_PER_SAMPLE

_WORD = 0xFFFF_FFFF
# What drives read near the ends of a disc differs, so five sectors there do not count.
_SKIPPED_SAMPLES = 5 * SAMPLES_PER_SECTOR
_CHUNK_SAMPLES = 1 << 14  # what a processor keeps near it
_PLACES = np.arange(_CHUNK_SAMPLES, dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class AccurateRipIds:
    """The numbers that AccurateRip files a disc under, and how many tracks it has."""

    id1: int
    id2: int
    freedb: int
    n_tracks: int

    @property
    def path(self) -> str:
        """Where the database keeps the disc, below its root."""
        last = f"{self.id1:08x}"[::-1]
        name = f"dBAR-{self.n_tracks:03d}-{self.id1:08x}-{self.id2:08x}-{self.freedb:08x}.bin"
        return f"/accuraterip/{last[0]}/{last[1]}/{last[2]}/{name}"


@dataclass(frozen=True, slots=True)
class AccurateRipSums:
    """The two sums that AccurateRip has of a track, 32 bits each."""

    v1: int
    v2: int


def musicbrainz_id(disc: Disc) -> str:
    """Return the MusicBrainz disc id, 28 characters.

    Raises
    ------
    EncodeError
        If the disc is none that can be written.
    """
    offsets = [0] * MAX_TRACKS
    for track, offset in zip(disc.tracks, _offsets(disc), strict=True):
        offsets[track.number - 1] = offset
    text = f"{disc.first_track:02X}{disc.last_track:02X}{disc.lead_out_sector:08X}"
    return _digest(text + "".join(f"{offset:08X}" for offset in offsets))


def freedb_id(disc: Disc) -> int:
    """Return the freedb disc id, which is written as eight hexadecimal digits.

    Raises
    ------
    EncodeError
        If the disc is none that can be written.
    """
    starts_s = [offset // SECTORS_PER_S for offset in _offsets(disc)]
    digits = sum(int(digit) for start_s in starts_s for digit in str(start_s))
    length_s = disc.lead_out_sector // SECTORS_PER_S - starts_s[0]
    return digits % 255 << 24 | length_s << 8 | len(disc.tracks)


def accuraterip_ids(disc: Disc) -> AccurateRipIds:
    """Return what AccurateRip files a disc under.

    Raises
    ------
    EncodeError
        If the disc is none that can be written.
    """
    starts = [offset - PREGAP_SECTORS for offset in _offsets(disc)]
    end, n_tracks = disc.lead_out_sector - PREGAP_SECTORS, len(disc.tracks)
    id2 = sum(max(start, 1) * number for number, start in enumerate(starts, start=1))
    return AccurateRipIds(
        sum(starts, end) & _WORD,
        (id2 + end * (n_tracks + 1)) & _WORD,
        freedb_id(disc),
        n_tracks,
    )


def ctdb_toc_id(disc: Disc) -> str:
    """Return the id of the disc's layout in the CUETools database, 28 characters.

    Raises
    ------
    EncodeError
        If the disc is none that can be written.
    """
    first, *others = _offsets(disc)
    places = [offset - first for offset in (*others, disc.lead_out_sector)]
    return _digest("".join(f"{place:08X}" for place in places).ljust(100 * 8, "0"))


def disc_ids(disc: Disc) -> dict[str, str]:
    """Return all ids of a disc as they are written.

    Returns
    -------
    dict of str to str
        ``musicbrainz_id``, ``freedb_id``, ``accuraterip_id`` (its two numbers) and
        ``ctdb_toc_id``.

    Raises
    ------
    EncodeError
        If the disc is none that can be written.
    """
    accuraterip = accuraterip_ids(disc)
    return {
        "musicbrainz_id": musicbrainz_id(disc),
        "freedb_id": f"{freedb_id(disc):08x}",
        "accuraterip_id": f"{accuraterip.id1:08x}-{accuraterip.id2:08x}",
        "ctdb_toc_id": ctdb_toc_id(disc),
    }


def accuraterip_sums(disc: Disc, audio: Iterable[bytes]) -> tuple[AccurateRipSums, ...]:
    """Return the sums of each track.

    Parameters
    ----------
    disc : Disc
        Where tracks begin and the last one ends.
    audio : iterable of bytes
        16-bit little-endian stereo from INDEX 01 of the first track up to the lead-out, cut
        anywhere.

    Raises
    ------
    EncodeError
        If the disc is none that can be written, or the audio is longer or shorter.
    """
    places = [*_offsets(disc), disc.lead_out_sector]
    lengths = [(end - begin) * SAMPLES_PER_SECTOR for begin, end in pairwise(places)]
    summing = AccurateRip(lengths)
    for block in audio:
        summing.add(block)
    return summing.finish()


class AccurateRip:
    """Sums tracks that follow one another, block by block.

    Parameters
    ----------
    lengths_samples : sequence of int
        Length of each track.

    Notes
    -----
    Each sample, as one word with the right channel above, is multiplied by its place in the
    track. v1 adds up the low words of the products, v2 the high words too. Of the first track
    2939 samples do not count, of the last one 2940.
    """

    def __init__(self, lengths_samples: Sequence[int]) -> None:
        self._lengths = list(lengths_samples)
        self._low = [0] * len(self._lengths)
        self._high = [0] * len(self._lengths)
        self._track, self._reached = 0, 0
        self._rest = b""

    def add(self, block: bytes) -> None:
        """Take the next bytes, 16-bit little-endian stereo cut anywhere.

        Raises
        ------
        EncodeError
            If there are more than the tracks have.
        """
        data = self._rest + block if self._rest else block
        n_samples = len(data) // BYTES_PER_SAMPLE
        self._rest = data[n_samples * BYTES_PER_SAMPLE :]
        words = np.frombuffer(data, "<u4", n_samples)
        while len(words):
            if self._track == len(self._lengths):
                raise _wrong_length(f"{len(words)} samples more", self._lengths)
            left = self._lengths[self._track] - self._reached
            self._sum(words[:left])
            words = words[left:]

    def finish(self) -> tuple[AccurateRipSums, ...]:
        """Return the sums of all tracks.

        Raises
        ------
        EncodeError
            If some of the audio is missing.
        """
        if self._track < len(self._lengths) or self._rest:
            found = f"an end in track {self._track + 1} after {self._reached} samples"
            raise _wrong_length(found, self._lengths)
        return tuple(
            AccurateRipSums(low & _WORD, (low + high) & _WORD)
            for low, high in zip(self._low, self._high, strict=True)
        )

    def _sum(self, words: np.ndarray[tuple[int], np.dtype[np.uint32]]) -> None:
        """Sum what is left of a track, or part of it, and go on."""
        is_first, is_last = self._track == 0, self._track == len(self._lengths) - 1
        begin, end = self._reached, self._reached + len(words)
        counted_from = _SKIPPED_SAMPLES - 1 if is_first else 0
        counted_to = self._lengths[self._track] - (_SKIPPED_SAMPLES if is_last else 0)
        first, last = max(begin, counted_from), min(end, counted_to)
        for start in range(first, last, _CHUNK_SAMPLES):
            stop = min(start + _CHUNK_SAMPLES, last)
            products = np.add(_PLACES[: stop - start], np.uint64(start + 1))
            products *= words[start - begin : stop - begin]
            # A sum that overflows 64 bits is still right in its lower 32.
            self._low[self._track] += int(products.sum()) & _WORD
            products >>= np.uint64(32)
            self._high[self._track] += int(products.sum())
        self._reached = end
        if end == self._lengths[self._track]:
            self._track, self._reached = self._track + 1, 0


def _offsets(disc: Disc) -> list[int]:
    refuse_misfits(disc)
    return [track.start_sector for track in disc.tracks]


def _digest(text: str) -> str:
    # It names discs here and guards nothing; FIPS machines ask to be told.
    digest = hashlib.sha1(text.encode("ascii"), usedforsecurity=False).digest()
    return base64.b64encode(digest, b"._").decode("ascii").replace("=", "-")


def _wrong_length(found: str, lengths: Sequence[int]) -> EncodeError:
    return EncodeError("audio", found, f"must be {sum(lengths)} samples, up to the lead-out")
