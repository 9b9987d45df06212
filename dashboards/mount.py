"""Dash inside Django: pages in the site's own frame, callbacks behind the site's session, roles and CSRF check.

Django's middleware runs before anything of Dash: an address of a dashboard is a route like any other, with its line
in the access table; only then is the request handed to Dash's Flask server, in the same thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token

from curation.config.security import csp_relax
from dashboards.asked import CALLBACK, callback_fault

if TYPE_CHECKING:
    from dashboards.framed import FramedDash

_ASSETS = Path(__file__).parent / "static" / "dashboards"
REQUEST = "rushes.request"
CONTEXT = "rushes.context"
_PASSED_ON = frozenset({"content-type", "cache-control", "etag", "last-modified", "content-encoding"})


class Dashboard:
    """One Dash app at ``/dashboards/<name>/``, made when first asked for; ``build`` gives it layout and callbacks."""

    def __init__(self, name: str, title: str, lede: str, build: Callable[[FramedDash], None]) -> None:
        self.name, self.title, self.lede = name, title, lede
        self._build = build
        self._app: FramedDash | None = None
        self._csp = ""
        self._making = Lock()

    @property
    def app(self) -> FramedDash:
        """The Dash app of this process."""
        if self._app is None:
            with self._making:
                if self._app is None:
                    self._app = self._made()
        return self._app

    def _made(self) -> FramedDash:
        from dashboards.framed import framed

        app = framed(self.name, self.title, str(_ASSETS))
        self._build(app)
        # Dash's own inline scripts are let through by their hashes, and nothing else is.
        self._csp = " ".join(["'self'", *app.csp_hashes()])
        # Dash lists its scripts and callbacks with its first request, and answers others meanwhile with errors.
        answered = app.server.test_client().get(f"/dashboards/{self.name}/_dash-dependencies")
        if answered.status_code != 200:
            raise RuntimeError(f"the dashboard {self.name} answers {answered.status_code}: {answered.text}")
        return app

    def page(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        """The page: the site's frame around Dash's root."""
        get_token(request)  # Dash copies this cookie into the header that the CSRF check reads
        response = self._forward(request, f"/dashboards/{self.name}/", {**context, "dashboard": self})
        # Plotly sets its sizes and colours as inline styles; scripts stay strict.
        return csp_relax(response, script_src=self._csp, style_src="'self' 'unsafe-inline'")

    def inside(self, request: HttpRequest, path: str) -> HttpResponse:
        """What the page asks for: Dash's scripts, its layout, its callbacks; 400 where no callback is asked so."""
        posted = path == CALLBACK and request.method == "POST"
        if posted and (fault := callback_fault(request.body, self.app.callback_map)):
            return JsonResponse({"error": "bad_request", "message": fault}, status=400)
        return self._forward(request, f"/dashboards/{self.name}/{path}", {})

    def _forward(self, request: HttpRequest, path: str, context: dict[str, Any]) -> HttpResponse:
        server = self.app.server
        body = request.body
        environ = {
            **request.META,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
            "wsgi.url_scheme": request.scheme,
            "wsgi.errors": request.META.get("wsgi.errors"),
            "wsgi.version": (1, 0),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            REQUEST: request,
            CONTEXT: context,
        }
        answered: dict[str, Any] = {}

        def start_response(
            status: str, headers: list[tuple[str, str]], _error: Any = None
        ) -> Callable[..., None]:
            answered.update(status=int(status.split(" ", 1)[0]), headers=headers)
            return lambda _data: None

        parts: Iterable[bytes] = server.wsgi_app(environ, start_response)
        content = b"".join(parts)
        response = HttpResponse(content, status=answered["status"])
        for name, value in answered["headers"]:
            if name.lower() in _PASSED_ON:
                response.headers[name] = value
        return response
