import numpy as np
import pytest
from pydantic import ValidationError

from pipeline.dsp.equaliser import bell, equaliser
from pipeline.master.processors.resonance_tamer import LoggedTamer, ResonanceTamer

RATE_HZ = 48_000
NOISE = np.random.default_rng(4).normal(0.0, 0.1, (4 * RATE_HZ, 2))


def made(**written: str) -> LoggedTamer:
    return ResonanceTamer.model_validate(written).make(RATE_HZ)


def test_it_tells_where_it_had_most_to_do() -> None:
    rings = equaliser([bell(520.0, 18.0, 20.0), bell(3_000.0, 24.0, 40.0)], RATE_HZ)
    tamer = made(depth="100 %", range="3 dB")
    tamer.process(rings.process(NOISE))
    tamer.flush()
    (first, most), (second, less) = tamer.activities
    assert (first, second) == ("around 3000 Hz", "around 520 Hz")
    assert most.max_db == pytest.approx(3.0)
    assert most.max_db > most.mean_db > less.mean_db > 0.5


def test_it_tells_that_nothing_stuck_out() -> None:
    tamer = made()
    tamer.process(NOISE)
    ((told, reduction),) = tamer.activities
    assert told == "nothing stuck out"
    assert (reduction.mean_db, reduction.max_db) == (0.0, 0.0)


def test_low_must_be_the_lower_one() -> None:
    with pytest.raises(ValidationError, match="low is 2000 Hz and high is 500 Hz; low must be"):
        made(low="2 kHz", high="500 Hz")
