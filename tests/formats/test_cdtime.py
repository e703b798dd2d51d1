from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats import cdtime
from formats.errors import EncodeError, FormatError

RATES_HZ = (44_100, 48_000, 88_200, 96_000, 176_400, 192_000)


@pytest.mark.parametrize(
    ("sectors", "msf"),
    [
        (0, "00:00:00"),
        (74, "00:00:74"),
        (cdtime.PREGAP_SECTORS, "00:02:00"),
        (cdtime.MIN_TRACK_SECTORS, "00:04:00"),
        (4_500, "01:00:00"),
        (cdtime.SAFE_LIMIT_SECTORS, "74:00:00"),
        (cdtime.COMMON_LIMIT_SECTORS, "79:57:00"),
        (cdtime.LAST_SECTOR, "99:59:74"),
    ],
)
def test_sectors_are_written_as_minutes_seconds_and_sectors(sectors: int, msf: str) -> None:
    assert cdtime.sectors_to_msf(sectors) == msf
    assert cdtime.msf_to_sectors(msf) == sectors


@given(st.integers(0, cdtime.LAST_SECTOR))
def test_disc_times_survive_writing_and_reading(sectors: int) -> None:
    assert cdtime.msf_to_sectors(cdtime.sectors_to_msf(sectors)) == sectors


@pytest.mark.parametrize("sectors", [-1, 450_000])
def test_a_time_that_no_disc_can_show_is_refused(sectors: int) -> None:
    with pytest.raises(EncodeError, match="99:59:74"):
        cdtime.sectors_to_msf(sectors)


@pytest.mark.parametrize(
    "text",
    [
        "00:00:75",
        "00:60:00",
        "100:00:00",
        "0:0",
        "00:00",
        "1:2:3:4",
        "-1:00:00",
        "",
        "aa:bb:cc",
        "٠٠:٠٠:٠٠",
    ],
)
def test_what_is_no_disc_time_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match="must be mm:ss:ff"):
        cdtime.msf_to_sectors(text)


def test_single_digits_are_read() -> None:
    assert cdtime.msf_to_sectors("1:2:3") == 4_500 + 150 + 3


@pytest.mark.parametrize(
    ("rate_hz", "samples"), [(44_100, 588), (48_000, 640), (96_000, 1_280), (75, 1)]
)
def test_a_sector_is_a_whole_number_of_samples(rate_hz: int, samples: int) -> None:
    assert cdtime.samples_per_sector(rate_hz) == samples
    assert cdtime.sectors_to_samples(3, rate_hz) == 3 * samples


@pytest.mark.parametrize("rate_hz", [32_000, 44_056, 8_000, 0, -75, 1])
def test_a_rate_that_75_does_not_divide_is_refused(rate_hz: int) -> None:
    with pytest.raises(EncodeError, match="no multiple of 75 Hz"):
        cdtime.sectors_to_samples(1, rate_hz)


@given(samples=st.integers(0, 10**10), rate_hz=st.sampled_from(RATES_HZ))
@settings(deadline=None)
def test_rounding_up_and_down_enclose_the_samples(samples: int, rate_hz: int) -> None:
    up = cdtime.samples_to_sectors_up(samples, rate_hz)
    down = cdtime.samples_to_sectors_down(samples, rate_hz)
    sector = cdtime.samples_per_sector(rate_hz)
    assert down * sector <= samples <= up * sector
    assert up - down == (0 if samples % sector == 0 else 1)


def test_a_bin_file_begins_two_seconds_into_the_disc() -> None:
    assert cdtime.disc_to_program_sectors(150) == 0
    assert cdtime.disc_to_program_sectors(675) == 525
    with pytest.raises(EncodeError, match="150"):
        cdtime.disc_to_program_sectors(149)


def test_the_sizes_of_a_sector_agree() -> None:
    assert cdtime.samples_per_sector(cdtime.CD_SAMPLE_RATE_HZ) == cdtime.SAMPLES_PER_SECTOR
    assert cdtime.BYTES_PER_SECTOR == cdtime.SAMPLES_PER_SECTOR * 2 * 2
