"""Room for what encoders add to the peaks."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.spec.lint.written import Written
from pipeline.spec.model import Mp3Files

HIGHEST_DBTP = -1.0  # AES TD1008: highest true peak at the input of a codec
HIGHEST_AT_HIGH_RATES_DBTP = -0.5  # the same, at about 256 kbit/s and more
HIGH_RATE_KBPS = 256


@check(
    "spec/ceiling",
    rationale="""An encoder moves the peaks, and what decodes over full scale is clipped in the
    player. AES TD1008 allows -1 dBTP at the input of a codec, -0.5 dBTP at high bit rates; what
    is sold to services is encoded by them.""",
)
def ceiling(written: Written) -> Iterator[Finding]:
    """The ceiling leaves room for the encoders behind it."""
    sold = {name for name, each, *_ in written.on_sale() if each.kind == "files"}
    editions = {edition.id: edition for edition in written.editions()}
    for name, each in written.spec.deliverables.items():
        limiter = editions[each.edition or ""].limiter
        if limiter is None or not (isinstance(each, Mp3Files) or name in sold):
            continue
        is_high = isinstance(each, Mp3Files) and each.kbps >= HIGH_RATE_KBPS
        highest = HIGHEST_AT_HIGH_RATES_DBTP if is_high else HIGHEST_DBTP
        if limiter.ceiling_dbtp > highest:
            at = ("editions", each.edition) if each.edition else ()
            yield written.finding(
                Severity.WARN,
                "no-room",
                f"a ceiling of {_dbtp(limiter.ceiling_dbtp)} leaves {name} no room for what "
                f"its encoder adds; {_dbtp(highest)} does",
                at=(*at, "limiter", "ceiling"),
                action=f"ceiling: {highest:g} dBTP",
            )


def _dbtp(level: float) -> str:
    return f"{level:g} dBTP".replace("-", "−")
