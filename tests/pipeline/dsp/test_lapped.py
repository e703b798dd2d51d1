import numpy as np
import pytest

from pipeline.dsp.lapped import TRANSFORMS, LappedTransform


@pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda each: each.coder)
def test_the_lines_of_neighbouring_blocks_do_not_hear_one_another(
    transform: LappedTransform,
) -> None:
    hop = transform.hop_samples
    numbers = [7, 8, 41, 42, hop // 2]
    waves = [transform.response(number) for number in numbers]
    size = len(waves[0]) + 2 * hop
    shifted = np.array(
        [
            np.pad(wave, (place * hop, size - len(wave) - place * hop))
            for wave in waves
            for place in (0, 1, 2)
        ]
    )
    # MPEG's filter bank reconstructs to -90 dB only; the others are exact.
    np.testing.assert_allclose(shifted @ shifted.T, np.eye(len(shifted)), atol=1e-4)


@pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda each: each.coder)
def test_a_line_sounds_at_its_frequency(transform: LappedTransform) -> None:
    line = transform.hop_samples // 3
    spectrum = np.abs(np.fft.rfft(transform.response(line), 16_384))
    place = spectrum.argmax() / (len(spectrum) - 1) * transform.hop_samples
    assert place == pytest.approx(line + 0.5, abs=1.0)
