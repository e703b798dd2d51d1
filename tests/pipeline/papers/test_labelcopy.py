"""What is on the record, as text and on A4."""

from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from pipeline.papers.heading import Heading
from pipeline.papers.labelcopy import CopyTrack, LabelCopy, clock, label_text
from pipeline.papers.printed import label_pdf

COPY = LabelCopy(
    Heading(
        "Low Water",
        "The Ferrymen",
        upc="5012345678900",
        deliverable="cd",
        revision=2,
        short_hash="abcd1234",
    ),
    (
        CopyTrack(1, "Tide", "The Ferrymen", "GBAAA2600002", 75 * 191),
        CopyTrack(2, "Undertow, Part Two", "Ferry & Men", "", 75 * 60 + 38),
    ),
    ((2, CopyTrack(0, "Ghost", "The Ferrymen", "GBAAA2600099", 75 * 10)),),
)


def squeezed(copy: LabelCopy) -> str:
    pages = PdfReader(BytesIO(label_pdf(copy))).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def test_the_label_copy_says_what_is_on_the_record() -> None:
    assert label_text(COPY) == (
        "LABEL COPY\n"
        "\n"
        "album    Low Water\n"
        "artist   The Ferrymen\n"
        "UPC/EAN  5012345678900\n"
        "\n"
        "01  Tide                The Ferrymen  GBAAA2600002  3:11\n"
        "02  Undertow, Part Two  Ferry & Men   -             1:01\n"
        "    Ghost               The Ferrymen  GBAAA2600099  0:10  hidden in 02\n"
        "\n"
        "total 4:12, silences between songs included\n"
        "cd · revision 2 · abcd1234\n"
    )


def test_every_word_of_the_text_is_on_the_printed_page() -> None:
    printed = squeezed(COPY)
    text = label_text(COPY).replace("hidden in 02", "in 02")
    words = {word for word in text.split() if word != "-"}
    assert not [word for word in words if word not in printed]


def test_what_is_not_for_release_says_so_on_top_of_both() -> None:
    held = replace(COPY, heading=replace(COPY.heading, held=("track 01 is clipped",)))
    assert label_text(held).startswith("*** NOT FOR RELEASE ***\n  track 01 is clipped\n\n")
    assert squeezed(held).startswith("NOTFORRELEASE")
    assert "track01isclipped" in squeezed(held)
    assert "RELEASE" not in squeezed(COPY)


@pytest.mark.parametrize(
    ("sectors", "shown"),
    [(0, "0:00"), (37, "0:00"), (38, "0:01"), (75 * 59 + 37, "0:59"), (75 * 3600, "60:00")],
)
def test_lengths_are_rounded_to_the_second(sectors: int, shown: str) -> None:
    assert clock(sectors) == shown
