"""A chain: from what the spec says to what a step depends on, and to running processors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pydantic import BaseModel

from pipeline.dsp import Audio, Processor
from pipeline.dsp.automation import Automation, Point
from pipeline.dsp.linearphase import TooNarrowError
from pipeline.dsp.nodemeter import Metered, NodeLevels, NodeMeter
from pipeline.dsp.routing import Routed
from pipeline.dsp.stream import Chain
from pipeline.errors import ProcessingError
from pipeline.master.processors import FilterParameters, Parameters, Phase, make_filter
from pipeline.master.registry import parameters
from pipeline.spec.model import ChainItem, Routing, keys_of


@dataclass(frozen=True, slots=True)
class Link:
    """One processor of a running chain: its title, itself, and it with its routing."""

    title: str
    processor: Processor
    routed: Processor


class MasterChain:
    """The processors of a chain, aligned, with a log of what they did.

    Parameters
    ----------
    links : sequence of Link
        In the order of the signal; all fresh.
    """

    latency_samples = 0

    def __init__(self, links: Sequence[Link], *, sample_rate_hz: int) -> None:
        self._links = links
        self._nodes = [Metered(link.routed, sample_rate_hz=sample_rate_hz) for link in links]
        self._mix = NodeMeter(sample_rate_hz)
        self._chain = Chain(self._nodes)

    def process(self, block: Audio) -> Audio:
        """Process one stereo block of shape ``(n_samples, 2)``."""
        if self._links:
            self._mix.update(block)
        return self._chain.process(block)

    def flush(self) -> Audio:
        """Return what is still held back."""
        return self._chain.flush()

    def log(self) -> list[dict[str, Any]]:
        """Return what each processor that listens to the music did or heard, in JSON values."""
        return [entry for link in self._links for entry in _told(link)]

    def levels(self) -> list[dict[str, Any]]:
        """Return what meters showed of the mix and behind each processor, in JSON values.

        Empty for a chain without processors. Besides peak and level of each place: how far
        soft and loud lie apart there, and by how much attacks are lower than in the mix.
        """
        if not self._links:
            return []
        mix = self._mix.result()
        behind = zip(self._links, self._nodes, strict=True)
        places = [(link.title, node.meter.result()) for link, node in behind]
        return [_level("mix", mix, mix), *(_level(title, each, mix) for title, each in places)]


def _level(after: str, found: NodeLevels, mix: NodeLevels) -> dict[str, Any]:
    range_db = found.range_db
    return {
        "after": after,
        "peak_dbfs": round(found.peak_dbfs, 1),
        "rms_dbfs": round(found.rms_dbfs, 1),
        "range_db": None if range_db is None else round(range_db, 1),
        "attacks_lost_db": round(found.attacks_lost_db(mix), 1) + 0.0,
    }


def _told(link: Link) -> Iterator[dict[str, Any]]:
    """Yield the entries of a processor in the log; one for each part that has its own."""
    processor: Any = link.processor
    if hasattr(processor, "activities"):
        for part, activity in processor.activities:
            yield _reduction(f"{link.title}: {part}", activity)
    elif hasattr(processor, "activity"):
        yield _reduction(link.title, processor.activity)
    elif hasattr(processor, "told"):
        yield {"processor": link.title, **processor.told}


def _reduction(title: str, activity: Any) -> dict[str, Any]:
    return {
        "processor": title,
        "mean_reduction_db": round(activity.mean_db, 2),
        "max_reduction_db": round(activity.max_db, 2),
    }


def describe(items: Iterable[ChainItem]) -> list[dict[str, Any]]:
    """Return a chain in JSON values: all that decides its sound, written in one way only.

    Routing that changes nothing is not written, nor is a setting that came later and does not.
    """
    return [
        {
            "processor": item.name,
            "version": _checked(item.parameters).version,
            "parameters": _settings(item.parameters),
            **item.routing.written(),
        }
        for item in items
    ]


def processor_title(described: Mapping[str, Any]) -> str:
    """Return what people call a processor of a chain: ``compressor (mid, mix 40 %)``."""
    routing = [str(described["channels"])] if "channels" in described else []
    if "mix" in described:
        is_moved = isinstance(described["mix"], list)
        routing += ["mix moves" if is_moved else f"mix {described['mix']}"]
    return str(described["processor"]) + (f" ({', '.join(routing)})" if routing else "")


def build_chain(described: Iterable[Mapping[str, Any]], sample_rate_hz: int) -> MasterChain:
    """Return the running chain that `describe` wrote down, fresh.

    Raises
    ------
    ProcessingError
        If the sample rate cannot carry what a processor is asked for.
    """
    items = [_Item.read(each) for each in described]
    try:
        return MasterChain(_made(items, sample_rate_hz), sample_rate_hz=sample_rate_hz)
    except ValueError as error:
        names = ", ".join(item.title for item in items)
        is_narrow = isinstance(error, TooNarrowError)
        raise ProcessingError(
            f"chain ({names})", str(error), _WIDER if is_narrow else _LOWER
        ) from error


_LOWER = "lower the frequency, or bring a mix of a higher rate"
_WIDER = "lower its q, or give the band to a processor of its own with phase: minimum"


@dataclass(frozen=True, slots=True)
class _Item:
    title: str
    parameters: Parameters
    routing: Routing

    @classmethod
    def read(cls, described: Mapping[str, Any]) -> _Item:
        model = parameters()[described["processor"]]
        written = {key: described[key] for key in keys_of(Routing) if key in described}
        return cls(
            processor_title(described),
            _checked(model.model_validate(described["parameters"])),
            Routing.model_validate(written),
        )

    @property
    def filter_phase(self) -> Phase | None:
        """The phase of a filter that is nothing but that; else None."""
        if isinstance(self.parameters, FilterParameters) and not self.routing.written():
            return self.parameters.filter_phase()
        return None

    def link(self, sample_rate_hz: int) -> Link:
        processor = self.parameters.make(sample_rate_hz)
        if not self.routing.written():
            return Link(self.title, processor, processor)
        mix = _mix(self.routing, sample_rate_hz)
        routed = Routed(processor, channels=self.routing.channels, mix=mix)
        return Link(self.title, processor, routed)


def _mix(routing: Routing, sample_rate_hz: int) -> float | Automation:
    """Return how much of a processor is heard, 0 to 1, or how that moves."""
    if isinstance(routing.mix, float):
        return routing.mix / 100.0
    return Automation(
        [
            Point(each.at.to_samples(sample_rate_hz), each.mix_percent / 100.0, each.shape)
            for each in routing.mix
        ]
    )


def _made(items: Sequence[_Item], sample_rate_hz: int) -> list[Link]:
    """Make the processors; filters that follow one another become one: a single pass."""
    made: list[Link] = []
    for phase, run in groupby(items, lambda item: item.filter_phase):
        if phase:
            made.append(_fused(list(run), phase, sample_rate_hz))
        else:
            made += [item.link(sample_rate_hz) for item in run]
    return made


def _fused(run: Sequence[_Item], phase: Phase, sample_rate_hz: int) -> Link:
    curves = [
        curve
        for item in run
        if isinstance(item.parameters, FilterParameters)
        for curve in item.parameters.curves()
    ]
    fused = make_filter(curves, phase, sample_rate_hz)
    return Link(" + ".join(item.title for item in run), fused, fused)


def _settings(model: BaseModel) -> Any:
    written = model.model_dump(mode="json", exclude_none=True)
    for key in _checked(model).later:
        if written[key] == type(model).model_fields[key].default:
            del written[key]
    return written


def _checked(model: object) -> Parameters:
    assert isinstance(model, Parameters), f"{type(model).__name__} is no model of parameters"
    return model
