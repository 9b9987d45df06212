"""`manage.py benchmark`: hash previews, draw a benchmark, split for training, show a report."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.datastructures import MultiValueDict

from curation.benchmarks.allocation import ALLOCATIONS
from curation.benchmarks.errors import BadPlan
from curation.benchmarks.plan import PRESETS, UNITS, UNSEEN, BenchmarkPlan, Part
from curation.benchmarks.sides import SplitPlan
from curation.errors import RushesError
from curation.forms_benchmarks import expected_groups
from curation.models import Benchmark, Corpus
from curation.selectors.clipfilter import ATTRIBUTES, ClipFilter, filter_from_query
from curation.services.benchmarks import benchmark_make
from curation.services.picturehashes import corpus_hash
from curation.services.splits import split_make

_FILTERS = ("branch", "language", "category", "metric", "low", "high", "source", "person", *ATTRIBUTES)


class Command(BaseCommand):
    help = "Draw stratified benchmarks and training splits, and look at what they share."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        hashes = actions.add_parser("hash", help="hash the previews that are not, to find near-duplicates by")
        make = actions.add_parser("make", help="draw a benchmark from validated clips and freeze it")
        split = actions.add_parser("split", help="split for training: no person and no source on two sides")
        show = actions.add_parser("show", help="print a benchmark's report and every leak as JSON")
        show.add_argument("benchmark", type=int, metavar="ID")
        hashes.add_argument("--corpus", metavar="SLUG", required=True)
        for each in (make, split):
            each.add_argument("--corpus", metavar="SLUG", required=True)
            each.add_argument("--name", required=True)
            each.add_argument("--seed", required=True, help="any word; the same draws the same")
            for name in _FILTERS:
                each.add_argument(f"--{name}", default="", help=f"as in the clip browser's address: {name}")
            each.add_argument("--tier", action="append", choices=["sft", "pretrain"])
        make.add_argument("--preset", choices=list(PRESETS))
        make.add_argument(
            "--part", action="append", metavar="age_group=105", help="strata and size; a+b crosses them"
        )
        make.add_argument("--unit", choices=UNITS)
        make.add_argument("--allocation", choices=ALLOCATIONS)
        make.add_argument("--refill", action="store_true", default=None)
        make.add_argument("--unknown", action="store_true", default=None)
        make.add_argument("--answered-only", action="store_true", default=None)
        make.add_argument("--unseen", choices=UNSEEN)
        make.add_argument("--training-subset", type=int, metavar="ID")
        make.add_argument("--per-person", type=int, metavar="N")
        make.add_argument("--per-source", type=int, metavar="N")
        make.add_argument("--near", type=int, metavar="BITS")
        make.add_argument("--expected", metavar="'age_group: 0-19, 19-30'")
        split.add_argument("--shares", default="80/10/10", metavar="TRAIN/VALIDATION/TEST")
        split.add_argument("--validated-only", action="store_true")
        split.add_argument("--known-persons-only", action="store_true")
        split.add_argument(
            "--near", type=int, default=8, metavar="BITS", help="of 63, between near-duplicate pictures"
        )
        split.add_argument(
            "--benchmark", type=int, metavar="ID", help="hold out what shares anything with it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(options)
        except RushesError as error:
            raise CommandError(f"{error.sentence}.") from None
        except BadPlan as error:
            raise CommandError(f"{error}.") from None

    def _hash(self, options: dict[str, Any]) -> None:
        hashed, failed = corpus_hash(corpus=_corpus(options["corpus"]))
        self.stdout.write(self.style.SUCCESS(f"{hashed} previews hashed, {failed} could not be"))

    def _make(self, options: dict[str, Any]) -> None:
        made = benchmark_make(
            corpus=_corpus(options["corpus"]),
            name=options["name"],
            plan=_plan(options),
            seed=options["seed"],
            chosen=_chosen(options),
        )
        for each in made.report["strata"]:
            reason = f" ({each['reason']})" if each["reason"] else ""
            self.stdout.write(
                f"  {each['part']}: {each['stratum']}: wanted {each['wanted']}, "
                f"available {each['available']}, taken {each['taken']}{reason}"
            )
        leaks = ", ".join(f"{kind} {count}" for kind, count in made.report["leaks"].items())
        self.stdout.write(f"  leaks and not checkable: {leaks}")
        self.stdout.write(
            self.style.SUCCESS(
                f"benchmark {made.pk} “{made.name}”: {made.report['taken']} of {made.report['wanted']} wanted, "
                f"frozen as subset {made.subset_id}"
            )
        )

    def _split(self, options: dict[str, Any]) -> None:
        corpus = _corpus(options["corpus"])
        benchmark = None
        if options["benchmark"]:
            benchmark = Benchmark.objects.filter(pk=options["benchmark"], corpus=corpus).first()
            if benchmark is None:
                raise CommandError(f"There is no benchmark {options['benchmark']} of this corpus.")
        try:
            train, validation, test = (float(share) for share in options["shares"].split("/"))
        except ValueError:
            raise CommandError(f"--shares: {options['shares']!r} does not read as 80/10/10.") from None
        plan = SplitPlan(
            shares={"train": train, "validation": validation, "test": test},
            tiers=tuple(options["tier"] or ("sft", "pretrain")),
            validated_only=options["validated_only"],
            unknown_persons=not options["known_persons_only"],
            near=options["near"],
        )
        made = split_make(
            corpus=corpus,
            name=options["name"],
            plan=plan,
            seed=options["seed"],
            chosen=_chosen(options),
            benchmark=benchmark,
            most=None,
        )
        for side, told in made.report["sides"].items():
            self.stdout.write(
                f"  {side}: {told['clips']} clips, {told['seconds'] / 3600:.2f} h, {told['sources']} sources, "
                f"{told['persons']} known persons"
            )
        if made.report["empty"]:
            self.stdout.write(
                self.style.WARNING(
                    f"  nothing on {' and '.join(made.report['empty'])}: the largest group of sources that share persons "
                    f"holds {made.report['largest_group']} of {made.subset.clip_count} clips, and is never parted"
                )
            )
        self.stdout.write(f"  near-duplicate pictures between sides: {_near(made.report['pictures'])}")
        self.stdout.write(
            self.style.SUCCESS(f"split {made.pk} “{made.name}”, frozen as subset {made.subset_id}")
        )

    def _show(self, options: dict[str, Any]) -> None:
        found = Benchmark.objects.filter(pk=options["benchmark"]).first()
        if found is None:
            raise CommandError(f"There is no benchmark {options['benchmark']}.")
        leaks = found.leaks.order_by("kind", "clip_id").values(
            "kind", "clip_id", "other_id", "others", "distance", "reason"
        )
        body = {"name": found.name, "seed": found.seed, "plan": found.plan, "report": found.report}
        self.stdout.write(json.dumps({**body, "leaks": list(leaks)}, ensure_ascii=False, indent=2))


def _near(pictures: dict[str, Any]) -> str:
    """What a split's report says of pictures, on a line."""
    if pictures["reason"]:
        return str(pictures["reason"])
    unsaid = sum(told["not_hashed"] + told["no_picture"] for told in pictures["clips"].values())
    found = [
        f"{clips} of {one} in {other}"
        for one, others in sorted(pictures["between"].items())
        for other, clips in sorted(others.items())
    ]
    return f"{', '.join(found) or 'none found'}; {unsaid} clips have no hash to compare"


def _corpus(slug: str) -> Corpus:
    found = Corpus.objects.select_related("active_policy").filter(slug=slug).first()
    if found is None:
        known = ", ".join(Corpus.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"--corpus: there is no {slug!r}; there are: {known}.")
    return found


def _chosen(options: dict[str, Any]) -> ClipFilter:
    return filter_from_query(MultiValueDict({name: [options[name]] for name in _FILTERS if options[name]}))


def _plan(options: dict[str, Any]) -> BenchmarkPlan:
    preset = PRESETS[options["preset"]]() if options["preset"] else None
    parts = tuple(_part(text) for text in options["part"] or ())
    if not parts and preset is None:
        raise CommandError("Say what to draw: --preset, or --part age_group=105 and the like.")
    names = ("unit", "allocation", "refill", "unknown", "answered_only", "unseen", "per_person", "per_source")
    said = {name: options[name] for name in (*names, "near", "training_subset") if options[name] is not None}
    if options["tier"]:
        said["tiers"] = tuple(options["tier"])
    if options["expected"]:
        said["expected"] = expected_groups(options["expected"])
    base = {"unit": preset.unit, "unseen": preset.unseen} if preset else {}
    return BenchmarkPlan(parts or (preset.parts if preset else ()), **{**base, **said})


def _part(text: str) -> Part:
    names, equals, size = text.rpartition("=")
    if not equals or not size.strip().isdigit():
        raise CommandError(
            f"--part: {text!r} does not read as age_group=105, age_group+gender=200 or all=500."
        )
    return Part(tuple(name for name in names.split("+") if name and name != "all"), int(size))
