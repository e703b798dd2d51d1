"""Lint: what is no error in a spec, but would be sent back, or was hardly meant.

Errors stop the command (`pipeline.spec.checks`); what stands here are findings, and `intent`
waives each of them by its name. Nothing is ever rewritten. A check's id is its path:
`spec/title_case` lives in ``title_case.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipeline.findings import Check, Finding
from pipeline.spec.lint.aim import aim
from pipeline.spec.lint.artist_names import artist_names
from pipeline.spec.lint.cd_text import cd_text
from pipeline.spec.lint.ceiling import ceiling
from pipeline.spec.lint.complete import complete
from pipeline.spec.lint.dates import dates
from pipeline.spec.lint.duplicates import duplicates
from pipeline.spec.lint.featured import featured
from pipeline.spec.lint.isrc import isrc
from pipeline.spec.lint.lengths import lengths
from pipeline.spec.lint.products import products
from pipeline.spec.lint.title_case import title_case
from pipeline.spec.lint.title_generic import title_generic
from pipeline.spec.lint.title_signs import title_signs
from pipeline.spec.lint.title_traces import title_traces
from pipeline.spec.lint.title_version import title_version
from pipeline.spec.lint.title_words import title_words
from pipeline.spec.lint.todo import todo
from pipeline.spec.lint.upc import upc
from pipeline.spec.lint.written import SongFacts, Written

CHECKS: tuple[Check, ...] = (
    todo,
    isrc,
    upc,
    complete,
    products,
    dates,
    duplicates,
    title_case,
    title_generic,
    title_signs,
    title_traces,
    title_version,
    title_words,
    featured,
    artist_names,
    cd_text,
    aim,
    ceiling,
    lengths,
)
"""Every rule, in the order in which its findings are told."""


def findings(written: Written) -> tuple[Finding, ...]:
    """Return what every rule has to say about a spec; what is inherited is said once."""
    spec = written.spec
    reasons = {"": spec.intent}
    for _, track in written.tracks():
        reasons[track.id] = {**spec.intent, **reasons.get(track.id, {}), **track.intent}
    found = (
        replace(each, check=rule.id, waived=_waived(rule, reasons[each.track]))
        for rule in CHECKS
        for each in rule.run(written)
    )
    return tuple(dict.fromkeys(found))


def _waived(rule: Check, reasons: Mapping[str, str]) -> str:
    return reasons.get(rule.id) or reasons.get(rule.id.removeprefix("spec/"), "")


__all__ = ["CHECKS", "SongFacts", "Written", "findings"]
