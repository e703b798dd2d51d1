"""What is on the record, as text."""

import pytest

from pipeline.papers.labelcopy import CopyTrack, clock, label_copy

TRACKS = [
    CopyTrack(1, "Tide", "The Ferrymen", "GBAAA2600002", 75 * 191),
    CopyTrack(2, "Undertow, Part Two", "Ferry & Men", "", 75 * 60 + 38),
]
FACTS = {
    "album": "Low Water",
    "artist": "The Ferrymen",
    "label": "",
    "UPC/EAN": "5012345678900",
}


def test_the_label_copy_says_what_is_on_the_record() -> None:
    text = label_copy(TRACKS, facts=FACTS, deliverable="cd", revision="revision 2 · abcd")
    assert text == (
        "LABEL COPY\n"
        "\n"
        "album    Low Water\n"
        "artist   The Ferrymen\n"
        "UPC/EAN  5012345678900\n"
        "\n"
        "01  Tide                The Ferrymen  GBAAA2600002  3:11\n"
        "02  Undertow, Part Two  Ferry & Men   -             1:01\n"
        "\n"
        "total 4:12, silences between songs included\n"
        "cd · revision 2 · abcd\n"
    )


@pytest.mark.parametrize(
    ("sectors", "shown"),
    [(0, "0:00"), (37, "0:00"), (38, "0:01"), (75 * 59 + 37, "0:59"), (75 * 3600, "60:00")],
)
def test_lengths_are_rounded_to_the_second(sectors: int, shown: str) -> None:
    assert clock(sectors) == shown
