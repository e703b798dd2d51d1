"""What two files of one recording are to each other; each relation has one check to tell it."""

from __future__ import annotations

from enum import StrEnum

from pipeline.intake.checks.received import Pair

# Own measurements on orchestral recordings: copies with gain, start or polarity changed leave
# -108 dB or less, resampled ones -60; a limiter of 3 to 6 dB leaves -30 to -18 with one gain
# and -32 to -20 with a gain that follows; MP3s of 96 to 320 kbit/s leave -22 to -46 and move
# the crest by 0.2 dB at most; a mix without its middle leaves -8.
COPY_DB = -40.0
SAME_MIX_DB = -12.0
LIMITED_DB = 1.0  # peaks that stand so much less over the mean were held down
LEAST_FIT = 0.1


class Relation(StrEnum):
    """What the second file of a pair is to the first."""

    COPY = "copy"
    DENSER = "denser"
    LOOSER = "looser"
    SAME_MIX = "same mix"
    OTHER_MIX = "other mix"
    UNRELATED = "unrelated"


def relation(pair: Pair) -> Relation:
    """Return what the second file is to the first."""
    found = pair.comparison
    if pair.match is None and found.fit < LEAST_FIT:
        return Relation.UNRELATED
    if found.residual_db < COPY_DB:
        return Relation.COPY
    if found.following_residual_db > SAME_MIX_DB:
        return Relation.OTHER_MIX
    if abs(found.crest_drop_db) < LIMITED_DB:
        return Relation.SAME_MIX
    return Relation.DENSER if found.crest_drop_db > 0.0 else Relation.LOOSER
