"""Segments rendered as one piece at each delivered rate, cut, and brought to their word length."""
