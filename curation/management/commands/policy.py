"""``manage.py policy``: list, make, activate, compare, export and import policies."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from curation.errors import RushesError
from curation.models import Corpus, Policy
from curation.policies.errors import PolicyError
from curation.policies.jsonform import to_json
from curation.policies.presets import PRESETS, UnknownPreset
from curation.policies.tiers import Tier
from curation.policies.words import rule_words
from curation.progress import ProgressBar
from curation.selectors.flips import flip_counts
from curation.selectors.policies import policies_of, policy_diff, policy_get, policy_rules
from curation.selectors.proposals import tier_counts
from curation.services.activation import policy_activate
from curation.services.policies import policy_from_preset, policy_import


class Command(BaseCommand):
    """Policies of a corpus, from the terminal."""

    help = "List, make, activate, compare, export and import the policies of a corpus."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="what", required=True)

        def command(name: str, text: str) -> Any:
            sub = commands.add_parser(name, help=text)
            sub.add_argument("--corpus", required=name != "presets", help="The corpus, by its slug.")
            return sub

        command("list", "The versions of a corpus, newest first.")
        commands.add_parser("presets", help="What a policy can start from, and what each needs.")
        preset = command("preset", "Make a policy from a preset.")
        preset.add_argument("name", help=f"One of {', '.join(PRESETS)}.")
        imported = command("import", "Make a policy from a JSON file.")
        imported.add_argument("file", type=Path)
        for sub in (preset, imported):
            sub.add_argument("--activate", action="store_true", help="Activate it at once.")
            sub.add_argument("--origin", help="The scorecards that it reads; measured ones if left out.")
        activate = command("activate", "Make a policy the active one; again after a kill: go on.")
        activate.add_argument("number", type=int)
        for sub in (preset, imported, activate):
            sub.add_argument("--why", default="", help="Kept with the event.")
        diff = command("diff", "What changed between two policies, and what it moves.")
        diff.add_argument("before", type=int)
        diff.add_argument("after", type=int)
        show = command("show", "The rules of a policy and what it proposes.")
        show.add_argument("number", type=int)
        export = command("export", "Write a policy as JSON.")
        export.add_argument("number", type=int)
        export.add_argument("file", nargs="?", type=Path, help="Standard output if left out.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["what"] == "presets":
                self._presets()
                return
            corpus = Corpus.objects.filter(slug=options["corpus"]).first()
            if corpus is None:
                slugs = ", ".join(Corpus.objects.values_list("slug", flat=True)) or "none yet"
                raise CommandError(f"no corpus is called {options['corpus']!r}; there are: {slugs}")
            getattr(self, f"_{options['what']}")(corpus, options)
        except (RushesError, PolicyError, UnknownPreset) as error:
            raise CommandError(str(error)) from error

    def _presets(self) -> None:
        for preset in PRESETS.values():
            self.stdout.write(f"{preset.name}: {preset.description}\n    needs {', '.join(preset.scorers)}")
            for line in preset.omitted:
                self.stdout.write(f"    left out: {line}")

    def _list(self, corpus: Corpus, options: dict[str, Any]) -> None:
        for policy in policies_of(corpus):
            active = policy.pk in (corpus.active_policy_id, corpus.active_pair_policy_id)
            mark = "*" if active else " "
            made = f"{policy.created_at:%Y-%m-%d %H:%M}"
            self.stdout.write(
                f"{mark} {policy.number:>3}  {policy.name}  {len(policy.rules.all())} rules for {policy.get_subject_display()}"
                f"  {policy.origin}  {made}  {policy.rules_sha256[:12]}"
            )

    def _preset(self, corpus: Corpus, options: dict[str, Any]) -> None:
        policy = policy_from_preset(
            corpus=corpus, preset_name=options["name"], why=options["why"], origin=options["origin"]
        )
        self._made(policy, options)

    def _import(self, corpus: Corpus, options: dict[str, Any]) -> None:
        text = options["file"].read_bytes()
        self._made(
            policy_import(corpus=corpus, text=text, why=options["why"], origin=options["origin"]), options
        )

    def _made(self, policy: Policy, options: dict[str, Any]) -> None:
        self.stdout.write(f"policy {policy.number}: {policy.name}")
        if options["activate"]:
            self._activate(policy.corpus, {**options, "number": policy.number})

    def _activate(self, corpus: Corpus, options: dict[str, Any]) -> None:
        policy = policy_get(corpus, options["number"])
        bar = ProgressBar("deciding", 1, unit="clips")

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.set(done)

        policy_activate(policy=policy, why=options["why"], progress=show)
        bar.finish()
        self.stdout.write(f"policy {policy.number} is active in {corpus.slug}: {self._counts(policy)}")

    def _show(self, corpus: Corpus, options: dict[str, Any]) -> None:
        policy = policy_get(corpus, options["number"])
        rules = policy_rules(policy)
        for rule in rules:
            self.stdout.write(f"{rule.tier.word:>9}  {rule_words(rule)}")
        self.stdout.write(self._counts(policy))

    def _diff(self, corpus: Corpus, options: dict[str, Any]) -> None:
        before, after = (policy_get(corpus, options[key]) for key in ("before", "after"))
        for line in policy_diff(before, after) or ("the same rules",):
            self.stdout.write(line)
        for count in flip_counts(before, after):
            self.stdout.write(
                f"{count.before.word} → {count.after.word}: {count.amount.clips:,} ({count.amount.hours:,.1f} h)"
            )

    def _export(self, corpus: Corpus, options: dict[str, Any]) -> None:
        policy = policy_get(corpus, options["number"])
        text = to_json(policy_rules(policy), name=policy.name)
        if options["file"] is None:
            self.stdout.write(text, ending="")
        else:
            options["file"].write_text(text, encoding="utf-8")

    def _counts(self, policy: Policy) -> str:
        counts = tier_counts(policy)
        tiers = (Tier.SFT, Tier.PRETRAIN, Tier.REJECT, Tier.UNDECIDED)
        return ", ".join(
            f"{tier.word} {counts[tier].clips:,} ({counts[tier].hours:,.1f} h)" for tier in tiers
        )
