import pytest

from pipeline.build.orders import format_of
from pipeline.build.steps import FloatPiece, quantise_step
from pipeline.engine import Step
from pipeline.spec.model import CdImage, LosslessFiles

RENDERED = Step(
    "a/render@album-44100", "render.segment", "x:y", params={}, inputs={}, outputs=("audio/a",)
)
PIECE = FloatPiece(RENDERED.output("audio/a"), 588, 0)


def quantised(spec: CdImage | LosslessFiles) -> Step:
    wanted = format_of(spec, album_rate_hz=96_000)
    return quantise_step("a", PIECE, bits=wanted.bits, seconds=1.0, dither=wanted.dither_params)


def test_plain_dither_is_not_told_to_the_step_which_so_keeps_its_key() -> None:
    step = quantised(CdImage(kind="cd_image"))
    assert dict(step.params) == {"bits": 16, "start_samples": 588, "tail_samples": 0}
    assert step.name == "a/16-bit of render@album-44100+0"
    assert "scipy" not in step.tools


@pytest.mark.parametrize(
    ("kind", "rate_hz", "blank"), [("cd_image", 44_100, 4_410), ("files", 96_000, 9_600)]
)
def test_another_dither_is_told_with_its_rate(kind: str, rate_hz: int, blank: int) -> None:
    written = {"kind": kind, "dither": "shaped", "auto_blank": "100 ms"}
    if kind == "files":
        spec: CdImage | LosslessFiles = LosslessFiles.model_validate(
            written | {"format": "wav", "bits": 16}
        )
    else:
        spec = CdImage.model_validate(written)
    step = quantised(spec)
    assert step.params["dither"] == {
        "kind": "shaped",
        "sample_rate_hz": rate_hz,
        "blank_after_samples": blank,
    }
    assert "scipy" in step.tools  # it designs the curve
    assert step.name == f"a/16-bit shaped blank {blank} of render@album-44100+0"
