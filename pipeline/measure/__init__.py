"""Measuring any file, without a spec: the command ``glassmaster measure``.

It reads as intake does, measures with the meters of `pipeline.dsp`, and knows no album.
"""
