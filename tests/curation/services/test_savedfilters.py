"""A filter is kept under a name that everybody of the corpus can open."""

from __future__ import annotations

import pytest
from django.test import Client

from curation.models import SavedFilter
from curation.selectors.clipfilter import ClipFilter, filter_from_dict
from curation.services.savedfilters import NotSaved, filter_remove, filter_save
from tests import factories

pytestmark = pytest.mark.django_db
CHOSEN = ClipFilter(tiers=("reject",), metric="movement_min", low=40.5)


def test_a_saved_filter_comes_back_as_it_was_and_its_name_is_unique_in_a_corpus() -> None:
    corpus, other = factories.corpus(), factories.corpus()
    saved = filter_save(corpus=corpus, name="  almost   still ", chosen=CHOSEN)
    assert saved.name == "almost still" and filter_from_dict(saved.filter) == CHOSEN
    again = filter_save(corpus=corpus, name="almost still", chosen=ClipFilter(held=True))
    assert again.pk == saved.pk and SavedFilter.objects.get().filter == {"held": True}
    assert filter_save(corpus=other, name="almost still", chosen=CHOSEN).pk != saved.pk
    filter_remove(saved=again)
    assert not corpus.saved_filters.exists()


def test_nothing_is_saved_without_a_name_or_a_condition() -> None:
    corpus = factories.corpus()
    for name, chosen in ((" ", CHOSEN), ("all", ClipFilter())):
        with pytest.raises(NotSaved):
            filter_save(corpus=corpus, name=name, chosen=chosen)


def test_one_saves_and_another_opens() -> None:
    world = factories.world()
    curator, auditor = Client(), Client()
    curator.force_login(factories.user("curator"))
    auditor.force_login(factories.user("auditor"))
    base = f"/corpora/{world.corpus.slug}"
    curator.post(f"{base}/filters/?tier=reject&metric=sharpness&high=20", {"name": "soft"})
    page = auditor.get(f"{base}/clips/").content.decode()
    saved = SavedFilter.objects.get()
    assert f"{base}/filters/{saved.pk}/" in page
    opened = auditor.get(f"{base}/filters/{saved.pk}/")
    assert opened.status_code == 302
    shown = auditor.get(opened.headers["Location"]).content.decode()
    assert "2 clips" in shown and "proposed reject" in shown
    elsewhere = factories.corpus()
    assert auditor.get(f"/corpora/{elsewhere.slug}/filters/{saved.pk}/").status_code == 404
    refused = curator.post(f"{base}/filters/?tier=nothing", {"name": "x"}, follow=True)
    assert "Nothing was saved" in refused.content.decode()
