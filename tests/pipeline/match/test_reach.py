import pytest

from pipeline.match.reach import Aim, reach


def codes(*, aim: float, allowed: float | None, peak: float = -3.0) -> list[str]:
    return [each.code for each in reach.run(Aim(aim, -16.0, peak, -1.0, allowed))]


def test_gain_and_reduction_follow_from_loudness_and_peak() -> None:
    aim = Aim(-10.0, -16.0, -3.0, -1.0, 4.0)
    assert (aim.gain_db, aim.reduction_db) == pytest.approx((6.0, 4.0))


@pytest.mark.parametrize(
    ("aim", "allowed", "expected"),
    [
        (-10.0, 4.0, []),
        (-9.9, 4.0, ["out-of-reach"]),
        (-9.9, None, []),
        (-6.0, None, []),
        (-5.9, None, ["heavy"]),
        (-16.0, 0.0, []),
    ],
)
def test_a_song_that_needs_more_limiting_than_is_allowed_is_told(
    aim: float, allowed: float | None, expected: list[str]
) -> None:
    assert codes(aim=aim, allowed=allowed) == expected


def test_lower_peaks_bring_an_aim_into_reach() -> None:
    assert codes(aim=-8.0, allowed=4.0) == ["out-of-reach"]
    assert codes(aim=-8.0, allowed=4.0, peak=-6.0) == []


def test_the_sentence_says_what_is_needed_and_what_is_allowed() -> None:
    (told,) = reach.run(Aim(-8.0, -16.0, -3.0, -1.0, 4.0))
    assert told.message == (
        "needs +8.0 dB to reach −8 LUFS, and the limiter 6 dB at its highest peak; 4 dB are "
        "allowed, so it will stay softer"
    )
