"""Corpora: making one."""

from __future__ import annotations

from django.utils.text import slugify

from curation.errors import RushesError
from curation.models import Corpus


class BadCorpusName(RushesError):
    """A name that leaves nothing to make an address of."""

    code = "bad_corpus_name"


def corpus_get_or_create(
    *, name: str, description: str = "", is_synthetic: bool = False
) -> tuple[Corpus, bool]:
    """The corpus called ``name`` (by its slug), made if there is none. Returns it and whether it is new."""
    slug = slugify(name)
    if not slug:
        raise BadCorpusName(f"a corpus needs a name with letters or digits in it, not {name!r}")
    return Corpus.objects.get_or_create(
        slug=slug[:80],
        defaults={"name": name[:120], "description": description, "is_synthetic": is_synthetic},
    )
