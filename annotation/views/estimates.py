"""What an audit or a study says, the clips behind each number, and the planner of samples."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from annotation.estimation import InputError, Outcome, Undefined
from annotation.forms_estimates import PlanForm, view_of
from annotation.models import Queue
from annotation.sampling import Effort, Plan, plan_bound, plan_width
from annotation.selectors.anchoring import audit_anchoring
from annotation.selectors.audit_rules import audit_rules
from annotation.selectors.audits import LEVELS
from annotation.selectors.certificates import certificates_of, subsets_of_audit
from annotation.selectors.estimates import AuditReport, audit_report
from annotation.selectors.losses import KEPT, LEFT_OUT, Part
from annotation.selectors.queues import queue_progress
from annotation.selectors.studies import study_report
from curation.config.access import may
from curation.models import Clip
from curation.selectors.policies import policy_rules
from curation.views.common import corpus_or_404, remember

_PAGE = 50


def _queue(request: HttpRequest, pk: int) -> Queue:
    found = get_object_or_404(
        Queue.objects.select_related(
            "corpus__active_policy", "rubric_version__rubric", "draw__policy__corpus", "policy__corpus"
        ),
        pk=pk,
    )
    remember(request, found.corpus)
    return found


def estimates(request: HttpRequest, pk: int) -> HttpResponse:
    """Every figure of one audit or study, in words, with what it rests on."""
    queue = _queue(request, pk)
    context: dict[str, Any] = {"corpus": queue.corpus, "queue": queue}
    if queue.kind == Queue.Kind.STUDY:
        report = study_report(queue)
        return render(request, "annotation/estimates_study.html", {**context, "report": report})
    view = view_of(request.GET)
    audit = audit_report(queue, level=view.level, target=view.target)
    if isinstance(audit, Undefined):
        return render(request, "annotation/estimates_none.html", {**context, "reason": audit.reason})
    subsets = list(subsets_of_audit(queue))
    context |= {
        "report": audit,
        "levels": LEVELS,
        "progress": queue_progress(queue),
        "rules": audit_rules(queue, audit.whole) if audit.subset is None else [],
        "anchoring": audit_anchoring(queue, audit.whole),
        "subsets": subsets,
        "certificates": certificates_of(queue.corpus).filter(subset__in=subsets),
        "may_issue": may(request.user, "annotation:certificate_issue", "POST"),
    }
    return render(request, "annotation/estimates.html", context)


def estimate_clips(request: HttpRequest, pk: int) -> HttpResponse:
    """The clips behind a number: those of a part of the draw with an outcome, in the drawn order."""
    queue = _queue(request, pk)
    view = view_of(request.GET)
    audit = audit_report(queue, level=view.level, target=view.target)
    if isinstance(audit, Undefined):
        raise Http404(audit.reason)
    part = _part(audit, request.GET.get("part", ""))
    wanted = request.GET.get("outcome", "")
    rows: list[dict[str, Any]] = [
        {"record": item.record, "facts": item.facts, "said": said, "place": place}
        for place, (item, said) in enumerate(zip(part.items, part.found.readings, strict=True), 1)
        if _shows(wanted, place <= part.found.prefix.n, said)
    ]
    rule = request.GET.get("alone", "")
    if rule.isdigit() and queue.draw.policy is not None and len(rule) < 3:
        rows = [row for row in rows if _fails_alone(row["facts"].failing, int(rule), _masks(queue))]
    page = Paginator(rows, _PAGE).get_page(request.GET.get("page"))
    names = Clip.objects.select_related("source").in_bulk([row["record"].clip for row in page])
    for row in page:
        row["clip"] = names.get(row["record"].clip)
    context = {
        "corpus": queue.corpus,
        "queue": queue,
        "report": audit,
        "part": part,
        "page": page,
        "wanted": wanted,
        "outcomes": [outcome.value for outcome in Outcome],
        "total": len(rows),
    }
    return render(request, "annotation/estimates_clips.html", context)


def _part(audit: AuditReport, key: str) -> Part:
    if key == KEPT and audit.kept is not None:
        return audit.kept
    if key == LEFT_OUT and audit.left is not None:
        return audit.left
    return audit.whole


def _shows(wanted: str, inside: bool, said: Any) -> bool:
    """Outcomes are those of the settled prefix; waiting ones are all that it does not reach."""
    if wanted == "waiting":
        return not inside
    if not wanted:
        return True
    if not inside:
        return False
    if wanted == "disputed":
        return bool(said.disputed)
    if wanted == "overruled":
        return bool(said.checked and said.panel != said.accepted)
    if wanted == "checked":
        return bool(said.checked)
    return bool(said.outcome.value == wanted)


def _masks(queue: Queue) -> dict[int, int]:
    """Rule ordinal → mask of all rules of its tier."""
    assert queue.draw.policy is not None
    rules = policy_rules(queue.draw.policy)
    return {
        ordinal: sum(1 << number for number, _ in rules.of_tier(rule.tier))
        for ordinal, rule in enumerate(rules)
    }


def _fails_alone(failing: int, ordinal: int, masks: dict[int, int]) -> bool:
    return failing & masks.get(ordinal, 0) == 1 << ordinal and ordinal in masks


def sample_plan(request: HttpRequest, corpus: str) -> HttpResponse:
    """How many judgments and hours a wanted bound or width takes; a plan lives in its address."""
    found = corpus_or_404(request, corpus)
    form = PlanForm(request.GET if request.GET else None)
    plan: Plan | Undefined | None = None
    if form.is_bound and form.is_valid():
        try:
            plan = _planned(form)
        except InputError as error:
            form.add_error(None, str(error))
    context = {"corpus": found, "form": form, "plan": plan, "no_plan": isinstance(plan, Undefined)}
    return render(request, "annotation/estimates_plan.html", context)


def _planned(form: PlanForm) -> Plan | Undefined:
    data = form.cleaned_data
    effort = Effort(seconds=data["seconds"], overlap=data["overlap"], dispute_share=data["disputes"] / 100.0)
    share, population = data["share"] / 100.0, data["population"]
    if data["want"] == "width":
        return plan_width(share, data["width"] / 100.0, population=population, effort=effort)
    return plan_bound(
        share, data["bound"] / 100.0, chance=data["chance"] / 100.0, population=population, effort=effort
    )
