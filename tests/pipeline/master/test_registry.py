import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

import pipeline.master.processors
from pipeline.master.processors import Parameters
from pipeline.master.registry import PROCESSORS, parameters


def test_every_file_of_a_processor_is_registered() -> None:
    folder = Path(pipeline.master.processors.__path__[0])
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == set(PROCESSORS)


@pytest.mark.parametrize("name", PROCESSORS)
def test_every_processor_has_a_model_and_a_version(name: str) -> None:
    model = parameters()[name]
    assert issubclass(model, BaseModel)
    assert issubclass(model, Parameters)
    assert model.version >= 1
    assert model.model_config["frozen"]
    assert model.__doc__
    assert json.dumps(model.model_json_schema())


WRITTEN = {
    "dc_removal": {"below": "2 Hz"},
    "hum_removal": {
        "mains": "50 Hz",
        "harmonics": 8,
        "width": "1 Hz",
        "depth": "40 dB",
        "up_to": "-50 dBFS",
    },
    "declick": {"at": ["62.345 s"], "within": "5 ms", "longest": "0.7 ms"},
    "high_pass": {"at": "25 Hz", "slope": "24 dB/oct", "phase": "minimum"},
    "low_pass": {"at": "16000 Hz", "slope": "48 dB/oct", "phase": "linear"},
    "eq": [
        {"bell": {"at": "320 Hz", "gain": "-1.2 dB", "q": "0.9"}},
        {"tilt": {"at": "700 Hz", "gain": "0.5 dB"}},
        {"notch": {"at": "50 Hz", "q": "30"}},
    ],
    "dynamic_eq": {
        "bands": [
            {
                "shape": "bell",
                "at": "240 Hz",
                "q": "1.4",
                "threshold": "-30 dB",
                "ratio": "2",
                "range": "-4 dB",
                "knee": "6 dB",
                "attack": "10 ms",
                "release": "100 ms",
            }
        ],
        "lookahead": "0 ms",
        "link": "100 %",
    },
    "resonance_tamer": {
        "threshold": "6 dB",
        "depth": "50 %",
        "range": "4 dB",
        "low": "150 Hz",
        "high": "16000 Hz",
        "attack": "20 ms",
        "release": "150 ms",
    },
    "deesser": {
        "threshold": "-8 dB",
        "at": "6500 Hz",
        "shape": "bell",
        "q": "1",
        "ratio": "4",
        "range": "6 dB",
        "attack": "0.5 ms",
        "release": "60 ms",
        "lookahead": "2 ms",
    },
    "compressor": {
        "threshold": "-18 dB",
        "ratio": "1.6",
        "attack": "20 ms",
        "release": "auto",
        "timing": "smooth",
        "knee": "6 dB",
        "lookahead": "0 ms",
        "sidechain_high_pass": "80 Hz",
        "rms": "off",
        "link": "100 %",
        "range": "off",
        "makeup": "0 dB",
    },
    "multiband": {
        "bands": [
            {
                "up_to": "120 Hz",
                "threshold": "-24 dB",
                "ratio": "2",
                "attack": "30 ms",
                "release": "200 ms",
                "knee": "6 dB",
                "range": "4 dB",
                "gain": "0.5 dB",
            },
            {
                "threshold": "off",
                "ratio": "1.5",
                "attack": "20 ms",
                "release": "auto",
                "knee": "6 dB",
                "range": "4 dB",
                "gain": "0 dB",
            },
        ],
        "phase": "linear",
        "link": "100 %",
    },
    "saturation": {"character": "tape", "drive": "3 dB"},
    "width": {"amount": "110 %"},
    "mono_bass": {"below": "120 Hz", "slope": "12 dB/oct"},
    "balance": "0.5 dB",
    "gain": "-2 dB",
    "gain_ride": [
        {"at": "58 s", "gain": "0 dB", "shape": "smooth"},
        {"at": "62 s", "gain": "-1.5 dB", "shape": "straight"},
    ],
    "invert": {},
    "swap": {},
}


@pytest.mark.parametrize("name", PROCESSORS)
def test_parameters_are_read_and_written_as_the_spec_writes_them(name: str) -> None:
    read = parameters()[name].model_validate(WRITTEN[name])
    assert read.model_dump(mode="json", exclude_none=True) == WRITTEN[name]


def test_a_compressor_needs_a_threshold_and_a_ratio_only() -> None:
    model = parameters()["compressor"]
    short = model.model_validate({"threshold": "-18 dB", "ratio": "1.6:1"})
    assert short == model.model_validate(WRITTEN["compressor"])


def test_a_deesser_needs_a_threshold_only() -> None:
    model = parameters()["deesser"]
    short = model.model_validate({"threshold": "-8 dB"})
    assert short == model.model_validate(WRITTEN["deesser"])


@pytest.mark.parametrize(
    ("name", "written", "message"),
    [
        ("gain", "-2", "'-2' has no unit; write -2 dB"),
        ("gain", "30 dB", "30 dB is outside -60 dB to 24 dB"),
        (
            "high_pass",
            {"at": "25 Hz", "slope": "13 dB/oct"},
            "13 dB/oct is not a slope here; write 6, 12, 18, 24, 30, 36, 42 or 48 dB/oct",
        ),
        (
            "low_pass",
            {"at": "25 kHz"},
            "25000 Hz is outside 200 Hz to 20000 Hz",
        ),
        ("eq", {}, "a band has no shape; write bell, low_shelf, high_shelf, tilt or notch"),
        (
            "eq",
            {
                "bell": {"at": "1 kHz", "gain": "1 dB"},
                "high_shelf": {"at": "8 kHz", "gain": "1 dB"},
            },
            "one band has bell and high_shelf; write a list with one shape to each band",
        ),
        (
            "compressor",
            {"threshold": "-18 dB", "ratio": "2", "release": "soon"},
            "'soon' is not a time; write for example 200 ms, or auto",
        ),
        ("width", {"amount": "250 %"}, "250 % is outside 0 % to 200 %"),
    ],
)
def test_a_wrong_parameter_is_explained(name: str, written: object, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parameters()[name].model_validate(written)
    assert [error["msg"] for error in caught.value.errors()] == [f"Value error, {message}"]


def test_planning_loads_no_signal_processing() -> None:
    code = (
        "import sys; from pipeline.master.chain import describe; "
        "from pipeline.master.registry import parameters; parameters(); "
        "print(sorted({'numba', 'scipy', 'soxr', 'soundfile'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
