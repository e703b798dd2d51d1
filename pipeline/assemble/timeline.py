"""Every track of an edition on one timeline, in integers.

Three frames of reference, and the name of a value says which:

* *source samples* count from the start of a track's mix, at the mix's own rate;
* *stream samples* count from the start of a run of tracks that touch and share one rate;
* *sectors* of 1/75 s count from the start of the programme (or of a segment, if it says so).
  75 divides every delivery rate, so a place in sectors is the same sample at each of them.

Ends are exclusive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

SECTORS_PER_SECOND = 75


@dataclass(frozen=True, slots=True)
class Fade:
    """A fade over source samples ``[start, end)`` from the trimmed start of the track."""

    start_samples: int
    end_samples: int
    shape: str

    @property
    def length(self) -> int:
        """Length in samples."""
        return self.end_samples - self.start_samples


@dataclass(frozen=True, slots=True)
class Join:
    """How a track meets the one before it.

    Parameters
    ----------
    gap : Fraction
        Silence before the track in seconds; 0 if the tracks touch.
    crossfade : Fraction
        Overlap with the track before, in seconds; 0 for none.
    curve : str
        ``auto``, ``equal_power`` or ``equal_gain``.
    cut : str
        Where in a crossfade the new track begins: ``start``, ``middle`` or ``end``.
    """

    gap: Fraction
    crossfade: Fraction = Fraction(0)
    curve: str = "auto"
    cut: str = "start"

    @property
    def touches(self) -> bool:
        """Whether no silence parts the two tracks."""
        return self.gap == 0


@dataclass(frozen=True, slots=True)
class Take:
    """What of a track's audio is used: a trimmed stretch of its mix, with its fades.

    Parameters
    ----------
    track : str
        Id of the track.
    sample_rate_hz : int
        Rate of the mix.
    start_samples, end_samples : int
        Stretch of the mix in source samples.
    join : Join
        How it meets the track before; of no meaning for the first one.
    fade_in, fade_out : Fade or None
        Fades inside the stretch.
    is_marked : bool
        Whether the medium gives it a start mark; hidden material inside a track has none.
    is_finished : bool
        Whether it is a finished master, which nothing may touch.
    """

    track: str
    sample_rate_hz: int
    start_samples: int
    end_samples: int
    join: Join
    fade_in: Fade | None = None
    fade_out: Fade | None = None
    is_marked: bool = True
    is_finished: bool = False

    @property
    def n_samples(self) -> int:
        """Length of the stretch in source samples."""
        return self.end_samples - self.start_samples


@dataclass(frozen=True, slots=True)
class Placement:
    """A take in its stream: where it starts, and its overlaps with its neighbours.

    Overlaps are counted in samples of the stream's own rate, also where the neighbour belongs
    to another stream; `joined_by` is the track that fades in over the end of this one.
    """

    take: Take
    start_samples: int
    overlap_before_samples: int = 0
    overlap_after_samples: int = 0
    joined_by: str = ""

    @property
    def end_samples(self) -> int:
        """End in stream samples."""
        return self.start_samples + self.take.n_samples

    def source_sample(self, stream_sample: int) -> int:
        """Return the place in the mix that is heard at a place in the stream."""
        return self.take.start_samples + stream_sample - self.start_samples


@dataclass(frozen=True, slots=True)
class Stream:
    """Touching takes of one rate, resampled as one piece; `start_s` counts from the segment."""

    sample_rate_hz: int
    start_s: Fraction
    placements: tuple[Placement, ...]

    @property
    def n_samples(self) -> int:
        """Length in samples of the stream's own rate."""
        return max(placement.end_samples for placement in self.placements)

    @property
    def end_s(self) -> Fraction:
        """End, in seconds from the start of the segment."""
        return self.start_s + Fraction(self.n_samples, self.sample_rate_hz)

    def time_of(self, samples: int) -> Fraction:
        """Return the time in the segment of a place in the stream, in seconds."""
        return self.start_s + Fraction(samples, self.sample_rate_hz)


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a track begins inside its segment, in sectors from the segment's start."""

    track: str
    start_sectors: int


@dataclass(frozen=True, slots=True)
class Segment:
    """Tracks that touch or overlap: rendered as one piece and cut afterwards.

    Parameters
    ----------
    start_sectors : int
        Start on the programme.
    streams : tuple of Stream
        Its audio, one stream for each run of one rate.
    cuts : tuple of Cut
        One for each track, marked or not, in running order; the first is at 0.
    """

    start_sectors: int
    streams: tuple[Stream, ...]
    cuts: tuple[Cut, ...]

    @property
    def end_s(self) -> Fraction:
        """End of the audio in seconds from the segment's start."""
        return max(stream.end_s for stream in self.streams)

    @property
    def n_sectors(self) -> int:
        """Length, rounded up to the grid."""
        return ceil(self.end_s * SECTORS_PER_SECOND)

    @property
    def end_sectors(self) -> int:
        """First sector of the programme behind the audio."""
        return self.start_sectors + self.n_sectors

    @property
    def placements(self) -> tuple[tuple[Stream, Placement], ...]:
        """Every take with its stream, in running order."""
        return tuple((stream, each) for stream in self.streams for each in stream.placements)

    @property
    def tracks(self) -> tuple[str, ...]:
        """Ids in running order."""
        return tuple(cut.track for cut in self.cuts)

    @property
    def is_finished(self) -> bool:
        """Whether it is made of finished masters alone, which no limiter may touch."""
        return all(placement.take.is_finished for _, placement in self.placements)

    def cut_lengths(self) -> Iterator[tuple[Cut, int]]:
        """Yield each cut with its length in sectors."""
        ends = [cut.start_sectors for cut in self.cuts[1:]] + [self.n_sectors]
        for cut, end in zip(self.cuts, ends, strict=True):
            yield cut, end - cut.start_sectors


@dataclass(frozen=True, slots=True)
class Span:
    """A marked track on the programme, from its mark to the next mark.

    Parameters
    ----------
    track : str
        Id of the track.
    start_sectors, end_sectors : int
        On the programme; the silence behind the track is inside.
    sound_end_sectors : int
        Where the audio before the next mark ends.
    gap_before_s : Fraction
        The silence that is heard before the track, in seconds.
    pieces : tuple of (str, int)
        Tracks whose audio it holds, itself first, each with the sectors of silence behind.
    """

    track: str
    start_sectors: int
    end_sectors: int
    sound_end_sectors: int
    gap_before_s: Fraction
    pieces: tuple[tuple[str, int], ...]

    @property
    def n_sectors(self) -> int:
        """Length from mark to mark."""
        return self.end_sectors - self.start_sectors


@dataclass(frozen=True, slots=True)
class Timeline:
    """All segments of a programme in running order."""

    segments: tuple[Segment, ...]
    spans: tuple[Span, ...]

    @property
    def n_sectors(self) -> int:
        """Length of the programme, the last track's end rounded up."""
        return self.segments[-1].end_sectors if self.segments else 0

    def segment_of(self, track: str) -> Segment:
        """Return the segment that holds `track`."""
        return next(segment for segment in self.segments if track in segment.tracks)

    def take_of(self, track: str) -> Take:
        """Return what of `track` is used."""
        return self._placed(track)[1].take

    def sector_of(self, track: str, source_sample: int) -> int:
        """Return the sector of the programme in which a place in a track's mix is heard."""
        stream, placement = self._placed(track)
        at = placement.start_samples + source_sample - placement.take.start_samples
        start = self.segment_of(track).start_sectors
        return start + floor(stream.time_of(at) * SECTORS_PER_SECOND)

    def _placed(self, track: str) -> tuple[Stream, Placement]:
        placements = self.segment_of(track).placements
        return next(each for each in placements if each[1].take.track == track)


def lay_out(takes: Sequence[Take]) -> Timeline:
    """Lay takes on one timeline in the order given.

    Parameters
    ----------
    takes : sequence of Take
        At least one; the first one's join has no meaning.

    Returns
    -------
    Timeline
        Every segment starts on the 1/75 s grid: gaps are rounded up to it. Inside a segment no
        audio moves; marks there are rounded down to the grid.

    Raises
    ------
    ValueError
        If a crossfade is longer than one of its two tracks has to give.
    """
    segments: list[Segment] = []
    sound_end = Fraction(0)
    for group in _groups(takes):
        start = 0
        if segments:
            start = ceil((sound_end + group[0].join.gap) * SECTORS_PER_SECOND)
        streams, starts = _streams(group)
        segments.append(Segment(start, streams, _cuts(group, starts)))
        sound_end = Fraction(start, SECTORS_PER_SECOND) + segments[-1].end_s
    return Timeline(tuple(segments), tuple(_spans(segments, _marked(takes))))


def _groups(takes: Sequence[Take]) -> list[list[Take]]:
    """Return runs of takes that touch."""
    groups: list[list[Take]] = []
    for take in takes:
        if groups and take.join.touches:
            groups[-1].append(take)
        else:
            groups.append([take])
    return groups


def _streams(group: Sequence[Take]) -> tuple[tuple[Stream, ...], list[Fraction]]:
    """Return the streams of a segment, and the time at which each take starts in it."""
    streams = [Stream(group[0].sample_rate_hz, Fraction(0), (Placement(group[0], 0),))]
    starts = [Fraction(0)]
    for take in group[1:]:
        stream, last = streams[-1], streams[-1].placements[-1]
        _require_room(last.take, take)
        if take.sample_rate_hz == stream.sample_rate_hz:
            overlap = round(take.join.crossfade * take.sample_rate_hz)
            place = Placement(take, last.end_samples - overlap, overlap)
            streams[-1] = _with_last(stream, overlap, take.track, place)
        else:
            overlap = round(take.join.crossfade * stream.sample_rate_hz)
            begin = stream.time_of(last.end_samples - overlap)
            streams[-1] = _with_last(stream, overlap, take.track, None)
            overlap = round(take.join.crossfade * take.sample_rate_hz)
            streams.append(Stream(take.sample_rate_hz, begin, (Placement(take, 0, overlap),)))
        starts.append(streams[-1].time_of(streams[-1].placements[-1].start_samples))
    return tuple(streams), starts


def _with_last(stream: Stream, overlap: int, joined_by: str, added: Placement | None) -> Stream:
    """Return `stream` with the overlap behind its last placement noted and one more added."""
    noted = replace(
        stream.placements[-1],
        overlap_after_samples=overlap,
        joined_by=joined_by if overlap else "",
    )
    placements = (*stream.placements[:-1], noted, *((added,) if added else ()))
    return Stream(stream.sample_rate_hz, stream.start_s, placements)


def _require_room(before: Take, after: Take) -> None:
    for take, others_s in ((before, before.join.crossfade), (after, Fraction(0))):
        room = Fraction(take.n_samples, take.sample_rate_hz) - others_s
        if after.join.crossfade > room:
            msg = (
                f"{after.track}: "
                f"a crossfade of {float(after.join.crossfade):g} s does not fit, "
                f"{take.track} has {float(room):.3f} s to give"
            )
            raise ValueError(msg)


def _cuts(group: Sequence[Take], starts: Sequence[Fraction]) -> tuple[Cut, ...]:
    part = {"start": Fraction(0), "middle": Fraction(1, 2), "end": Fraction(1)}
    return tuple(
        Cut(
            take.track,
            floor((start + take.join.crossfade * part[take.join.cut]) * SECTORS_PER_SECOND)
            if number
            else 0,
        )
        for number, (take, start) in enumerate(zip(group, starts, strict=True))
    )


def _marked(takes: Sequence[Take]) -> Mapping[str, bool]:
    return {take.track: take.is_marked for take in takes}


def _spans(segments: Sequence[Segment], marked: Mapping[str, bool]) -> Iterator[Span]:
    """Yield marked tracks, from each mark to the next; the first take always opens one."""
    pieces = list(_pieces(segments))
    opened = [
        number for number, piece in enumerate(pieces) if number == 0 or marked[piece.track]
    ]
    for first, behind in zip(opened, [*opened[1:], len(pieces)], strict=True):
        inside = pieces[first:behind]
        yield Span(
            inside[0].track,
            inside[0].start_sectors,
            inside[-1].end_sectors,
            inside[-1].sound_end_sectors,
            inside[0].gap_before_s,
            tuple((each.track, each.end_sectors - each.sound_end_sectors) for each in inside),
        )


@dataclass(frozen=True, slots=True)
class _Piece:
    track: str
    start_sectors: int
    sound_end_sectors: int
    end_sectors: int
    gap_before_s: Fraction


def _pieces(segments: Sequence[Segment]) -> Iterator[_Piece]:
    """Yield every cut of every segment with the silence behind it."""
    gap = Fraction(0)
    for number, segment in enumerate(segments):
        is_last = number + 1 == len(segments)
        behind = segment.end_sectors if is_last else segments[number + 1].start_sectors
        for cut, n_sectors in segment.cut_lengths():
            start = segment.start_sectors + cut.start_sectors
            sound_end = start + n_sectors
            end = behind if sound_end == segment.end_sectors else sound_end
            yield _Piece(cut.track, start, sound_end, end, gap)
            gap = Fraction(0)
        exact_end = Fraction(segment.start_sectors, SECTORS_PER_SECOND) + segment.end_s
        gap = Fraction(behind, SECTORS_PER_SECOND) - exact_end
