"""Words that are shorter than the file says."""

from __future__ import annotations

from collections.abc import Iterator
from math import log10

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.words import CODE_BITS, WordsFigures

CD_BITS = 16
STEP_OF_16_BITS = 256.0  # codes of 24 bits
# Own measurements: 16 bits times 0.7 take 0.6 % of the low codes of 24 bits, 179 apart; 24-bit
# mixes take 99.998 %. Below 12 codes, dither of the rounding fills the gaps.
LEAST_STEP = 12.0
LEAST_SHARE = 0.9
FEWEST_VALUES = 32


@check(
    "intake/word_length",
    rationale="""A file of 24 bits that was made from one of 16 has its noise and its steps,
    and is no high-resolution release; mostly the wrong bounce was sent.""",
)
def word_length(received: Surveyed) -> Iterator[Finding]:
    """The samples use the words that the file has."""
    facts, words = received.facts, received.survey.of(WordsFigures)
    if facts.is_lossy or (facts.bits <= CD_BITS and not facts.is_float):
        return
    if received.release_bits <= CD_BITS:
        return  # a CD alone uses no more
    if words.used_bits is not None and words.used_bits <= CD_BITS:
        yield _padded(facts.bits, words.used_bits, is_float=facts.is_float)
    elif _has_steps(words):
        yield _gained(words)


def _has_steps(words: WordsFigures) -> bool:
    own_step = 2.0 ** (CODE_BITS - (words.used_bits or CODE_BITS))
    return (
        words.n_values >= FEWEST_VALUES
        and (words.step_codes or 0.0) >= LEAST_STEP
        and words.step_share >= LEAST_SHARE
        # A converter of 20 bits has steps of its own, and they show in the words.
        and abs((words.step_codes or 0.0) - own_step) > 0.1
        # Few samples leave gaps too, but of all sizes; many samples leave none.
        and words.n_low >= 8 * words.n_values
    )


def _padded(bits: int, used_bits: int, *, is_float: bool) -> Finding:
    kind = "floating-point" if is_float else f"{bits}-bit"
    return Finding(
        Severity.WARN,
        "padded",
        f"every sample fits into {used_bits} bits: a {used_bits}-bit mix in a {kind} file",
        action="ask for the bounce at the word length of the session",
        evidence=Evidence(
            numbers=(("used_bits", float(used_bits)), ("stored_bits", float(bits)))
        ),
    )


def _gained(words: WordsFigures) -> Finding:
    step = words.step_codes or STEP_OF_16_BITS
    gain_db = 20.0 * log10(step / STEP_OF_16_BITS)
    return Finding(
        Severity.WARN,
        "turned-16-bits",
        f"the samples keep to the steps of 16 bits, {abs(gain_db):.1f} dB "
        f"{'up' if gain_db > 0 else 'down'}: a 16-bit mix whose level was changed afterwards",
        action="ask for the bounce at the word length of the session",
        evidence=Evidence(
            numbers=(
                ("step_in_codes_of_24_bits", round(step, 2)),
                ("step_of_24_bits", 1.0),
                ("share_of_gaps", round(words.step_share, 4)),
                ("gain_db", round(gain_db, 2)),
            )
        ),
    )
