"""Deliverables: recipes of their files, encoded, tagged, put together and published whole."""
