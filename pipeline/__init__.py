"""Glassmaster: one album.yaml becomes a mastered, matched and verified record."""
