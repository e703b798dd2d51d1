"""The verifying step: facts of delivered audio, keyed by the audio alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formats.errors import FormatError
from pipeline.verify.inspect import inspect_file, inspect_stretch

if TYPE_CHECKING:
    from pipeline.engine import Job

INSPECT_VERSION = 3  # 3: the second opinion is on the loudest five seconds


def inspect_audio(job: Job) -> None:
    """Decode and measure one delivered track: ``facts``; damage is a result too."""
    path, stretch = job.input("audio"), job.hints.get("stretch")
    try:
        if stretch:
            facts = inspect_stretch(path, start_samples=stretch[0], n_samples=stretch[1])
        else:
            facts = inspect_file(path)
    except FormatError as error:
        job.write_json("facts", {"damage": str(error)})
    else:
        job.write_json("facts", facts.to_json())
