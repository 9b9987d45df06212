"""Cuts: the region of a clip as a file of its own, for exports that carry media. Made once, kept like a rendition."""

from __future__ import annotations

from curation.errors import RushesError
from curation.exports.record import ExportMedia
from curation.media.errors import MediaError
from curation.models import Clip, Rendition
from curation.selectors.exporting import media_of
from curation.services.renditions import rendition_make
from curation.storage.cache import local_path


class NoCut(RushesError):
    """The media of a clip cannot be had from its source; the sentence says which clip and why."""

    code = "no_cut"


def cut_make(*, clip_id: int) -> ExportMedia:
    """Cut the clip's region out of its source: copied where that is exact, else encoded with pinned settings.

    Raises ``NoCut``, and ``StorageFailed`` where the source lies in object storage that does not answer.
    """
    clip = Clip.objects.select_related("source").get(pk=clip_id)
    try:
        path = local_path(clip.source.uri)
        if not path.is_file():
            raise NoCut(
                f"clip {clip_id}: the file of its source “{clip.source.name}” is not here, and these shards carry media"
            )
        made = rendition_make(clip=clip, path=path, kind=Rendition.Kind.CUT)
    except MediaError as error:
        raise NoCut(f"clip {clip_id}: {error}") from None
    assert made is not None
    return media_of(made)
