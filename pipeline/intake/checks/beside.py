"""Files beside the mixes that could not be looked into."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.intake.checks.received import ReceivedAlbum


@check(
    "intake/beside",
    rationale="What lies beside a mix may be the one that was meant; it is compared with it.",
)
def beside(album: ReceivedAlbum) -> Iterator[Finding]:
    """Every audio file beside the mixes could be heard."""
    for path, reason in album.not_read.items():
        yield Finding(
            Severity.INFO,
            "not-read",
            f"{path} lies beside the mixes and {reason}",
            action="put it elsewhere, or send it again",
        )
    if album.n_left_out:
        files = "file lies" if album.n_left_out == 1 else "files lie"
        yield Finding(
            Severity.INFO,
            "left-out",
            f"{album.n_left_out} more audio {files} beside the mixes, too many to be heard",
            action="give the mixes a folder of their own",
        )
