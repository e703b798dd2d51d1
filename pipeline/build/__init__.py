"""The one place that knows every stage: from the spec to what is sent."""

from pipeline.build.album import Built, build_album
from pipeline.build.session import Settings, Teller

__all__ = ["Built", "Settings", "Teller", "build_album"]
