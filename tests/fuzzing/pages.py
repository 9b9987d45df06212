"""Every form of the site, found by walking its pages, and every address that takes a message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.test import Client
from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from curation.config.access import ACCESS

_PAGES_AT_MOST = 250
_ENDS = ("logout",)  # what would end the walk


@dataclass
class Form:
    """One form: where it goes, how, and each field's value as a browser would send it."""

    route: str
    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str, tuple[str, ...]]:
        return self.route, self.method, tuple(sorted({name for name, _ in self.fields}))


class _Reader(HTMLParser):
    """Gathers links, forms with their fields, and elements that HTMX sends."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "a" and at.get("href"):
            self.links.append(urljoin(self.address, at["href"]))
        for verb in ("get", "post"):
            if f"hx-{verb}" in at:
                target = urljoin(self.address, at[f"hx-{verb}"])
                split = urlsplit(target)
                self.forms.append(Form("", split.path, verb.upper(), parse_qsl(split.query)))
        if tag == "form":
            action = urlsplit(urljoin(self.address, at.get("action") or self.address)).path
            self._form = Form("", action, (at.get("method") or "get").upper())
            self.forms.append(self._form)
        elif self._form is not None and at.get("name"):
            if tag in ("input", "button", "textarea"):
                self._form.fields.append((at["name"], at.get("value", "on")))
            elif tag == "select":
                self._select = at["name"]
        elif tag == "option" and self._form is not None and self._select:
            self._form.fields.append((self._select, at.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""


def forms_of(client: Client, start: list[str]) -> list[Form]:
    """Each form that can be reached from ``start`` by links, once."""
    found: dict[Any, Form] = {}
    seen: set[tuple[str, str]] = set()
    waiting = list(dict.fromkeys(start))
    visited = 0
    while waiting and visited < _PAGES_AT_MOST:
        address = waiting.pop(0)
        route = route_of(urlsplit(address).path)
        kind = (route, urlsplit(address).query and "?")
        if not route or route in _ENDS or kind in seen or "/media/" in address:
            continue
        seen.add(kind)
        visited += 1
        response = client.get(address)
        if response.streaming or not response.headers.get("Content-Type", "").startswith("text/html"):
            continue
        reader = _Reader(address)
        reader.feed(response.content.decode())
        waiting += [link for link in reader.links if link.startswith("/")]
        for form in reader.forms:
            form.route = route_of(form.action)
            if form.route and form.route not in _ENDS:
                found.setdefault(form.key, form)
    return list(found.values())


def route_of(path: str) -> str:
    """The name of the route that answers ``path``; empty where none does."""
    try:
        return str(resolve(path).view_name)
    except Resolver404:
        return ""


def addresses(methods: set[str], known: dict[str, list[Any]]) -> Iterator[tuple[str, str]]:
    """``(route, address)`` of every route that takes one of ``methods``, made of things that are there."""
    tries: list[dict[str, Any]] = [{}, *({name: value} for name, values in known.items() for value in values)]
    corpus = known["corpus"][0]
    tries += [
        {"corpus": corpus, name: value}
        for name, values in known.items()
        if name != "corpus"
        for value in values
    ]
    for route, allowed in ACCESS.items():
        if not methods & set(allowed) or route in _ENDS:
            continue
        for kwargs in tries:
            try:
                yield route, reverse(route, kwargs=kwargs)
            except NoReverseMatch:
                continue
