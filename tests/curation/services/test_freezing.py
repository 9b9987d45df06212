"""Long lists: the very list that freezing at once gives, of one moment, whole or not at all, and once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from curation.benchmarks.sides import SplitPlan
from curation.models import FreezeJob, Subset, SubsetClip, TrainingSplit
from curation.selectors.clipfilter import BadFilter, ClipFilter
from curation.services import freezing, subsets
from curation.services.freezing import freeze_cancel, freeze_request, freeze_run
from curation.services.jobleases import JobLease
from curation.services.splits import split_make
from curation.services.subsets import subset_freeze
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
TIERS = ["sft", "pretrain"]


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subsets, "_STEP", 3)


@pytest.fixture
def world() -> factories.World:
    made = factories.world(sft=5, pretrain=4, reject=3, undecided=0)
    for clip in (made.sft[0], made.sft[4], made.reject[1]):
        factories.verdict(clip)
    factories.verdict(made.sft[2], "reject")
    return made


def ask(world: factories.World, **fields: Any) -> FreezeJob:
    return freeze_request(
        **{"corpus": world.corpus, "name": "long", "tiers": TIERS, "validated_only": False, **fields}
    )


def rows(subset: Subset | None) -> list[tuple[Any, ...]]:
    members = SubsetClip.objects.filter(subset=subset).order_by("position")
    return list(members.values_list("position", "clip_id", "tier", "verdict_id", "evidence"))


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[JobLease], None]) -> None:
    """Have something happen once, over another connection, when the first step is told."""
    renew, still = freezing._renew, [happens]

    def told(claim: JobLease, looked: int) -> None:
        if still:
            still.pop()(claim)
        renew(claim, looked)

    monkeypatch.setattr(freezing, "_renew", told)


def lapse(_claim: JobLease | None = None) -> None:
    FreezeJob.objects.update(leased_until=timezone.now() - timezone.timedelta(seconds=1))


@pytest.mark.parametrize("validated_only", [True, False])
@pytest.mark.parametrize(
    "chosen", [ClipFilter(), ClipFilter(tiers=("pretrain", "reject"))], ids=["all", "some"]
)
def test_it_is_the_list_that_freezing_at_once_gives(
    world: factories.World, validated_only: bool, chosen: ClipFilter
) -> None:
    at_once = subset_freeze(
        corpus=world.corpus, name="x", tiers=TIERS, validated_only=validated_only, chosen=chosen
    )
    job = ask(world, validated_only=validated_only, chosen=chosen)
    subset = freeze_run(job_id=job.pk)
    assert subset is not None and rows(subset) == rows(at_once)
    for name in ("clip_count", "list_sha256", "filter", "validated_only", "policy_id"):
        assert getattr(subset, name) == getattr(at_once, name), name
    assert subset.total_seconds == pytest.approx(at_once.total_seconds)
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == ("done", 12, 12) and subset.name == "long"


def test_what_is_judged_meanwhile_is_in_no_step_of_it(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = world.clips[-1]
    meanwhile(monkeypatch, lambda _claim: factories.verdict(last) and None)
    subset = freeze_run(job_id=ask(world).pk)
    assert last.pk not in {clip for _, clip, *_ in rows(subset)}
    assert last.pk in {clip for _, clip, *_ in rows(freeze_run(job_id=ask(world).pk))}


def test_cancelling_keeps_nothing_of_it(world: factories.World, monkeypatch: pytest.MonkeyPatch) -> None:
    job = ask(world)
    meanwhile(monkeypatch, lambda _claim: freeze_cancel(job=job) and None)
    assert freeze_run() is None and not Subset.objects.exists()
    job.refresh_from_db()
    assert job.state == "cancelled" and not freeze_cancel(job=job) and freeze_run() is None


def test_two_workers_at_one_list_give_one(world: factories.World, monkeypatch: pytest.MonkeyPatch) -> None:
    job, others = ask(world), []

    def lapsed(_claim: JobLease) -> None:
        lapse()
        others.append(freeze_run())

    meanwhile(monkeypatch, lapsed)
    subset = freeze_run()
    # Its transaction holds the job as long as the worker lives, however late it is.
    assert others == [None] and Subset.objects.get() == subset
    assert FreezeJob.objects.get(pk=job.pk).state == "done"


def test_one_that_was_killed_with_its_list_whole_only_has_that_said(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = ask(world)

    def killed(claim: JobLease, tell: Callable[[int], None], freeze: Any = freezing._freeze) -> Subset:
        freeze(claim, tell)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(freezing, "_freeze", killed)
        freeze_run()
    assert FreezeJob.objects.get().state == "leased" and freeze_run() is None
    lapse()
    assert freeze_run() == Subset.objects.get() and FreezeJob.objects.get(pk=job.pk).state == "done"


def test_one_that_takes_its_workers_down_fails_after_some(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = ask(world)

    def killed(_claim: JobLease) -> None:
        raise KeyboardInterrupt

    for _ in range(freezing.MAX_ATTEMPTS):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            meanwhile(patch, killed)
            freeze_run()
        lapse()
    assert freeze_run() is None
    job.refresh_from_db()
    assert job.state == "failed" and "was lost 3 times" in job.error and not Subset.objects.exists()


def test_a_list_without_a_clip_fails_with_the_reason(world: factories.World) -> None:
    job = ask(world, tiers=["undecided"])
    assert freeze_run() is None
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "no clip is in this selection")


def test_asking_twice_is_one_job_and_nonsense_is_none(world: factories.World) -> None:
    assert ask(world) == ask(world) != ask(world, name="other")
    with pytest.raises(BadFilter):
        ask(world, tiers=["best"])
    with pytest.raises(BadFilter):
        ask(world, name=" ")
    assert FreezeJob.objects.count() == 2


def test_a_page_leaves_what_may_be_long_to_a_worker_and_shows_how_far_it_is(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freezing, "AT_ONCE", 3)
    client, address = Client(), f"/corpora/{world.corpus.slug}/exports/"
    client.force_login(factories.user("auditor"))
    form = {"name": "long", "tiers": TIERS, "validated_only": "no"}
    page = client.post(address, form, follow=True).content.decode()
    job = FreezeJob.objects.get()
    part = f"/subsets/jobs/{job.pk}/"
    assert "Waiting for a worker" in page and "of the corpus looked at</p>" not in page, (
        "nobody has counted yet"
    )
    assert f'hx-get="{part}"' in page and not Subset.objects.exists()
    assert "HX-Trigger" not in client.get(part).headers
    freeze_run()
    assert json.loads(client.get(part).headers["HX-Trigger"]) == {
        "jobended": {"text": "long: The list is whole."}
    }
    page = client.get(address).content.decode()
    assert f"/subsets/{Subset.objects.get().pk}/" in page and part not in page
    client.post(address, form | {"name": "again"})
    client.post(f"/subsets/jobs/{FreezeJob.objects.latest('pk').pk}/cancel/")
    assert FreezeJob.objects.latest("pk").state == "cancelled"


def test_however_much_there_is_to_say_of_what_failed_the_answer_passes_every_proxy(
    world: factories.World,
) -> None:
    client = Client()
    client.force_login(factories.user("auditor"))
    job = FreezeJob.objects.create(
        corpus=world.corpus, name="long", asked={}, state="failed", error="日本 " * 3000
    )
    answer = client.get(f"/subsets/jobs/{job.pk}/")
    assert len(answer.headers["HX-Trigger"]) < 3000 and job.error.strip() in answer.content.decode()


def test_a_split_that_a_worker_makes_is_the_one_that_is_made_at_once(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for clip in world.clips[::2]:
        type(clip).objects.filter(pk=clip.pk).update(source=factories.source(world.corpus))
    plan = SplitPlan(shares={"train": 0.6, "validation": 0.2, "test": 0.2})
    at_once = split_make(corpus=world.corpus, name="x", plan=plan, seed="s")
    monkeypatch.setattr(freezing, "AT_ONCE", 3)
    client = Client()
    client.force_login(factories.user("auditor"))
    form = {"name": "long", "seed": "s", "tiers": list(plan.tiers), "validated_only": "no", "near": "8"}
    form |= {"train": "60", "validation": "20", "test": "20", "unknown_persons": "on"}
    client.post(f"/corpora/{world.corpus.slug}/splits/new/", form)
    subset = freeze_run()
    made = TrainingSplit.objects.get(subset=subset)
    assert rows(subset) == rows(at_once.subset) and made.report == at_once.report
    assert (made.plan, made.seed, made.name) == (at_once.plan, "s", "long")
    assert {evidence["split"] for *_, evidence in rows(subset)} == {"train", "validation", "test"}
