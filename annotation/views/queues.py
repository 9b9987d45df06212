"""Queues: the list, the plan, how far one is, and stopping it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from annotation.errors import BadPlan
from annotation.forms import QueueForm
from annotation.models import Item, Queue, Report
from annotation.selectors.planned import Planned, planned_clips, planned_persons, planned_study
from annotation.selectors.preparing import queue_preparing
from annotation.selectors.queues import flips_waiting, queue_progress, queues_for
from annotation.selectors.raters import rater_record
from annotation.selectors.rounds import examples_of
from annotation.services.anchoring import anchoring_open
from annotation.services.golds import golds_mix
from annotation.services.plans import queue_plan
from annotation.services.queues import queue_state_set
from annotation.services.raters import rater_for_user
from annotation.services.reports import report_resolve
from annotation.services.studies import study_create
from curation.config.access import may
from curation.errors import RushesError
from curation.models import Corpus, Policy
from curation.views.common import remember


def current_corpus(request: HttpRequest) -> Corpus | None:
    """The corpus that the address names, else the one looked at last, else the first."""
    slug = request.GET.get("corpus") or request.session.get("corpus")
    found = Corpus.objects.filter(slug=slug).first() if slug else None
    return found or Corpus.objects.order_by("name").first()


def queues(request: HttpRequest) -> HttpResponse:
    """What there is to do, and how far it is."""
    corpus = current_corpus(request)
    if corpus is not None:
        remember(request, corpus)
    rows = [
        {"queue": queue, "progress": queue_progress(queue)}
        for queue in queues_for(corpus_id=corpus.pk if corpus else None)[:100]
    ]
    work = [row for row in rows if row["queue"].state == Queue.State.OPEN and row["progress"].left]  # type: ignore[union-attr,attr-defined]
    return render(
        request,
        "annotation/queues.html",
        {
            "corpus": corpus,
            "rows": rows,
            "next": work[0] if work else None,
            "may_create": may(request.user, "annotation:queue_new"),
            "record": rater_record(rater_for_user(user=request.user)),  # type: ignore[arg-type]
            "flips": flips_waiting(corpus)
            if corpus and may(request.user, "annotation:queue_new", "POST")
            else None,
            "reports": Report.objects.filter(resolved_at=None).select_related("clip__source")[:50]
            if may(request.user, "annotation:report_resolve", "POST")
            else [],
        },
    )


def queue_new(request: HttpRequest) -> HttpResponse:
    """The plan of a queue; a preview says what it means before anything is made."""
    corpus = current_corpus(request)
    if corpus is None:
        messages.info(request, "There is no corpus yet: ingest a folder first.")
        return redirect("annotation:queues")
    remember(request, corpus)
    initial: dict[str, Any] = {
        "name": "",
        "flips_from": request.GET.get("flips_from"),
        "tiers": [],
        "overlap": 1,
        "round": request.GET.get("round"),
        "kind": request.GET.get("kind", Queue.Kind.VERIFY),
    }
    form = QueueForm(request.POST or None, initial=initial, corpus=corpus)
    # What a plan means does not hang on its name.
    form.fields["name"].required = "HX-Request" not in request.headers
    plan: Planned | None = None
    if request.method == "POST" and form.is_valid():
        try:
            priority = form.priority(corpus=corpus, policy=_policy(corpus, form))
            # A fragment only asks what the plan means, whatever button had the focus when it was asked for.
            if "make" in request.POST and "HX-Request" not in request.headers:
                return _make(request, corpus, form, priority)
            plan = _plan(corpus, form, priority)
        except RushesError as error:
            form.add_error(None, error.sentence)
            plan = None
    template = "annotation/_plan.html" if request.headers.get("HX-Request") else "annotation/queue_new.html"
    return render(request, template, {"corpus": corpus, "form": form, "plan": plan})


def _policy(corpus: Corpus, form: QueueForm) -> Policy | None:
    return corpus.active_pair_policy if form.subject() == "pair" else corpus.active_policy


def _plan(corpus: Corpus, form: QueueForm, priority: Mapping[int, float] | None) -> Planned:
    data = form.cleaned_data
    if data["kind"] == Queue.Kind.STUDY:
        if corpus.active_policy is None:
            raise BadPlan("A study asks about the thresholds of a policy; activate one first.")
        return planned_study(
            corpus=corpus,
            policy=corpus.active_policy,
            rubric=form.rubric_slug(),
            band=form.band_share(),
            per_side=data["size"],
            overlap=data["overlap"],
        )
    if data["kind"] == Queue.Kind.IDENTITY:
        return planned_persons(corpus=corpus, size=data.get("size"), overlap=data["overlap"])
    return planned_clips(
        corpus=corpus,
        policy=_policy(corpus, form),
        subject=form.subject(),
        frame=form.frame(),
        kind=data["kind"],
        design=form.design(),
        size=data.get("size"),
        overlap=data["overlap"],
        priority=priority,
        floor_share=form.floor_share(),
        beside=data.get("beside") or 0,
    )


@transaction.atomic
def _make(
    request: HttpRequest, corpus: Corpus, form: QueueForm, priority: Mapping[int, float] | None
) -> HttpResponse:
    data = form.cleaned_data
    if data["kind"] == Queue.Kind.STUDY:
        if corpus.active_policy is None:
            raise BadPlan("A study asks about the thresholds of a policy; activate one first.")
        made = study_create(
            corpus=corpus,
            policy=corpus.active_policy,
            name=data["name"],
            per_side=data["size"],
            band=form.band_share(),
            rubric=form.rubric_slug(),
            overlap=data["overlap"],
            who=form.who(),
            created_by=request.user,  # type: ignore[arg-type]
        )
        return _made(request, made, form)
    queue = queue_plan(
        corpus=corpus,
        policy=_policy(corpus, form),
        name=data["name"],
        kind=data["kind"],
        rubric=form.rubric_slug(),
        design=form.design(),
        frame=form.frame(),
        subject=form.subject(),
        size=data.get("size"),
        priority=priority,
        floor_share=form.floor_share(),
        overlap=data["overlap"],
        blind=data["blind"] or None,
        who=form.who(),
        created_by=request.user,  # type: ignore[arg-type]
    )
    return _made(request, queue, form)


def _made(request: HttpRequest, queue: Queue, form: QueueForm) -> HttpResponse:
    if share := form.cleaned_data.get("gold_percent"):
        golds_mix(queue=queue, settled=form.cleaned_data["golds_from"], share=share / 100)
    if beside := form.cleaned_data.get("beside"):
        seen = anchoring_open(audit=queue, size=beside, created_by=request.user)  # type: ignore[arg-type]
        messages.success(request, f"“{seen.name}” is open with {seen.items.count()} items, for other people.")
    messages.success(request, f"“{queue.name}” is open with {queue.items.count()} items.")
    return redirect("annotation:queue", pk=queue.pk)


def queue(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a queue is and what it was made from."""
    found = get_object_or_404(queues_for(), pk=pk)
    remember(request, found.corpus)
    return render(
        request,
        "annotation/queue.html",
        {
            "corpus": found.corpus,
            "queue": found,
            "progress": queue_progress(found),
            "panel": Queue.objects.filter(origin=found, kind=Queue.Kind.ADJUDICATION).first(),
            "preparing": queue_preparing(found),
            "examples": examples_of(found.rubric_version.examples, found.rubric_version.questions),
            "disputed": found.items.filter(state=Item.State.DISPUTED).count(),
            "may_change": may(request.user, "annotation:queue_state", "POST"),
        },
    )


def queue_state(request: HttpRequest, pk: int) -> HttpResponse:
    """Pause, resume or close."""
    found = get_object_or_404(Queue, pk=pk)
    try:
        queue_state_set(queue=found, state=request.POST.get("state", ""))
    except RushesError as error:
        messages.error(request, error.sentence)
    return redirect("annotation:queue", pk=pk)


def report_done(request: HttpRequest, pk: int) -> HttpResponse:
    """A curator looked at a reported clip."""
    report = get_object_or_404(Report, pk=pk)
    try:
        report_resolve(report=report, resolution=request.POST.get("resolution", ""))
        messages.success(
            request, "Decided. The clip is offered again." if report.clip.held_at is None else "Decided."
        )
    except RushesError as error:
        messages.error(request, error.sentence)
    return redirect("annotation:queues")
