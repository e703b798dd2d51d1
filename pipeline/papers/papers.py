"""All papers of a deliverable, before and after its files are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipeline.findings import Finding
from pipeline.papers.labelcopy import LabelCopy
from pipeline.papers.pqsheet import PaperFile, PaperFinding, PqSheet

PAPERS_VERSION = 1


@dataclass(frozen=True, slots=True)
class Papers:
    """The models of everything that is printed; only a disc has a PQ sheet."""

    label_copy: LabelCopy
    pq_sheet: PqSheet | None = None

    def completed(self, files: Iterable[PaperFile], findings: Iterable[Finding]) -> Papers:
        """Return the papers of a deliverable that was made and judged.

        Parameters
        ----------
        files : iterable of PaperFile
            What is handed over.
        findings : iterable of Finding
            What was found; one that blocks the release is printed on top of each paper.
        """
        found = tuple(findings)
        held = tuple(each.message for each in found if each.blocks_release)
        heading = replace(self.label_copy.heading, held=held)
        label_copy = replace(self.label_copy, heading=heading)
        if self.pq_sheet is None:
            return Papers(label_copy)
        told = tuple(
            PaperFinding(each.severity.value, each.message, each.waived) for each in found
        )
        sheet = replace(self.pq_sheet, heading=heading, files=tuple(files), findings=told)
        return Papers(label_copy, sheet)
