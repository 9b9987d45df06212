"""Renditions: what a browser plays and shows of a source's clips, made before anybody is given one to judge."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from curation.media.errors import MediaError, NoSound
from curation.media.fingerprint import fingerprint
from curation.media.maker import maker
from curation.media.regions import Region
from curation.models import Clip, Rendition, Source
from curation.services.picturehashes import preview_hash
from curation.storage import stored
from curation.storage.renditions import rendition_upload

KINDS = (Rendition.Kind.PREVIEW, Rendition.Kind.POSTER, Rendition.Kind.WAVEFORM)
_SUFFIX = {
    Rendition.Kind.PREVIEW: "mp4",
    Rendition.Kind.ORIGINAL: "mp4",
    Rendition.Kind.POSTER: "jpg",
    Rendition.Kind.WAVEFORM: "json",
    Rendition.Kind.CUT: "mp4",
}


def source_render(*, source: Source, path: Path, progress: Callable[[float], None]) -> int:
    """Make the missing renditions of the present clips of ``source``, whose file lies at ``path``.

    A clip that cannot be shown does not keep the others from it. Returns how many files were made; raises the first
    ``MediaError`` at the end.
    """
    clips = list(
        source.clips.filter(is_current=True, withdrawn_at=None).prefetch_related("renditions").order_by("pk")
    )
    made, first_error = 0, None
    for number, clip in enumerate(clips):
        have = {one.kind for one in clip.renditions.all()}
        for kind in KINDS:
            if kind in have:
                continue
            try:
                made += rendition_make(clip=clip, path=path, kind=kind) is not None
            except MediaError as error:
                first_error = first_error or error
        progress((number + 1) / len(clips))
    if first_error is not None:
        raise first_error
    return made


def rendition_make(*, clip: Clip, path: Path, kind: str) -> Rendition | None:
    """Make one rendition of ``clip`` from the source file at ``path``; None where there is nothing to make (no sound).
    With a preview its picture hashes are measured, or why there are none.

    The same again is written over itself: settings are fixed, so are the bytes. Raises a ``MediaError``.
    """
    sha256 = clip.source.sha256
    name = f"{sha256[:2]}/{sha256}/{clip.source_id}-{clip.pk}-{kind}.{_SUFFIX[Rendition.Kind(kind)]}"
    target = stored("renditions", name)
    target.parent.mkdir(parents=True, exist_ok=True)
    region = Region.parse(clip.region)
    if kind in (Rendition.Kind.PREVIEW, Rendition.Kind.ORIGINAL):
        video = maker().rendition(
            path,
            target,
            start_s=clip.start_s,
            end_s=clip.end_s,
            region=region,
            quality="preview" if kind == Rendition.Kind.PREVIEW else "original",
        )
        kept = _keep(
            clip,
            kind,
            name,
            target,
            content_type="video/mp4",
            width=video.width,
            height=video.height,
            start_s=video.start_s,
            timestamps=[round(time, 6) for time in video.timestamps],
        )
        if kind == Rendition.Kind.PREVIEW:
            preview_hash(preview=kept)
        return kept
    if kind == Rendition.Kind.CUT:
        cut = maker().cut(path, target, start_s=clip.start_s, end_s=clip.end_s, region=region)
        return _keep(
            clip,
            kind,
            name,
            target,
            content_type="video/mp4",
            width=cut.width,
            height=cut.height,
            start_s=cut.start_s,
            made={"picture": cut.picture, "sound": cut.sound, "frames": cut.frames},
        )
    if kind == Rendition.Kind.POSTER:
        still = maker().poster(path, target, start_s=clip.start_s, end_s=clip.end_s, region=region)
        return _keep(
            clip, kind, name, target, content_type=still.content_type, width=still.width, height=still.height
        )
    try:
        outline = maker().waveform(path, start_s=clip.start_s, end_s=clip.end_s)
    except NoSound:
        return None
    whole = target.with_name(f".{target.name}.part")
    whole.write_text(json.dumps(outline.as_dict(), separators=(",", ":")))
    whole.replace(target)
    return _keep(clip, kind, name, target, content_type="application/json", start_s=clip.start_s)


def _keep(clip: Clip, kind: str, name: str, target: Path, **fields: object) -> Rendition:
    sha256 = fingerprint(target)
    rendition_upload(target, name, sha256=sha256)
    rendition, _ = Rendition.objects.update_or_create(
        clip=clip,
        kind=kind,
        defaults={"path": name, "sha256": sha256, "size_bytes": target.stat().st_size, **fields},
    )
    return rendition
