"""A rater's own page: done, speed, agreement, and a history to look back at and correct."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime

from annotation.selectors.raters import rater_history, rater_record
from annotation.services.raters import rater_for_user

_PAGE = 50


def me(request: HttpRequest) -> HttpResponse:
    """What the person signed in has done."""
    rater = rater_for_user(user=request.user)  # type: ignore[arg-type]
    before = request.GET.get("before", "")
    try:
        moment: Any = parse_datetime(before) if before else None
    except ValueError:
        moment = None
    history = rater_history(rater, before=moment, limit=_PAGE + 1)
    return render(
        request,
        "annotation/me.html",
        {
            "record": rater_record(rater),
            "history": history[:_PAGE],
            "more": history[_PAGE - 1].received_at.isoformat() if len(history) > _PAGE else "",
        },
    )
