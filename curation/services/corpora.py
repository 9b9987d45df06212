"""Corpora: making one."""

from __future__ import annotations

from django.utils.text import slugify

from curation.errors import RushesError
from curation.models import Corpus

LONGEST_NAME, LONGEST_SLUG = 120, 80


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
    if len(name) > LONGEST_NAME or len(slug) > LONGEST_SLUG:
        # Cut short, two names would be one corpus.
        raise BadCorpusName(f"a corpus's name has at most {LONGEST_SLUG} characters, not {len(name)}")
    return Corpus.objects.get_or_create(
        slug=slug,
        defaults={"name": name, "description": description, "is_synthetic": is_synthetic},
    )
