"""PQ sheet: every mark of a disc, and what a plant must know to replicate it.

One model, three forms: `pipeline.papers.pqtext` prints it as text, `pipeline.papers.printed` on
A4, and `PqSheet.to_json` gives the values that `PqSheet.from_json` reads back. It is made from
a disc by `pipeline.papers.pqdisc`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from formats.cdtime import PREGAP_SECTORS, sectors_to_msf
from pipeline.papers.heading import Heading

PQ_SHEET_VERSION = 1
LEAD_OUT = "AA"
LEGEND = (
    "times are mm:ss:ff, 75 sectors to the second; disc time begins with the pause before "
    "track 1, program time with the image, as cue sheets count"
)


@dataclass(frozen=True, slots=True)
class PqIndex:
    """An index of a track; `start_sectors` is disc time."""

    number: int
    start_sectors: int


@dataclass(frozen=True, slots=True)
class PqTrack:
    """One track of the disc.

    Parameters
    ----------
    number : int
        1 to 99.
    title, performer, isrc : str
        As the record has them; `isrc` is empty if it has none.
    indexes : tuple of PqIndex
        In order; 00 if a pause comes before the track, then 01 and further ones.
    end_sectors : int
        Disc time at which the next track's pause or start begins, or the lead-out.
    flags : tuple of str
        ``PRE``, ``DCP``, ``4CH``, ``SCMS``, as cue sheets write them.
    offset_sectors : int
        How much earlier than its sound it is marked.
    cd_text : mapping of str to str
        What a player shows, by the kind of text; empty without CD-TEXT.
    """

    number: int
    title: str
    performer: str
    isrc: str
    indexes: tuple[PqIndex, ...]
    end_sectors: int
    flags: tuple[str, ...] = ()
    offset_sectors: int = 0
    cd_text: Mapping[str, str] = field(default_factory=dict)

    @property
    def start_sectors(self) -> int:
        """Disc time of INDEX 01."""
        return next(each.start_sectors for each in self.indexes if each.number == 1)

    @property
    def gap_sectors(self) -> int:
        """Length of the pause before it."""
        return self.start_sectors - self.indexes[0].start_sectors

    @property
    def n_sectors(self) -> int:
        """Length from INDEX 01 on."""
        return self.end_sectors - self.start_sectors

    def index_lengths(self) -> Iterator[tuple[PqIndex, int]]:
        """Yield each index with its length in sectors."""
        ends = [each.start_sectors for each in self.indexes[1:]] + [self.end_sectors]
        for index, end in zip(self.indexes, ends, strict=True):
            yield index, end - index.start_sectors


@dataclass(frozen=True, slots=True)
class HiddenSong:
    """A song that no mark leads to: in the pause before track 1, or inside a track."""

    track: int
    title: str
    performer: str
    isrc: str
    start_sectors: int
    n_sectors: int


@dataclass(frozen=True, slots=True)
class PaperFile:
    """A file that is handed over."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PaperFinding:
    """What the verifier said; `waived` is the written reason that allows it, or empty."""

    severity: str
    message: str
    waived: str = ""


@dataclass(frozen=True, slots=True)
class PqMark:
    """One line of the sheet, as it is printed.

    Parameters
    ----------
    track, index : str
        Two digits each; the lead-out is track ``AA``.
    disc, program, in_track, length, gap : str
        Times; `in_track` counts from INDEX 01, so that a pause counts towards zero. Empty
        where they have no meaning.
    isrc, flags, title, performer : str
        Of the track, on the line of its INDEX 01; elsewhere `title` says what the mark is.
    """

    track: str
    index: str
    disc: str
    program: str
    in_track: str = ""
    length: str = ""
    gap: str = ""
    isrc: str = ""
    flags: str = ""
    title: str = ""
    performer: str = ""

    @property
    def is_start(self) -> bool:
        """Whether a track starts here."""
        return self.index == "01" and self.track != LEAD_OUT


@dataclass(frozen=True, slots=True)
class PqSheet:
    """Everything a PQ sheet says; places on the disc are disc time in sectors.

    Parameters
    ----------
    heading : Heading
        Which record, which revision, and whether it is for release.
    tracks : tuple of PqTrack
        In order.
    lead_out_sectors : int
        Where the lead-out begins.
    hidden : tuple of HiddenSong
        Songs without a mark.
    cd_text : mapping of str to str
        CD-TEXT of the disc as a whole.
    disc_ids : mapping of str to str
        Identities of the disc by the name of the database; empty where none were computed.
    files : tuple of PaperFile
        What is handed over.
    notes : tuple of str
        Sentences for whoever reads it.
    findings : tuple of PaperFinding
        What the verifier found.
    """

    heading: Heading
    tracks: tuple[PqTrack, ...]
    lead_out_sectors: int
    hidden: tuple[HiddenSong, ...] = ()
    cd_text: Mapping[str, str] = field(default_factory=dict)
    disc_ids: Mapping[str, str] = field(default_factory=dict)
    files: tuple[PaperFile, ...] = ()
    notes: tuple[str, ...] = ()
    findings: tuple[PaperFinding, ...] = ()

    @property
    def facts(self) -> dict[str, str]:
        """What stands at the head of the sheet, by the names that are printed."""
        return self.heading.facts() | {
            "tracks": str(len(self.tracks)),
            "playing time": sectors_to_msf(self.lead_out_sectors - PREGAP_SECTORS),
            "lead-out": sectors_to_msf(self.lead_out_sectors),
        }

    def marks(self) -> Iterator[PqMark]:
        """Yield the lines of the sheet, the lead-out last."""
        for track in self.tracks:
            for index, length in track.index_lengths():
                yield _mark(track, index, length)
        place = self.lead_out_sectors
        yield PqMark(LEAD_OUT, "01", disc_time(place), program_time(place), title="lead-out")

    def cd_text_lines(self) -> Iterator[tuple[str, str, str]]:
        """Yield track (``00`` is the disc), kind and text of everything a player shows."""
        for kind, text in self.cd_text.items():
            yield "00", kind, text
        for track in self.tracks:
            for kind, text in track.cd_text.items():
                yield f"{track.number:02d}", kind, text

    def offset_lines(self) -> Iterator[str]:
        """Yield a line about tracks that are marked before their sound, if there are some."""
        moved = [each for each in self.tracks if each.offset_sectors]
        if moved:
            told = ", ".join(f"{each.number:02d} by {each.offset_sectors}" for each in moved)
            yield f"marked before the sound, in sectors: {told}"

    def to_json(self) -> dict[str, Any]:
        """Return values that JSON holds; times are added to the places for who reads it."""
        data = asdict(self)
        for track, printed in zip(self.tracks, data["tracks"], strict=True):
            for (index, length), values in zip(
                track.index_lengths(), printed["indexes"], strict=True
            ):
                values |= {
                    "disc_time": disc_time(index.start_sectors),
                    "program_time": program_time(index.start_sectors),
                    "track_time": signed_time(index.start_sectors - track.start_sectors),
                    "length": signed_time(length),
                }
        return {"pq_sheet_version": PQ_SHEET_VERSION, **data}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the sheet that `to_json` wrote; it goes by the sectors, not by the times."""
        heading = {**data["heading"], "held": tuple(data["heading"]["held"])}
        return cls(
            heading=Heading(**heading),
            tracks=tuple(_track_from_json(each) for each in data["tracks"]),
            lead_out_sectors=data["lead_out_sectors"],
            hidden=tuple(HiddenSong(**each) for each in data["hidden"]),
            cd_text=data["cd_text"],
            disc_ids=data["disc_ids"],
            files=tuple(PaperFile(**each) for each in data["files"]),
            notes=tuple(data["notes"]),
            findings=tuple(PaperFinding(**each) for each in data["findings"]),
        )


def disc_time(sectors: int) -> str:
    """Return a place on the disc as ``mm:ss:ff``."""
    return sectors_to_msf(sectors)


def program_time(sectors: int) -> str:
    """Return a place on the disc as cue sheets count, from 2 s on; negative before that."""
    return signed_time(sectors - PREGAP_SECTORS)


def signed_time(sectors: int) -> str:
    """Return a distance as ``mm:ss:ff``, with a minus sign if it leads back."""
    return "-" * (sectors < 0) + sectors_to_msf(abs(sectors))


def _mark(track: PqTrack, index: PqIndex, length: int) -> PqMark:
    is_start = index.number == 1
    told = (
        (
            signed_time(track.gap_sectors),
            track.isrc,
            " ".join(track.flags),
            track.title,
            track.performer,
        )
        if is_start
        else ("", "", "", "pause" if index.number == 0 else "index")
    )
    return PqMark(
        f"{track.number:02d}",
        f"{index.number:02d}",
        disc_time(index.start_sectors),
        program_time(index.start_sectors),
        signed_time(index.start_sectors - track.start_sectors),
        signed_time(length),
        *told,
    )


def _track_from_json(data: Mapping[str, Any]) -> PqTrack:
    indexes = tuple(PqIndex(each["number"], each["start_sectors"]) for each in data["indexes"])
    return PqTrack(**{**data, "indexes": indexes, "flags": tuple(data["flags"])})
