"""Benchmarks and training splits: make one, look at its report, go on to its exports."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from curation.benchmarks.plan import PRESETS
from curation.benchmarks.sides import SIDES
from curation.config.access import may
from curation.errors import RushesError
from curation.forms_benchmarks import BenchmarkForm, SplitForm, initial_of
from curation.models import Benchmark, BenchmarkLeak, Corpus, TrainingSplit
from curation.selectors.benchmarks import MOST_LEAKS, benchmarks_of, clips_named, leaks_of, splits_of
from curation.selectors.browser import rules_of_active
from curation.selectors.clipfilter import (
    BadFilter,
    ClipFilter,
    filter_from_query,
    filter_words,
    subset_words,
)
from curation.services.benchmarks import benchmark_make, benchmark_try, named
from curation.services.freezing import SplitAsked, at_once, freeze_request
from curation.services.picturehashes import unhashed
from curation.services.sidepictures import MOST_TOLD
from curation.services.splits import split_make
from curation.tasks import freeze_run, pictures_hash, wake
from curation.templatetags.rushes import sentence
from curation.views.common import corpus_or_404, remember, saved_queries

_LEAKS = (BenchmarkLeak.Kind.PICTURE, BenchmarkLeak.Kind.PERSON, BenchmarkLeak.Kind.SOURCE)
_UNCHECKED = (BenchmarkLeak.Kind.NO_PERSON, BenchmarkLeak.Kind.NO_PICTURE)


def benchmark_list(request: HttpRequest, corpus: str) -> HttpResponse:
    """Benchmarks and splits of a corpus; a POST has previews hashed that are not."""
    found = corpus_or_404(request, corpus)
    if request.method == "POST":
        wake(pictures_hash, corpus_id=found.pk)
        messages.info(request, "A worker hashes the previews that are not; come back to see how far it is.")
        return redirect("curation:benchmarks", corpus=found.slug)
    context = {
        "corpus": found,
        "benchmarks": benchmarks_of(found),
        "splits": splits_of(found),
        "unhashed": unhashed(found).count(),
        "may_make": may(request.user, "curation:benchmark-new"),
    }
    return render(request, "curation/benchmarks.html", context)


def benchmark_new(request: HttpRequest, corpus: str) -> HttpResponse:
    """Plan a benchmark: try it, then make it. The clip filter is the address."""
    found = corpus_or_404(request, corpus)
    preset = PRESETS.get(request.GET.get("preset", ""))
    form = BenchmarkForm(request.POST or None, corpus=found, initial=initial_of(preset()) if preset else None)
    chosen, problem = _filter(request)
    trial = None
    if request.method == "POST" and not problem and form.is_valid():
        asked = {key: form.cleaned_data[key] for key in ("plan", "seed")}
        try:
            if request.POST.get("do") == "make":
                made = benchmark_make(
                    corpus=found, name=form.cleaned_data["name"], chosen=chosen, by=request.user, **asked
                )
                messages.success(request, f"Made and frozen: {made.subset.clip_count} clips.")
                return redirect("curation:benchmark", pk=made.pk)
            trial = benchmark_try(corpus=found, chosen=chosen, **asked)
        except RushesError as error:
            form.add_error(None, sentence(error.sentence))
    strata = [each.as_dict() for each in trial.drawn.strata] if trial else []
    context = {
        **_frame(request, found, chosen, problem),
        "form": form,
        "presets": list(PRESETS),
        "trial": trial,
        "strata": strata,
        "short": sum(max(0, each["wanted"] - each["taken"]) for each in strata),
    }
    return render(request, "curation/benchmark_new.html", context)


def benchmark_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One benchmark: what was drawn from which stratum, what leaks, what nobody could check."""
    found = get_object_or_404(
        Benchmark.objects.select_related("corpus__active_policy", "subset__policy", "made_by"), pk=pk
    )
    remember(request, found.corpus)
    context = {
        "corpus": found.corpus,
        "benchmark": found,
        "report": found.report,
        "strata": found.report["strata"],
        "leaks": leaks_of(found, _LEAKS),
        "unchecked": leaks_of(found, _UNCHECKED),
        "words": subset_words(found.subset),
        "splits": found.training_splits.order_by("-pk"),
        "most": MOST_LEAKS,
        "may_make": may(request.user, "curation:benchmark-new"),
    }
    return render(request, "curation/benchmark.html", context)


def split_new(request: HttpRequest, corpus: str) -> HttpResponse:
    """Plan a training split and make it. The clip filter is the address."""
    found = corpus_or_404(request, corpus)
    initial = {"benchmark": request.GET.get("benchmark", "")}
    form = SplitForm(request.POST or None, corpus=found, initial=initial)
    chosen, problem = _filter(request)
    if request.method == "POST" and not problem and form.is_valid():
        try:
            return _split(request, found, form.cleaned_data, chosen)
        except RushesError as error:
            form.add_error(None, sentence(error.sentence))
    context = {**_frame(request, found, chosen, problem), "form": form}
    return render(request, "curation/split_new.html", context)


def _split(request: HttpRequest, corpus: Corpus, asked: dict[str, Any], chosen: ClipFilter) -> HttpResponse:
    """Split what cannot be long while somebody waits; leave what may be to a worker."""
    plan, name, benchmark = asked["plan"], named(asked["name"], asked["seed"]), asked["benchmark"]
    seed = asked["seed"].strip()
    if at_once(corpus, plan.validated_only):
        made = split_make(
            corpus=corpus,
            name=name,
            plan=plan,
            seed=seed,
            chosen=chosen,
            benchmark=benchmark,
            by=request.user,
        )
        messages.success(request, f"Split and frozen: {made.subset.clip_count} clips.")
        return redirect("curation:split", pk=made.pk)
    job = freeze_request(
        corpus=corpus,
        name=name,
        tiers=plan.tiers,
        validated_only=plan.validated_only,
        chosen=chosen,
        split=SplitAsked(plan, seed, benchmark),
        by=request.user,
    )
    wake(freeze_run, job_id=job.pk)
    messages.info(
        request,
        "A worker makes the split, which takes a while. When it is whole it stands here, and with its report under "
        "Benchmarks and splits.",
    )
    return redirect("curation:exports", corpus=corpus.slug)


def split_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One training split: what is on each side, what is held out."""
    found = get_object_or_404(
        TrainingSplit.objects.select_related(
            "corpus__active_policy", "subset__policy", "benchmark", "made_by"
        ),
        pk=pk,
    )
    remember(request, found.corpus)
    sides = found.report["sides"]
    total = sum(each["clips"] for each in sides.values())
    whole = sum(found.plan["shares"].values())
    context = {
        "corpus": found.corpus,
        "split": found,
        "report": found.report,
        "sides": [
            (side, sides[side], found.plan["shares"][side] / whole, sides[side]["clips"] / total)
            for side in SIDES
        ],
        "words": subset_words(found.subset),
        **_pictures(found.report.get("pictures")),
    }
    return render(request, "curation/split.html", context)


def _pictures(report: dict[str, Any] | None) -> dict[str, Any]:
    """What a split's report says of near-duplicate pictures, with the clips; nothing where none were compared."""
    if report is None:
        return {}
    clips = clips_named(clip for each in report["found"] for clip in (each["clip"], each["other"]))
    return {
        "pictures": [(side, report["clips"][side]) for side in SIDES],
        "unsaid": sum(told["not_hashed"] + told["no_picture"] for told in report["clips"].values()),
        "between": [
            (one, other, count)
            for one, others in sorted(report["between"].items())
            for other, count in sorted(others.items())
        ],
        "near": [
            {**each, "clip": clips[each["clip"]], "other": clips[each["other"]]} for each in report["found"]
        ],
        "most": MOST_TOLD,
    }


def _filter(request: HttpRequest) -> tuple[ClipFilter, str]:
    try:
        return filter_from_query(request.GET), ""
    except BadFilter as error:
        return ClipFilter(), error.sentence


def _frame(request: HttpRequest, corpus: Corpus, chosen: ClipFilter, problem: str) -> dict[str, Any]:
    return {
        "corpus": corpus,
        "problem": problem,
        "words": filter_words(chosen, rules_of_active(corpus)[1]),
        "saved": saved_queries(corpus),
    }
