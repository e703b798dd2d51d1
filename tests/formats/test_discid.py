from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.disc import Disc, DiscIndex, DiscTrack
from formats.discid import (
    AccurateRip,
    AccurateRipIds,
    AccurateRipSums,
    accuraterip_ids,
    accuraterip_sums,
    ctdb_toc_id,
    freedb_id,
    musicbrainz_id,
)
from formats.errors import EncodeError


def of_places(*starts: int, lead_out: int) -> Disc:
    first = DiscTrack(1, (DiscIndex(0, 0), DiscIndex(1, starts[0])))
    others = (DiscTrack(n, (DiscIndex(1, at),)) for n, at in enumerate(starts[1:], start=2))
    return Disc((first, *others), lead_out)


DISC = of_places(150, 675, 1_275, lead_out=1_650)


def pattern(n_samples: int) -> bytes:
    """Return samples that each tell where they stand: low half left, high half right."""
    return np.arange(n_samples, dtype="<u4").tobytes()


def slowly(pcm: bytes, lengths: list[int]) -> list[AccurateRipSums]:
    """Return the sums as their definition says, one sample after the other."""
    words, begin, sums = np.frombuffer(pcm, "<u4").tolist(), 0, []
    for track, length in enumerate(lengths):
        v1 = v2 = 0
        for place in range(1, length + 1):
            is_head = track == 0 and place < 2_940
            is_tail = track == len(lengths) - 1 and place > length - 2_940
            if not is_head and not is_tail:
                product = words[begin + place - 1] * place
                v1 += product & 0xFFFF_FFFF
                v2 += (product & 0xFFFF_FFFF) + (product >> 32)
        sums.append(AccurateRipSums(v1 & 0xFFFF_FFFF, v2 & 0xFFFF_FFFF))
        begin += length
    return sums


def test_the_disc_of_the_reference() -> None:
    assert musicbrainz_id(DISC) == "XDD7U6XTVPihuMDPPTYXgP1hv_I-"
    assert f"{freedb_id(DISC):08x}" == "13001403"
    assert accuraterip_ids(DISC) == AccurateRipIds(0x0C4E, 0x28BA, 0x13001403, 3)
    assert ctdb_toc_id(DISC) == "UUcZVgbbqsyINo0onVEEBFrePNY-"


def test_where_accuraterip_keeps_a_disc() -> None:
    path = "/accuraterip/e/4/c/dBAR-003-00000c4e-000028ba-13001403.bin"
    assert accuraterip_ids(DISC).path == path


def test_the_sound_of_the_reference() -> None:
    sums = accuraterip_sums(DISC, [pattern(1_500 * 588)])
    assert [f"{each.v1:08x}" for each in sums] == ["35666074", "e886e660", "7a121688"]
    assert [f"{each.v2:08x}" for each in sums] == ["358710fb", "e8fc7bde", "7a544097"]


def test_a_pause_belongs_to_the_track_before() -> None:
    second = replace(DISC.tracks[1], indexes=(DiscIndex(0, 600), DiscIndex(1, 675)))
    paused = replace(DISC, tracks=(DISC.tracks[0], second, DISC.tracks[2]))
    assert musicbrainz_id(paused) == musicbrainz_id(DISC)
    pcm = [pattern(1_500 * 588)]
    assert accuraterip_sums(paused, pcm) == accuraterip_sums(DISC, pcm)


def test_a_hidden_song_moves_the_first_track() -> None:
    hidden = of_places(450, 975, 1_575, lead_out=1_950)
    assert musicbrainz_id(hidden) != musicbrainz_id(DISC)
    assert ctdb_toc_id(hidden) == ctdb_toc_id(DISC)  # it counts from the first track
    pcm = [pattern(1_500 * 588)]
    assert accuraterip_sums(hidden, pcm) == accuraterip_sums(DISC, pcm)


@given(
    lengths=st.lists(st.integers(1, 4_000), min_size=1, max_size=4),
    cuts=st.lists(st.integers(0, 64_000), max_size=6),
    seed=st.integers(0, 1_000),
)
@settings(max_examples=40, deadline=None)
def test_any_block_split_gives_the_sums_of_the_definition(
    lengths: list[int], cuts: list[int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    pcm = rng.integers(0, 256, sum(lengths) * 4, dtype=np.uint8).tobytes()
    summing = AccurateRip(lengths)
    places = [0, *sorted(min(cut, len(pcm)) for cut in cuts), len(pcm)]
    for begin, end in pairwise(places):
        summing.add(pcm[begin:end])
    assert list(summing.finish()) == slowly(pcm, lengths)


def test_99_tracks_are_exact(noise: Callable[[int], bytes]) -> None:
    starts = [150 + 7 * at for at in range(99)]
    disc = of_places(*starts, lead_out=150 + 7 * 99)
    pcm = noise(7 * 99)
    blocks = [pcm[at : at + 100_001] for at in range(0, len(pcm), 100_001)]
    assert list(accuraterip_sums(disc, blocks)) == slowly(pcm, [7 * 588] * 99)


def test_the_loudest_and_longest_track_does_not_overflow() -> None:
    n_samples, block = 90 * 60 * 44_100, b"\xff" * (1 << 22)
    summing = AccurateRip([n_samples])
    left = n_samples * 4
    while left:
        summing.add(block[:left])
        left -= min(left, len(block))
    (sums,) = summing.finish()
    places = range(2_940, n_samples - 2_940 + 1)
    total = sum((places[0], places[-1])) * len(places) // 2
    assert sums.v1 == -total % (1 << 32)
    # 0xFFFFFFFF times a place is the place minus one above, and its complement below.
    assert sums.v2 == (-total + total - len(places)) % (1 << 32)


@pytest.mark.slow
def test_a_minute_of_sound_takes_a_fraction_of_a_second() -> None:
    pcm = bytes(60 * 44_100 * 4)
    begin_s = time.perf_counter()
    accuraterip_sums(of_places(150, lead_out=150 + 4_500), [pcm])
    assert time.perf_counter() - begin_s < 1.0


@pytest.mark.parametrize(
    ("n_samples", "said"),
    [(1_500 * 588 + 1, "1 samples more"), (1_500 * 588 - 1, "an end in track 3 after 220499")],
)
def test_sound_of_another_length_is_refused(n_samples: int, said: str) -> None:
    with pytest.raises(EncodeError, match=said):
        accuraterip_sums(DISC, [pattern(n_samples)])
    with pytest.raises(EncodeError, match="an end in track 1 after 0 samples"):
        accuraterip_sums(DISC, [b"\0"])


def test_what_is_no_disc_has_no_id() -> None:
    with pytest.raises(EncodeError, match="TRACK"):
        musicbrainz_id(Disc((), 100))
