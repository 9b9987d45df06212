"""The original quality of a clip, for questions that a preview cannot answer: made when somebody asks, then kept."""

from __future__ import annotations

from django.db import transaction

from curation.errors import RushesError
from curation.media.errors import MediaError
from curation.models import Clip, Rendition
from curation.services.locks import named_lock
from curation.services.renditions import rendition_make
from curation.storage.cache import local_path


class NoOriginal(RushesError):
    """A clip cannot be had in original quality; the sentence says why."""

    code = "no_original"


@transaction.atomic
def original_make(*, clip: Clip) -> Rendition:
    """The clip's rendition in original quality; whoever asks meanwhile waits for it instead of making it again.

    Raises ``NoOriginal``, and ``StorageFailed`` where the source lies in object storage that does not answer.
    """
    named_lock(f"original {clip.pk}")
    found = clip.renditions.filter(kind=Rendition.Kind.ORIGINAL).first()
    if found is not None:
        return found
    path = local_path(clip.source.uri)
    if not path.is_file():
        raise NoOriginal(f"The file of “{clip.source.name}” is not on this machine any more.")
    try:
        made = rendition_make(clip=clip, path=path, kind=Rendition.Kind.ORIGINAL)
    except MediaError as error:
        raise NoOriginal(f"It could not be made: {error}") from None
    assert made is not None
    return made
