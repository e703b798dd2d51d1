"""A printed paper: A4, its revision on every page, embedded fonts, equal bytes for equal text.

The one module that imports fpdf2. It takes a quarter of a second, so that whoever writes papers
imports this module when one is written.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Literal

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, VAlign
from fpdf.fonts import FontFace

from pipeline.papers.heading import NOT_FOR_RELEASE, Heading

_FONTS = Path(__file__).with_name("fonts")
# Condensed: titles get the room that eleven columns leave, and its figures are of one width.
_MAIN = "DejaVuSansCondensed"
_FALLBACK = "DroidSansFallback"
# A paper has the date of the release printed; that of its file would be a clock's.
_NO_DATE = datetime(1980, 1, 1, tzinfo=UTC)

_MARGIN_MM = 13
_TEXT_PT = 10
_TABLE_PT = 9
_SMALL_PT = 8
_LINE_MM, _ROW_MM = 5.2, 4.5
_INK, _FAINT, _RULE, _BAND, _RED = 25, 105, 150, 243, (190, 20, 30)


class Paper(FPDF):
    """A paper that is being printed.

    Parameters
    ----------
    title : str
        What kind of paper it is.
    heading : Heading
        Which record it is; its stamp is on every page, and whether it is for release.
    orientation : str
        ``portrait`` or ``landscape``.
    """

    def __init__(
        self,
        title: str,
        heading: Heading,
        *,
        orientation: Literal["portrait", "landscape"] = "portrait",
    ) -> None:
        super().__init__(orientation=orientation, unit="mm", format="A4")
        self._kind, self._heading = title, heading
        self._replaced: set[str] = set()
        self.set_creation_date(_NO_DATE)
        self.set_title(f"{title}: {heading.album}")
        self.set_producer("Glassmaster")
        self.set_margin(_MARGIN_MM)
        self.set_auto_page_break(True, margin=_MARGIN_MM + 8)
        self.add_font(_MAIN, "", _FONTS / f"{_MAIN}.ttf")
        self.add_font(_MAIN, "B", _FONTS / f"{_MAIN}-Bold.ttf")
        self.add_page()

    def header(self) -> None:
        """Print the head of a page; the library calls it for each."""
        if self._heading.is_held:
            self._band()
        self._ink(_INK)
        self.set_font(_MAIN, "B", 15)
        self.cell(60, 8, self._kind)
        self.set_font(_MAIN, "", _TEXT_PT)
        told = [self._heading.catalog_number, self._heading.artist, self._heading.album]
        self.set_x(self.l_margin + 60)
        self.multi_cell(
            self.epw - 60,
            8,
            self._shortened(" · ".join(each for each in told if each), self.epw - 62),
            align="RIGHT",
            new_x="LMARGIN",
            new_y="NEXT",
        )
        self._rule()
        self.ln(3)

    def footer(self) -> None:
        """Print the foot of a page; the library calls it for each."""
        self.set_y(-_MARGIN_MM - 5)
        self._rule()
        self._ink(_FAINT)
        self.set_font(_MAIN, "", _SMALL_PT + 1)
        held = f"{NOT_FOR_RELEASE} · " if self._heading.is_held else ""
        self.cell(self.epw - 30, 6, self.fitting(held + self._heading.stamp))
        # How many pages there will be is filled in at the end. Until then it is as wide as the
        # number of this one, so that the foot of the last page ends at the margin.
        number = self.page_no()
        self.set_x(-_MARGIN_MM - 1 - self.get_string_width(f"page {number} of {number}"))
        self.cell(0, 6, f"page {number} of {{nb}}")

    def facts(self, values: Mapping[str, str], *, n_columns: int = 1) -> None:
        """Print named values below one another, in so many columns."""
        self._ink(_INK)
        self.set_font(_MAIN, "", _TEXT_PT)
        n_rows = -(-len(values) // n_columns)
        shown = list(values.items())
        with self.table(
            col_widths=(38, self.epw / n_columns - 38) * n_columns,
            text_align=("LEFT",) * 2 * n_columns,
            borders_layout=TableBordersLayout.NONE,
            first_row_as_headings=False,
            line_height=_LINE_MM,
            padding=(0, 0.8),
            v_align=VAlign.T,
        ) as table:
            for number in range(n_rows):
                row = table.row()
                for name, text in shown[number::n_rows]:
                    row.cell(self.fitting(name), style=FontFace(color=_FAINT))
                    row.cell(self.fitting(text), style=FontFace(emphasis="BOLD"))
        self.ln(3)

    def section(self, title: str) -> None:
        """Print the title of a section, with room for what follows."""
        if self.will_page_break(4 * _LINE_MM):
            self.add_page()
        self.ln(2)
        self._ink(_FAINT)
        self.set_font(_MAIN, "B", _SMALL_PT + 1)
        self.cell(0, _LINE_MM + 1, title, new_x="LMARGIN", new_y="NEXT")

    def lines(self, texts: Iterable[str], *, size_pt: float = _TEXT_PT) -> None:
        """Print sentences, each as a paragraph."""
        self._ink(_INK)
        self.set_font(_MAIN, "", size_pt)
        for text in texts:
            self.multi_cell(
                0, _LINE_MM, self.fitting(text), align="LEFT", new_x="LMARGIN", new_y="NEXT"
            )

    def columns(
        self,
        names: Sequence[str],
        rows: Iterable[tuple[Sequence[str], bool]],
        *,
        widths: Sequence[float],
        align: Sequence[str],
        strong: Sequence[int] = (),
    ) -> None:
        """Print a table whose head is repeated on each page.

        Parameters
        ----------
        names : sequence of str
            Heads of the columns.
        rows : iterable of (sequence of str, bool)
            Cells, and whether the row is a main one: the others are grey.
        widths : sequence of float
            Widths in relation to one another.
        align : sequence of str
            ``LEFT`` or ``RIGHT`` for each column.
        strong : sequence of int
            The columns that are bold in main rows.
        """
        self._ink(_INK)
        self.set_font(_MAIN, "", _TABLE_PT)
        self.set_draw_color(_RULE)
        self.set_line_width(0.15)
        head = FontFace(emphasis="BOLD", size_pt=_SMALL_PT, color=_FAINT)
        shown = list(rows)
        # Bands lead the eye from a time to its title; where every row is a main one, they would
        # only be grey.
        is_mixed = not all(is_main for _, is_main in shown)
        shades = {
            True: FontFace(fill_color=_BAND) if is_mixed else None,
            False: FontFace(color=_FAINT),
        }
        with self.table(
            col_widths=tuple(widths),
            text_align=tuple(align),
            borders_layout=TableBordersLayout.SINGLE_TOP_LINE,
            headings_style=head,
            line_height=_ROW_MM,
            v_align=VAlign.T,
        ) as table:
            for cells, is_main in [(names, True), *shown]:
                row = table.row(style=shades[is_main] if cells is not names else None)
                for place, text in enumerate(cells):
                    bold = FontFace(emphasis="BOLD") if is_main and place in strong else None
                    # Where a figure ends and a text begins, they must not touch.
                    right_mm = 3.0 if align[place] == "RIGHT" else 0.8
                    row.cell(
                        self.fitting(text), style=bold, padding=(0.35, right_mm, 0.35, 0.8)
                    )

    def printed(self) -> bytes:
        """Return the file, after a word about letters that could not be printed."""
        if self._replaced:
            self.ln(3)
            self.lines(
                [
                    "‹U+…› stands for a letter that the fonts of this paper do not have; the "
                    "text beside it has all of them"
                ],
                size_pt=_SMALL_PT,
            )
        return bytes(self.output())

    def fitting(self, text: str) -> str:
        """Return a text in letters that are there; what is not is named by its number.

        Raises nothing and drops nothing: a box, or a gap, would be taken for the title.
        """
        composed = unicodedata.normalize("NFC", " ".join(text.split()))
        return "".join(self._letter(each) for each in composed)

    def _letter(self, letter: str) -> str:
        # Scripts from right to left need their letters joined, which nothing here does.
        if unicodedata.bidirectional(letter) not in ("R", "AL"):
            if ord(letter) in _letters(f"{_MAIN}-Bold"):  # which has 20 letters fewer
                return letter
            if ord(letter) in _letters(_FALLBACK):
                self._bring_fallback()
                return letter
        self._replaced.add(letter)
        return f"‹U+{ord(letter):04X}›"

    def _bring_fallback(self) -> None:
        """Load the East Asian font when the first letter asks for it: it has 3 MB."""
        if _FALLBACK.lower() not in self.fonts:
            self.add_font(_FALLBACK, "", _FONTS / f"{_FALLBACK}.ttf")
            self.set_fallback_fonts([_FALLBACK], exact_match=False)

    def _shortened(self, text: str, width_mm: float) -> str:
        fitting = self.fitting(text)
        if self.get_string_width(fitting) <= width_mm:
            return fitting
        while fitting and self.get_string_width(f"{fitting}…") > width_mm:
            fitting = fitting[:-1]
        return f"{fitting.rstrip()}…"

    def _band(self) -> None:
        self.set_fill_color(*_RED)
        self.set_text_color(255)
        self.set_font(_MAIN, "B", 13)
        self.cell(
            0, 8.5, NOT_FOR_RELEASE, align="CENTER", fill=True, new_x="LMARGIN", new_y="NEXT"
        )
        self.ln(2)

    def _rule(self) -> None:
        self.set_draw_color(_RULE)
        self.set_line_width(0.2)
        self.line(self.l_margin, self.y, self.w - self.r_margin, self.y)

    def _ink(self, grey: int) -> None:
        self.set_text_color(grey)


@cache
def _letters(name: str) -> frozenset[int]:
    with TTFont(_FONTS / f"{name}.ttf", lazy=True) as font:
        return frozenset(font.getBestCmap())
