"""How well the intake hears: faults put into clean programmes, and what is found of them."""

import sys
from pathlib import Path

# The instruments of the example record stand in `fixtures`, which is no package.
sys.path.append(str(Path(__file__).resolve().parents[2] / "fixtures"))
