"""Level: where each song goes, solved on the limited result."""
