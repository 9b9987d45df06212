"""`manage.py export`: freeze a selection and write it out, or check a folder against its manifest."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.datastructures import MultiValueDict

from curation.errors import RushesError
from curation.exports.manifest import Fault, NoManifest, read_manifest, verify_folder
from curation.exports.writers import FORMATS
from curation.models import Corpus, ExportJob, Subset
from curation.selectors.clipfilter import ATTRIBUTES, filter_from_query
from curation.selectors.exportrecords import recorded
from curation.services.exports import export_request, export_run
from curation.services.subsets import subset_freeze
from curation.storage import shelf
from curation.storage.remote import remote_manifest, verify_remote
from curation.storage.s3 import address_of, is_address

_FILTERS = (
    "branch",
    "language",
    "category",
    "verdict",
    "metric",
    "low",
    "high",
    "source",
    "person",
    "rule",
    *ATTRIBUTES,
)
_NOT_RECORDED = (
    "no export with this manifest was recorded here; export {} of the same list says something else of {}. "
    "If the folder comes from another Rushes, check it there, or with --alone"
)


class Command(BaseCommand):
    help = "Freeze clips into a subset and export it; or check an exported folder against its manifest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        write = actions.add_parser("write", help="freeze a selection (or take a frozen subset) and write it")
        write.add_argument("--corpus", metavar="SLUG", help="the corpus to select from")
        write.add_argument(
            "--subset", type=int, metavar="ID", help="a subset frozen before, instead of a selection"
        )
        write.add_argument("--name", default="", help="the subset's name")
        write.add_argument("--tier", action="append", choices=["sft", "pretrain", "reject", "undecided"])
        write.add_argument(
            "--proposed-too", action="store_true", help="take proposals where nobody has settled the tier"
        )
        for name in _FILTERS:
            write.add_argument(f"--{name}", default="", help=f"as in the clip browser's address: {name}")
        write.add_argument("--format", default="talkvid-jsonl", choices=list(FORMATS))
        write.add_argument(
            "--to", metavar="s3://BUCKET/PREFIX", help="object storage instead of where settings say"
        )
        verify = actions.add_parser("verify", help="check a folder against its manifest.json")
        verify.add_argument("folder", metavar="FOLDER|s3://…")
        verify.add_argument(
            "--alone", action="store_true", help="look at the folder only, not at what this database recorded"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "verify":
            self._guarded(self._verify, options)
        else:
            self._guarded(self._write, options)

    def _guarded(self, do: Any, argument: Any) -> None:
        try:
            do(argument)
        except RushesError as error:
            raise CommandError(f"{error.sentence}.") from None

    def _verify(self, options: dict[str, Any]) -> None:
        folder, known = options["folder"], ""
        try:
            remote = is_address(folder)
            faults = verify_remote(address_of(folder)) if remote else verify_folder(Path(folder))
            if not faults and not options["alone"]:
                manifest = remote_manifest(address_of(folder)) if remote else read_manifest(Path(folder))
                found = recorded(manifest.facts, manifest.sha256)
                known = f": export {found.record} of this database"
                if found.record is None:
                    known = (
                        " in files and counts. This database has no record of it, so that what its manifest says of "
                        "filter, policy, builds and certificate could not be checked"
                    )
                elif found.differs:
                    faults = [
                        Fault("manifest.json", _NOT_RECORDED.format(found.record, ", ".join(found.differs)))
                    ]
        except NoManifest as error:
            raise CommandError(f"{error}.") from None
        for fault in faults:
            self.stderr.write(f"{fault.name}: {fault.problem}")
        if faults:
            raise CommandError(
                f"{len(faults)} fault{'s' if len(faults) > 1 else ''}: {folder} is not as it was written."
            )
        self.stdout.write(self.style.SUCCESS(f"{folder} is exactly as it was written{known}."))

    def _write(self, options: dict[str, Any]) -> None:
        subset = self._subset(options)
        self.stdout.write(
            f"subset {subset.pk} “{subset.name}”: {subset.clip_count} clips, {subset.total_seconds / 3600:.2f} h"
        )
        job = export_request(subset=subset, format=options["format"], to=options["to"])
        record = export_run(job_id=job.pk)
        if record is None:
            job = ExportJob.objects.get(pk=job.pk)
            raise CommandError(f"The export did not finish: {job.error or job.get_state_display()}.")
        place = record.destination
        place = place if is_address(place) else str(shelf("exports") / place)
        self.stdout.write(self.style.SUCCESS(f"{record.manifest['counts']['clips']} clips in {place}"))

    def _only_a_subset(self, options: dict[str, Any]) -> None:
        """A frozen list is written as it is: what would narrow it is refused, not passed over."""
        said = [name for name in ("corpus", "name", "tier", "proposed_too", *_FILTERS) if options[name]]
        if said:
            raise CommandError(
                f"--{said[0].replace('_too', '-too')}: a frozen subset is written as it is; leave it out, or select anew "
                "without --subset."
            )

    def _subset(self, options: dict[str, Any]) -> Subset:
        if options["subset"] is not None:
            self._only_a_subset(options)
            found = Subset.objects.select_related("corpus", "policy").filter(pk=options["subset"]).first()
            if found is None:
                raise CommandError(f"There is no subset {options['subset']}.")
            return found
        corpus = Corpus.objects.select_related("active_policy").filter(slug=options["corpus"] or "").first()
        if corpus is None and not options["corpus"]:
            raise CommandError(
                "Say what to write: --subset ID, or --corpus SLUG with what to select from it."
            )
        if corpus is None:
            known = ", ".join(Corpus.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"--corpus: there is no {options['corpus']!r}; there are: {known}.")
        query = MultiValueDict({name: [options[name]] for name in _FILTERS if options[name]})
        return subset_freeze(
            corpus=corpus,
            name=options["name"] or "from the command line",
            tiers=options["tier"] or ["sft"],
            validated_only=not options["proposed_too"],
            chosen=filter_from_query(query),
        )
