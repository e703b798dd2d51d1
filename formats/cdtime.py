"""Time on a compact disc: sectors of 1/75 s (IEC 60908).

A disc counts sectors and writes them as minutes, seconds and sectors, ``mm:ss:ff``. There are
two zeros: *disc time* begins with the pause before track 1 (so does a DDP image), *program
time* 150 sectors later (so do the BIN file of a cue sheet and a logical block address).
"""

from __future__ import annotations

import re

from formats.errors import EncodeError, FormatError

CD_SAMPLE_RATE_HZ = 44_100
SECTORS_PER_S = 75
SAMPLES_PER_SECTOR = 588
"""At 44.1 kHz; one sample is a pair of left and right."""
BYTES_PER_SECTOR = 2_352
"""16-bit stereo: 588 x 4."""

PREGAP_SECTORS = 150
"""Least pause before track 1, two seconds (IEC 60908; MMC-5: it ends at block address 0)."""
MIN_TRACK_SECTORS = 300
"""Shortest track, four seconds (IEC 60908; MMC-5 has it as 300 blocks)."""
MAX_TRACKS = 99
MAX_INDEX = 99
LAST_SECTOR = 449_999
"""Highest time that can be written, 99:59:74: two decimal digits for the minutes."""
COMMON_LIMIT_SECTORS = 359_775
"""79:57:00, the longest disc that most plants take without asking."""
SAFE_LIMIT_SECTORS = 333_000
"""74:00:00, the playing time of the original disc, which every plant takes."""

_MSF = re.compile(r"([0-9]{1,2}):([0-5]?[0-9]):([0-6]?[0-9]|7[0-4])")


def sectors_to_msf(sectors: int) -> str:
    """Return a time as ``mm:ss:ff``, with 75 sectors to the second.

    Raises
    ------
    EncodeError
        If it is negative or past 99:59:74.
    """
    if not 0 <= sectors <= LAST_SECTOR:
        raise EncodeError("time", sectors, "sectors must be 0 to 449999 (99:59:74)")
    seconds, rest = divmod(sectors, SECTORS_PER_S)
    return f"{seconds // 60:02d}:{seconds % 60:02d}:{rest:02d}"


def msf_to_sectors(text: str) -> int:
    """Return the sectors that a time written ``mm:ss:ff`` stands for.

    Raises
    ------
    FormatError
        If it is not written like that, or a part is out of range: seconds end at 59,
        sectors at 74.
    """
    match = _MSF.fullmatch(text.strip())
    if match is None:
        raise FormatError(f"{text!r} is no disc time; it must be mm:ss:ff, at most 99:59:74")
    minutes, seconds, rest = map(int, match.groups())
    return (minutes * 60 + seconds) * SECTORS_PER_S + rest


def disc_to_program_sectors(disc_sectors: int) -> int:
    """Return where a place on the disc lies in a BIN file, which starts 150 sectors later.

    Raises
    ------
    EncodeError
        If the place lies in the first two seconds, which a BIN file does not hold.
    """
    if disc_sectors < PREGAP_SECTORS:
        raise EncodeError(
            "disc time",
            disc_sectors,
            "sectors must be 150 or more: the file begins there",
        )
    return disc_sectors - PREGAP_SECTORS


def samples_per_sector(sample_rate_hz: int) -> int:
    """Return how many samples last 1/75 s: 588 at 44.1 kHz, 640 at 48 kHz.

    Raises
    ------
    EncodeError
        If 75 does not divide the rate: then no cut falls on a whole sample at every rate.
    """
    samples, rest = divmod(sample_rate_hz, SECTORS_PER_S)
    if rest or samples < 1:
        raise EncodeError("sample rate", sample_rate_hz, "Hz is no multiple of 75 Hz")
    return samples


def sectors_to_samples(sectors: int, sample_rate_hz: int) -> int:
    """Return the exact number of samples in `sectors` at a rate that 75 divides."""
    return sectors * samples_per_sector(sample_rate_hz)


def samples_to_sectors_up(samples: int, sample_rate_hz: int) -> int:
    """Return the fewest sectors that hold `samples`."""
    return -(-samples // samples_per_sector(sample_rate_hz))


def samples_to_sectors_down(samples: int, sample_rate_hz: int) -> int:
    """Return the whole sectors that have passed after `samples`."""
    return samples // samples_per_sector(sample_rate_hz)
