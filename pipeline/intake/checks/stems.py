"""Stems that do not add up to the mix."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import ReceivedAlbum
from pipeline.intake.checks.relations import COPY_DB


@check(
    "intake/stems",
    rationale="""Stems are sent to be put together again; one that is missing is noticed when
    the studio has been cleared.""",
)
def stems(album: ReceivedAlbum) -> Iterator[Finding]:
    """The stems of a track add up to its mix."""
    for track, found in album.sums.items():
        if found.residual_db > COPY_DB:
            yield Finding(
                Severity.INFO,
                "sum-differs",
                f"advice: the {len(album.stems[track])} stems beside add up to the mix but for "
                f"{found.residual_db:.0f} dB; one may be missing, or the mix bus did more",
                track=track,
                action="ask for all stems, and what is on the mix bus",
                evidence=Evidence(
                    numbers=(
                        ("difference_db", found.residual_db),
                        ("difference_limit_db", COPY_DB),
                        ("gain_db", found.gain_db),
                    )
                ),
            )
