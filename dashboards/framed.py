"""A Dash app whose page is the site's own. Importing this loads Dash and Plotly, about a second: only a dashboard does."""

from __future__ import annotations

import re

import dash
import flask
from django.template.loader import render_to_string

from curation.config.context import Site
from dashboards.bundles import bundle_address
from dashboards.mount import CONTEXT, REQUEST

# Polyfills for browsers that could not run the site's own scripts either, and tables that no dashboard has. What Dash
# wants of the polyfills even so, `figures.js` gives.
_UNUSED = re.compile(r'<script src="[^"]*/dash/(?:deps/polyfill|dash_table/)[^"]*"></script>\s*')
# Plotly takes longest to start: it does so while the server works on the first answer that holds figures.
_ASKED = "function (asked) { window.rushesFigures.asked(asked.output); }"


def theme_of_page() -> str:
    """The theme that the site's pages have for who asks this callback, as its page had when it came."""
    return Site(flask.request.environ[REQUEST]).theme


class FramedDash(dash.Dash):
    """A Dash app whose page is a Django template that extends the site's frame."""

    template = "dashboards/page.html"

    def interpolate_index(self, **parts: str) -> str:
        environ = flask.request.environ
        if not environ[CONTEXT]:
            # Only the page's own address has a corpus; Dash would answer any other below it with its index too.
            flask.abort(404)
        # The same scripts for all dashboards, so that a browser fetches and compiles them once.
        own = f"{self.config.requests_pathname_prefix}_dash-component-suites/"
        kept = _UNUSED.sub("", parts["scripts"])
        parts["scripts"] = kept.replace(own, bundle_address(""))
        context = {
            **environ[CONTEXT],
            "dash": parts,
            "plotly": bundle_address("plotly/package_data/plotly.min.js"),
            "early": [bundle_address(f"dash/dcc/async-{chunk}.js") for chunk in ("graph", "dropdown")],
        }
        return render_to_string(self.template, context, request=environ[REQUEST])


def framed(name: str, title: str, assets: str) -> FramedDash:
    """An app for ``/dashboards/<name>/`` on a Flask server of its own; ``assets`` is the folder that it may serve."""
    prefix = f"/dashboards/{name}/"
    return FramedDash(
        f"rushes_{name}",
        server=flask.Flask(f"rushes_{name}", static_folder=None),
        routes_pathname_prefix=prefix,
        requests_pathname_prefix=prefix,
        serve_locally=True,
        # Django speaks to its database from ordinary threads only.
        use_async=False,
        title=title,
        update_title="",
        suppress_callback_exceptions=False,
        # Dash would serve, and load, whatever lies in its assets folder: it gets one that is ours and small.
        assets_folder=assets,
        include_assets_files=False,
        hooks={"request_pre": _ASKED},
    )
