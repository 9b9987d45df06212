"""Sources: registering what a probe found, or why it could not be used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.db import transaction

from curation.media.errors import MediaError
from curation.media.probe import ProbeResult
from curation.media.shots import FoundShot
from curation.models import Corpus, RefusedFile, Shot, Source
from curation.storage.s3 import is_address


@transaction.atomic
def source_register(
    *,
    corpus: Corpus,
    path: Path,
    sha256: str,
    probed: ProbeResult,
    shots: Sequence[FoundShot],
    uri: str | None = None,
) -> tuple[Source, bool]:
    """Keep a readable file as a source with its shots. The same content again only follows the file's move.

    ``uri`` is where it lies for good, where ``path`` is but a copy (object storage).

    A source that failed before and reads now becomes ready. Returns the source and whether it is new or mended.
    """
    uri, name = uri or str(path), _name(uri, path)
    source, created = Source.objects.select_for_update().get_or_create(
        corpus=corpus, sha256=sha256, defaults={"uri": uri, "name": name}
    )
    if not created and source.state != Source.State.FAILED:
        source_follow(source=source, path=path, uri=uri)
        return source, False
    source.state = Source.State.READY
    source.failure_code = source.failure = ""
    source.uri, source.name = uri, name
    source.size_bytes = probed.size_bytes
    source.container = probed.container
    source.picture_codec = probed.codec or ""
    source.sound_codec = probed.sound_codec or ""
    source.width = probed.display_width
    source.height = probed.display_height
    source.rotation = probed.rotation
    source.fps = probed.fps
    source.variable_rate = probed.variable_frame_rate
    source.start_s = probed.start_s
    source.duration_s = probed.duration_s
    source.bit_rate = None if probed.picture_bitrate is None else round(probed.picture_bitrate)
    source.has_sound = probed.has_sound
    source.sample_rate = probed.sound_rate
    source.facts = probed.as_dict()
    source.save()
    source.shots.all().delete()
    Shot.objects.bulk_create(
        Shot(
            source=source,
            number=shot.index,
            start_s=shot.start_s,
            end_s=shot.end_s,
            transition=shot.opens_with,
        )
        for shot in shots
    )
    RefusedFile.objects.filter(corpus=corpus, uri=uri).delete()
    return source, True


def source_follow(*, source: Source, path: Path, uri: str | None = None) -> None:
    """Note where a known content lies now, if it is gone from where it was; a refusal of that place is over.

    An object's address stays until another object of this content is met: whether it is still there, nobody asks here.
    """
    uri, name = uri or str(path), _name(uri, path)
    if source.uri != uri and (is_address(uri) or not (is_address(source.uri) or Path(source.uri).exists())):
        source.uri, source.name = uri, name
        source.save(update_fields=["uri", "name"])
    RefusedFile.objects.filter(corpus_id=source.corpus_id, uri=uri).delete()


def _name(uri: str | None, path: Path) -> str:
    return (uri.rsplit("/", 1)[-1] if uri else path.name)[:255]


@transaction.atomic
def source_fail(
    *, corpus: Corpus, path: Path, sha256: str, error: MediaError, uri: str | None = None
) -> Source:
    """Keep a broken video as a failed source with its reason; a good one of the same content stays as it is."""
    source, _ = Source.objects.select_for_update().get_or_create(
        corpus=corpus,
        sha256=sha256,
        defaults={
            "uri": uri or str(path),
            "name": _name(uri, path),
            "size_bytes": path.stat().st_size,
            "state": Source.State.FAILED,
            "failure_code": error.reason,
            "failure": error.sentence,
        },
    )
    return source


def file_refuse(*, corpus: Corpus, path: Path, code: str, reason: str, uri: str | None = None) -> RefusedFile:
    """List a file that could not even become a failed source: unreadable, empty, or no video at all."""
    refused, _ = RefusedFile.objects.update_or_create(
        corpus=corpus,
        uri=uri or str(path),
        defaults={"name": _name(uri, path), "code": code, "reason": reason},
    )
    return refused
