"""Single bytes of a fileset are changed, and every change is caught or carries no meaning.

Twice: with the list of checksums as it is, which catches all, and with the list made anew after
each change, where only what the fileset says twice can tell. What is said once (the place of an
INDEX 02, the sound) is caught by whoever knows the disc that was written: a manifest does.
"""

from __future__ import annotations

import random
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

from formats.checksums import encode_checksums, file_digest
from formats.ddp.reader import disc_of, read_audio, read_fileset
from formats.ddp.records import ID_CD, MAP, PQ, Layout
from formats.ddp.structure import checksum_disagreements, disagreements, pause_disagreements
from formats.disc import Disc
from formats.errors import FormatError

LAYOUTS: dict[str, Layout] = {"DDPID": ID_CD, "DDPMS": MAP, "PQDESCR": PQ}
RECORDS = (*LAYOUTS, "CDTEXT.BIN")
SECTOR = 2_352
# Likely slips, likely malice, and what a bad disk does.
VALUES = (*b"0123456789 ASVM.", 0x00, 0xFF)
# What may change unseen, and why.
MEANINGLESS = {
    "PQDESCR TXT": "a comment, not on the disc",
    "DDPMS SSM": "readers take 0 and 7 alike",
    "DDPMS SCR": "readers take 0 and 1 alike",
    "DDPID BK": "O on an Enhanced CD, blank otherwise; players do not see it",
    "DDPID MSL": "a program writes a length here, readers pass it over",
}


@dataclass(frozen=True)
class Change:
    """One byte of a file set to another value."""

    file: str
    at: int
    value: int

    @property
    def field(self) -> str:
        layout = LAYOUTS.get(self.file)
        if layout is None:
            return self.file
        offset = self.at % layout.n_bytes
        name = next(each.name for each in layout.fields if offset < each.offset + each.size)
        return f"{self.file} {name}"


def changes(folder: Path, *, per_byte: int, seed: int) -> list[Change]:
    """Return so many changes of each byte of the records."""
    rng = random.Random(seed)
    found = []
    for name in RECORDS:
        for at, old in enumerate((folder / name).read_bytes()):
            values = rng.sample([each for each in VALUES if each != old], per_byte - 1)
            other = rng.choice([each for each in range(256) if each not in (old, *values)])
            found += [Change(name, at, value) for value in (*values, other)]
    return found


def make_list(folder: Path) -> None:
    names = ("DDPID", "DDPMS", "CDTEXT.BIN", "PQDESCR", "IMAGE.DAT")
    digests = {name: file_digest(folder / name, "md5") for name in names}
    (folder / "CHECKSUM.MD5").write_bytes(encode_checksums(digests))


def caught_by(folder: Path, disc: Disc, *, with_sums: bool) -> str:
    """Return what catches that a fileset is no longer as it was written; empty for nothing."""
    try:
        fileset = read_fileset(folder)
        found = disc_of(fileset)
    except FormatError:
        return "reader"
    if disagreements(fileset) or pause_disagreements(fileset):
        return "structure"
    if with_sums and checksum_disagreements(fileset):
        return "checksum"
    return "" if found == disc else "disc"


def is_filling(change: Change, old: int) -> bool:
    """Whether a blank, a NUL or a zero in front has become another: they fill up alike."""
    return {old, change.value} <= set(b" \x000")


def table(outcomes: dict[str, Counter[str]]) -> str:
    columns = ("reader", "structure", "checksum", "disc", "filling", "meaningless")
    lines = ["".join(f"{each:>12}" for each in ("", *columns)).replace(" " * 12, " " * 20, 1)]
    for field, counts in outcomes.items():
        lines.append(f"{field:<20}" + "".join(f"{counts[each] or '':>12}" for each in columns))
    return "\n".join(lines)


def test_every_changed_byte_is_caught_when_the_sums_are_made_anew(
    fileset: Path, disc: Disc
) -> None:
    with (fileset / "IMAGE.DAT").open("r+b") as image:
        image.truncate(0)
        image.truncate(disc.lead_out_sector * SECTOR)  # a hole: made anew a thousand times
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    missed = []
    made = changes(fileset, per_byte=3, seed=1)
    for change in made:
        good = (fileset / change.file).read_bytes()
        old = good[change.at]
        spoilt = good[: change.at] + bytes([change.value]) + good[change.at + 1 :]
        (fileset / change.file).write_bytes(spoilt)
        caught = caught_by(fileset, disc, with_sums=False)
        if not caught:
            is_unseen = change.field in MEANINGLESS
            caught = "filling" if is_filling(change, old) else "meaningless" * is_unseen
        if not caught:
            missed.append(f"{change.field} byte {change.at}: {old!r} to {change.value!r}")
        outcomes[change.field][caught] += 1
        (fileset / change.file).write_bytes(good)
    sys.stdout.write(f"\n{table(outcomes)}\n")
    assert missed == []
    assert len(made) >= 4_000
    total = sum(outcomes.values(), Counter())
    assert total["reader"] + total["structure"] > 0.8 * len(made)
    # What only the disc that was written can tell: it is said once.
    said_once = {field for field, counts in outcomes.items() if counts["disc"]}
    assert said_once <= {
        "DDPID MID",
        "PQDESCR MIN",
        "PQDESCR SEC",
        "PQDESCR FRM",
        "PQDESCR CB1",
        "PQDESCR ISRC",
        "PQDESCR UPC",
    }


def test_every_changed_byte_is_caught_by_the_sums_as_they_are(
    fileset: Path, disc: Disc
) -> None:
    rng = random.Random(2)
    n_sectors = 1_000  # enough of an image; each change has it summed again
    with (fileset / "IMAGE.DAT").open("r+b") as image:
        image.truncate(n_sectors)
    make_list(fileset)
    size = (fileset / "IMAGE.DAT").stat().st_size
    made = rng.sample(changes(fileset, per_byte=2, seed=3), 900)
    made += [Change("IMAGE.DAT", rng.randrange(size), -1) for _ in range(200)]
    assert checksum_disagreements(read_fileset(fileset)) == ()
    for change in made:
        good = (fileset / change.file).read_bytes()
        value = good[change.at] ^ 1 if change.value < 0 else change.value
        spoilt = good[: change.at] + bytes([value]) + good[change.at + 1 :]
        (fileset / change.file).write_bytes(spoilt)
        try:
            read = read_fileset(fileset)
        except FormatError:
            pass
        else:
            assert checksum_disagreements(read), change
        (fileset / change.file).write_bytes(good)


def test_a_changed_list_of_sums_is_caught_or_says_the_same(fileset: Path) -> None:
    rng = random.Random(4)
    good = (fileset / "CHECKSUM.MD5").read_bytes()
    read = read_fileset(fileset)
    with (fileset / "IMAGE.DAT").open("r+b") as image:
        image.truncate(2_352)
    make_list(fileset)
    good = (fileset / "CHECKSUM.MD5").read_bytes()
    unseen = set()
    for at, old in enumerate(good):
        value = rng.choice([each for each in VALUES if each != old])
        (fileset / "CHECKSUM.MD5").write_bytes(good[:at] + bytes([value]) + good[at + 1 :])
        if not checksum_disagreements(read):
            unseen.add((chr(old), chr(value)))
    # The mark of a binary file, capitals, and what ends the last line.
    assert unseen <= {("*", " ")} | {(each, each.upper()) for each in "abcdef"} | {("\n", " ")}


@pytest.mark.parametrize("sector", [0, 149, 150, 700])
def test_a_changed_sample_is_caught_in_the_pause_and_else_by_the_sound_itself(
    fileset: Path, audio: bytes, sector: int
) -> None:
    data = bytearray(audio)
    data[sector * SECTOR + 9] ^= 1
    (fileset / "IMAGE.DAT").write_bytes(data)
    make_list(fileset)
    read = read_fileset(fileset)
    assert disagreements(read) == checksum_disagreements(read) == ()
    assert bool(pause_disagreements(read)) == (sector < 150)
    assert b"".join(read_audio(read, 0, 1_650)) != audio
