"""Segments rendered as one piece at each rate, cut, and brought to their word length."""
