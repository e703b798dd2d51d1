import numpy as np
import numpy.typing as npt
import pytest
from scipy.signal import lfilter

from pipeline.dsp.clicks import (
    Evidence,
    find_click,
    mend,
    misfit,
    sharp_bends,
)

RATE_HZ = 48_000
N = 3000
SEARCH = slice(1400, 1600)
WORD_FOR_IT, STRICT = Evidence(8.0), Evidence(25.0, 4.0, 2.0, 2.5)
Mono = npt.NDArray[np.float64]


def music(seed: int = 1, n_samples: int = N) -> Mono:
    """Return two resonances, moved by noise: its own past predicts it but for 1 %."""
    poles = np.array([0.995 * np.exp(0.05j), 0.98 * np.exp(0.4j)])
    noise = np.random.default_rng(seed).normal(0.0, 1.0, n_samples + 4000)
    full = lfilter([1.0], np.poly(np.concatenate((poles, poles.conj()))).real, noise)[4000:]
    return np.asarray(0.1 * full / full.std())


def clicked(clean: Mono, first: int, n_samples: int, size: float = 0.3) -> Mono:
    damaged = clean.copy()
    signs = np.random.default_rng(first).choice([-1.0, 1.0], n_samples)
    damaged[first : first + n_samples] += size * signs
    return damaged


def snr_db(clean: Mono, repaired: Mono, gap: slice) -> float:
    return float(
        10 * np.log10((clean[gap] ** 2).sum() / ((repaired[gap] - clean[gap]) ** 2).sum())
    )


@pytest.mark.parametrize("evidence", [WORD_FOR_IT, STRICT])
@pytest.mark.parametrize("n_samples", [1, 2, 5, 12, 20])
def test_a_click_is_found_where_it_is(n_samples: int, evidence: Evidence) -> None:
    for seed in range(10):
        damaged = clicked(music(seed), 1480, n_samples)
        found = find_click(damaged, SEARCH, longest=34, evidence=evidence)
        assert found is not None
        assert found.start < 1480
        assert found.stop >= 1480 + n_samples
        assert found.stop - found.start <= n_samples + 8


def test_music_has_no_clicks() -> None:
    for seed in range(50):
        assert find_click(music(seed), SEARCH, longest=34, evidence=WORD_FOR_IT) is None


def test_what_lasts_too_long_is_left_alone() -> None:
    damaged = clicked(music(), 1450, 60)
    assert find_click(damaged, SEARCH, longest=34, evidence=WORD_FOR_IT) is None
    assert find_click(damaged, SEARCH, longest=70, evidence=WORD_FOR_IT) is not None


def test_one_of_a_row_is_the_music() -> None:
    row = music()
    row[::100] += 0.3
    assert find_click(row, SEARCH, longest=34, evidence=STRICT) is None


def test_the_start_of_a_note_is_no_click() -> None:
    for seed in range(10):
        note = music(seed)
        note[:1490] *= 0.05
        note[1490:1492] += 0.2
        assert find_click(note, SEARCH, longest=34, evidence=STRICT) is None


@pytest.mark.parametrize(
    ("n_samples", "least_db"), [(1, 40.0), (4, 30.0), (12, 20.0), (24, 10.0)]
)
def test_what_is_put_in_is_near_what_was_there(n_samples: int, least_db: float) -> None:
    gap = slice(1480, 1480 + n_samples)
    mended_db, straight_db = [], []
    for seed in range(30):
        clean = music(seed)
        damaged = clicked(clean, gap.start, n_samples)
        line = damaged.copy()
        line[gap] = np.linspace(clean[1479], clean[gap.stop], n_samples + 2)[1:-1]
        mended_db.append(snr_db(clean, mend(damaged, gap), gap))
        straight_db.append(snr_db(clean, line, gap))
    assert np.median(mended_db) > least_db
    assert np.median(mended_db) > np.median(straight_db) + 6.0


def test_mending_touches_nothing_else() -> None:
    damaged, gap = clicked(music(), 1480, 7), slice(1479, 1489)
    before, mended = damaged.copy(), mend(damaged, gap)
    np.testing.assert_array_equal(damaged, before)
    outside = np.r_[: gap.start, gap.stop : N]
    np.testing.assert_array_equal(mended[outside], damaged[outside])


def test_a_repair_fits_into_music_and_not_where_a_note_is_cut_off() -> None:
    gap = slice(1478, 1498)
    for seed in range(10):
        clean = music(seed)
        assert misfit(mend(clean, gap), gap) < STRICT.most_misfit
        other = 0.6 * np.sign(music(seed + 100)[gap.stop]) + music(seed + 100)
        cut = np.concatenate((clean[: gap.start + 10], other[gap.start + 10 :]))
        assert misfit(mend(cut, gap), gap) > STRICT.most_misfit


def test_a_click_in_digital_silence_becomes_silence() -> None:
    silence = np.zeros(N)
    silence[1490:1493] = 0.1
    found = find_click(silence, SEARCH, longest=34, evidence=WORD_FOR_IT)
    assert found is not None
    assert np.abs(mend(silence, found)).max() < 1e-12


def test_sharp_bends_are_looked_for_cell_by_cell() -> None:
    cells = range(600, 2400, 300)
    calm = np.sin(0.01 * np.arange(N))
    assert not list(sharp_bends(calm, cells))
    calm[1300] += 0.01
    assert list(sharp_bends(calm, cells)) == [1200]
