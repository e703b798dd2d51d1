"""A build's results as the values a report is made of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from pipeline.assemble.timeline import Segment, Span, Timeline
from pipeline.build.handover import Delivered
from pipeline.build.orders import Order
from pipeline.build.parcels import target_of
from pipeline.build.preparing import Decided, Prepared
from pipeline.build.session import Session
from pipeline.build.work import EditionWork
from pipeline.dsp.loudness import pooled_loudness, short_term_lufs
from pipeline.engine import Results
from pipeline.intake.probe import codec_name
from pipeline.lock import BASE, Lock
from pipeline.report.data import (
    AlbumReport,
    DeliverableReport,
    EditionReport,
    LevelReport,
    MeasuredReport,
    PictureReport,
    SourceReport,
    TrackReport,
)
from pipeline.spec.model import TrackSpec
from pipeline.verify.inspect import AudioFacts

PICTURE_HOP_S = 0.5


class Reporter:
    """Gathers what a build knows into an `AlbumReport`."""

    def __init__(
        self,
        session: Session,
        prepared: Prepared,
        decided: Decided,
        *,
        rendered: Results,
        delivered: Iterable[Delivered],
    ) -> None:
        self._session, self._prepared, self._decided = session, prepared, decided
        self._rendered, self._delivered = rendered, list(delivered)
        self._album_rate_hz = prepared.album_rate_hz

    def report(self, lock: Lock, summary: str) -> AlbumReport:
        """Return the report of the whole build."""
        info = self._session.spec.album
        runs = (self._decided.mastered, self._rendered)
        ran = [name for each in runs for name in each.ran]
        reused = [name for each in runs for name in each.reused]
        return AlbumReport(
            title=info.title,
            artist=info.artist,
            label=info.label or "",
            release_date=info.release_date or "",
            revision=lock.revision,
            is_released=all(each.is_released for each in self._delivered),
            summary=summary,
            editions=tuple(
                self._edition(name, work) for name, work in self._prepared.works.items()
            ),
            deliverables=tuple(self._deliverable(each) for each in self._delivered),
            findings=self._decided.findings,
            remarks=tuple(str(remark) for remark in self._session.loaded.remarks),
            ran=tuple(ran),
            reused=tuple(reused),
        )

    def _edition(self, name: str, work: EditionWork) -> EditionReport:
        timeline = work.timeline
        opened = self._opened(name)
        facts = opened.facts if opened else {}
        tracks = tuple(
            self._track(
                name, work, timeline, span=span, number=number, facts=facts.get(span.track)
            )
            for number, span in enumerate(timeline.spans, start=1)
        )
        loudness = [
            each.measured.integrated_lufs
            for each in tracks
            if each.measured and each.measured.integrated_lufs is not None
        ]
        level = work.edition.level
        aim = "" if level.at_lufs is None else f"{level.match} at {level.at_lufs:g} LUFS"
        return EditionReport(
            id=name,
            title=work.edition.title,
            sample_rate_hz=self._album_rate_hz,
            length_s=timeline.n_sectors / 75,
            ceiling_dbtp=work.limiter.ceiling_dbtp if work.limiter else None,
            album_integrated_lufs=pooled_loudness(
                facts[span.track].measurement.energies
                for span in timeline.spans
                if span.track in facts
            ),
            loudest_track_lufs=max(loudness, default=None),
            aim=aim or level.match,
            tracks=tracks,
        )

    def _opened(self, edition: str) -> Delivered | None:
        """Return the deliverable that stands for an edition: lossless, at the album's rate."""
        of_edition = [
            each
            for each in self._delivered
            if (each.parcel.order.spec.edition or "") == edition
        ]

        def fitness(each: Delivered) -> tuple[bool, bool, int]:
            wanted = each.parcel.order.format
            at_album_rate = wanted.sample_rate_hz == self._album_rate_hz
            return (wanted.bits > 0, at_album_rate, wanted.bits)

        return max(of_edition, key=fitness, default=None)

    def _track(
        self,
        edition: str,
        work: EditionWork,
        timeline: Timeline,
        *,
        span: Span,
        number: int,
        facts: AudioFacts | None,
    ) -> TrackReport:
        track = work.edition.track(span.track)
        reduction = self._reduction(edition, timeline.segment_of(track.id), track.id)
        return TrackReport(
            id=track.id,
            number=number,
            title=track.title,
            artist=track.artist or self._session.spec.album.artist,
            isrc=track.isrc or "",
            start_s=span.start_sectors / 75,
            length_s=(span.sound_end_sectors - span.start_sectors) / 75,
            gap_before_s=round(float(span.gap_before_s), 4),
            join=_join(track),
            source=self._source(track),
            level=self._level(edition, track.id),
            processors=tuple(self._told(work, track.id)["processors"]),
            levels=tuple(self._told(work, track.id).get("levels", ())),
            max_reduction_db=reduction.get("max_reduction_db"),
            mean_reduction_db=reduction.get("mean_reduction_db"),
            measured=_measured(facts) if facts else None,
            picture=_picture(facts, reduction) if facts else None,
        )

    def _source(self, track: TrackSpec) -> SourceReport:
        facts = self._prepared.intake.facts[track.id]
        locked = self._session.locked_sources(self._prepared.intake)[track.id]
        return SourceReport(
            locked.file,
            locked.sha256,
            codec_name(facts),
            facts.sample_rate_hz,
            round(facts.duration_s, 3),
            is_finished=track.master is not None,
            is_upsampled=facts.sample_rate_hz < self._album_rate_hz,
        )

    def _level(self, edition: str, track: str) -> LevelReport | None:
        decision = self._decided.decisions[edition].levels.get(track)
        if decision is None:
            return None
        before = self._session.lock.edition(edition or BASE).levels.get(track)
        return LevelReport(
            decision.gain_db,
            decision.aim_lufs,
            decision.limited_lufs,
            decision.integrated_lufs,
            decision.reason,
            is_frozen=before == decision,
        )

    def _told(self, work: EditionWork, track: str) -> Mapping[str, Any]:
        """Return the log of a track's chain."""
        log = self._decided.mastered.artifact(work.masters[track].output("log"))
        return self._session.read_mapping(log)

    def _reduction(self, edition: str, segment: Segment, track: str) -> dict[str, Any]:
        """Return what the limiter did to a track at the rate of the report's measurements."""
        opened = self._opened(edition)
        if opened is None:
            return {}
        order: Order = opened.parcel.order
        for step in order.rendered:
            if f"audio/{track}" in step.outputs:
                data = self._session.read_json(self._rendered.artifact(step.output("log")))
                assert isinstance(data, dict)
                limiter = data["limiter"]
                if limiter:
                    return {**limiter["tracks"][track], "bin_s": limiter["bin_s"]}
        return {}

    def _deliverable(self, each: Delivered) -> DeliverableReport:
        order, manifest = each.parcel.order, each.manifest
        return DeliverableReport(
            name=each.parcel.name,
            kind=order.spec.kind,
            edition=order.work.edition.id,
            folder=target_of(self._session, each.parcel.name)
            .relative_to(self._session.loaded.folder)
            .as_posix(),
            format=_format(order),
            revision=each.parcel.revision,
            content=each.parcel.content,
            status=each.status,
            is_released=each.is_released,
            n_files=len(manifest.files),
            size_bytes=sum(file.size_bytes for file in manifest.files),
            checks=each.checks,
            findings=each.findings,
            not_checked=each.not_checked,
            disc_ids=manifest.disc_ids,
            accuraterip=tuple(sums for file in manifest.files for sums in file.accuraterip),
        )


def _format(order: Order) -> str:
    wanted = order.format
    rate = f"{wanted.sample_rate_hz / 1000:g} kHz"
    if wanted.kbps:
        return f"MP3 {wanted.kbps} kbit/s, {rate}"
    disc = "DDP fileset" if order.spec.kind == "ddp" else "CD image"
    name = {"bin": disc, "wav": "WAV", "flac": "FLAC"}[wanted.name]
    return f"{name}, {wanted.bits}-bit {rate}"


def _join(track: TrackSpec) -> str:
    if track.crossfade_from:
        return f"crossfade from {track.crossfade_from}"
    return f"segue from {track.segue_from}" if track.segue_from else ""


def _measured(facts: AudioFacts) -> MeasuredReport:
    found = facts.measurement
    return MeasuredReport(
        _rounded(found.integrated_lufs),
        _rounded(found.max_short_term_lufs),
        _rounded(found.max_momentary_lufs),
        _rounded(found.loudness_range_lu),
        round(found.true_peak_dbtp, 2),
        round(found.sample_peak_dbfs, 2),
        _rounded(found.plr_db),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _picture(facts: AudioFacts, reduction: Mapping[str, Any]) -> PictureReport:
    curve = short_term_lufs(facts.measurement.energies)
    step = max(1, round(PICTURE_HOP_S * 10))
    return PictureReport(
        facts.waveform,
        tuple(
            None if not math.isfinite(value) else round(float(value), 1)
            for value in np.asarray(curve)[::step]
        ),
        step / 10,
        tuple(reduction.get("reduction_db", ())),
        float(reduction.get("bin_s", 0.1)),
    )
