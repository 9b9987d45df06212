"""manage.py weights list | download | verify: the model weights of the registry, and no others."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from curation.progress import ProgressBar
from scoring.adapters import weights
from scoring.adapters.weights_download import download

_MEGABYTE = 1_000_000


class Command(BaseCommand):
    """List, download and verify model weights. Downloads go on where a broken line left them."""

    help = "List, download or verify the model weights that scorers can use."
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser(
            "list", help="every entry: what it is for, its licence and size, whether it is here"
        )
        fetch = actions.add_parser("download", help="fetch entries by name, checksums checked before use")
        fetch.add_argument("name", nargs="+", help="as `weights list` shows them")
        check = actions.add_parser("verify", help="compare the files that are here with their checksums")
        check.add_argument("name", nargs="*", help="only these (default: all that are here)")

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            {"list": self._list, "download": self._download, "verify": self._verify}[action](**options)
        except weights.WeightsError as error:
            raise CommandError(str(error)) from error

    def _list(self, **_: Any) -> None:
        self.stdout.write(f"in {weights.folder()}:")
        for spec in weights.WEIGHTS.values():
            here = "here" if weights.is_present(spec.name) else "not here"
            size = f"{spec.about_bytes / _MEGABYTE:.0f} MB" if spec.about_bytes else "size unknown"
            self.stdout.write(f"  {spec.name:20} {here:8}  {size:>12}  {spec.licence}\n      {spec.purpose}")
            if not spec.address:
                self.stdout.write(f"      to be put there by hand as {spec.file}: {spec.note}")

    def _download(self, *, name: list[str], **_: Any) -> None:
        for spec in [weights.spec_of(one) for one in name]:
            bar: ProgressBar | None = None

            def told(done: int, whole: int | None, label: str = spec.name) -> None:
                nonlocal bar
                if bar is None:
                    total = max(1, (whole or 0) // _MEGABYTE)
                    bar = ProgressBar(label, total, unit="MB", stream=self.stderr._out)  # type: ignore[attr-defined,arg-type]
                bar.set(done // _MEGABYTE)

            path = download(spec, progress=told)
            if bar is not None:
                bar.finish()
            self._say(weights.verify(spec.name))
            self.stdout.write(f"      {path}")

    def _verify(self, *, name: list[str], **_: Any) -> None:
        chosen = name or [one for one in weights.WEIGHTS if weights.is_present(one)]
        if not chosen:
            self.stdout.write(f"no weights of the registry are in {weights.folder()}")
        verdicts = [weights.verify(one) for one in chosen]
        for verdict in verdicts:
            self._say(verdict)
        bad = [v.spec.name for v in verdicts if v.standing in ("wrong", "absent")]
        if bad:
            raise CommandError(
                f"not right: {', '.join(bad)}; run `manage.py weights download {' '.join(bad)}` where it has an address"
            )

    def _say(self, verdict: weights.Verdict) -> None:
        name, found = verdict.spec.name, verdict.sha256
        self.stdout.write(
            {
                "verified": f"  {name}: verified, sha256 {found}",
                "absent": f"  {name}: not here; {weights.missing_words(name)}",
                "wrong": f"  {name}: WRONG, sha256 {found}, expected {verdict.spec.sha256}",
                "unknown checksum": f"  {name}: its publisher states no checksum; computed sha256 {found}",
            }[verdict.standing]
        )
