"""Calibration: the list with its form, one round's discussion, closing it, deciding it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from annotation.forms_rounds import RoundForm
from annotation.models import Queue
from annotation.rubrics import PRESETS
from annotation.selectors.rounds import round_discussion, round_standing, round_things, rounds_for
from annotation.services.raters import rater_for_user
from annotation.services.rounds import round_close, round_create, round_decide
from annotation.services.rubrics import rubric_preset
from annotation.views.queues import current_corpus
from curation.config.access import may
from curation.errors import RushesError
from curation.views.common import remember

_KIND_AFTER = {"pair": Queue.Kind.PAIRS, "persons": Queue.Kind.IDENTITY}


def rounds(request: HttpRequest) -> HttpResponse:
    """Every calibration of the corpus, one's own first to do; curators open another."""
    corpus = current_corpus(request)
    if corpus is None:
        messages.info(request, "There is no corpus yet: ingest a folder first.")
        return redirect("annotation:queues")
    remember(request, corpus)
    rater = rater_for_user(user=request.user)  # type: ignore[arg-type]
    may_open = may(request.user, "annotation:rounds", "POST")
    form = RoundForm(request.POST or None) if may_open else None
    if request.method == "POST" and form is not None and form.is_valid():
        data = form.cleaned_data
        try:
            made = round_create(
                corpus=corpus,
                policy=corpus.active_pair_policy
                if PRESETS[data["rubric"]].subject == "pair"
                else corpus.active_policy,
                name=data["name"],
                rubric_version=rubric_preset(slug=data["rubric"]),
                raters=[rater_for_user(user=user) for user in data["raters"]],
                size=data["size"],
                required_agreement=data["required"] / 100,
                created_by=request.user,  # type: ignore[arg-type]
            )
            messages.success(request, f"“{made}” is open to {made.raters.count()} raters.")
            return redirect("annotation:round", pk=made.pk)
        except RushesError as error:
            form.add_error(None, error.sentence)
    rows = [
        {
            "round": one,
            "items": one.queue.items.count(),
            "standing": standing,
            "own": next((row for row in standing if row.rater == rater), None),
        }
        for one in rounds_for(corpus_id=corpus.pk)[:50]
        for standing in [round_standing(one)]
    ]
    return render(request, "annotation/rounds.html", {"corpus": corpus, "rows": rows, "form": form})


def round_page(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a round is; everybody's answers once it is closed, and not a moment before."""
    found = get_object_or_404(rounds_for(), pk=pk)
    rater = rater_for_user(user=request.user)  # type: ignore[arg-type]
    may_steer = may(request.user, "annotation:round_close", "POST")
    standing = round_standing(found)
    own = next((row for row in standing if row.rater == rater), None)
    remember(request, found.queue.corpus)
    context = {
        "corpus": found.queue.corpus,
        "round": found,
        "question": found.queue.rubric_version.questions[0],
        "items": found.queue.items.count(),
        "standing": standing,
        "own": own,
        "may_steer": may_steer,
        "discussion": round_discussion(found) if own or may_steer else None,
        "things": round_things(found),
        "kind_after": _KIND_AFTER.get(found.queue.draw.frame.get("subject"), Queue.Kind.VERIFY),
        "deciding": may_steer and found.closed_at is not None and found.next_version_id is None,
    }
    return render(request, "annotation/round.html", context)


def close(request: HttpRequest, pk: int) -> HttpResponse:
    """A curator ends it early."""
    round_close(round_=get_object_or_404(rounds_for(), pk=pk), by=request.user)  # type: ignore[arg-type]
    return redirect("annotation:round", pk=pk)


def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The discussion's decisions become the rubric's next number."""
    found = get_object_or_404(rounds_for(), pk=pk)
    decisions = {
        item: {
            "answer": request.POST.get(f"answer-{item}", ""),
            "note": request.POST.get(f"note-{item}", ""),
        }
        for item in found.queue.items.values_list("pk", flat=True)
    }
    try:
        made = round_decide(round_=found, decisions=decisions, by=request.user)  # type: ignore[arg-type]
        messages.success(request, f"Decided. New queues ask {made}, with these clips as examples.")
    except RushesError as error:
        messages.error(request, error.sentence)
    return redirect("annotation:round", pk=pk)
