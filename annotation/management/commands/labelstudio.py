"""`manage.py labelstudio`: a queue to a Label Studio server and back, or through files without one."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.labelstudio.config import config_faults, label_config
from annotation.labelstudio.reading import Unreadable, read_export
from annotation.labelstudio.server import Server, ServerRefused
from annotation.labelstudio.tasks import BadPlace, place_check
from annotation.models import Queue
from annotation.services.labelstudio import (
    TakenBack,
    annotations_take,
    left_out,
    marker_of,
    queue_check,
    tasks_of,
)
from curation.errors import RushesError

VIDEO = "/data/local-files/?d={path}"
SHOWN = 20


class Command(BaseCommand):
    help = "Send a queue's clips to Label Studio, take annotations back as judgments; or do it through files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        push = actions.add_parser("push", help="the queue as a project; again sends only what is not there")
        pull = actions.add_parser("pull", help="annotations of the queue's project as judgments, each once")
        tasks = actions.add_parser("tasks", help="write tasks (and the label config) to files instead")
        take = actions.add_parser("import", help="take annotations from a JSON export, without a server")
        for one in (push, pull, tasks, take):
            one.add_argument("queue", type=int, metavar="QUEUE", help="the queue's number, as in its address")
        for one in (push, pull):
            one.add_argument(
                "--url", default=os.environ.get("LABEL_STUDIO_URL", ""), help="or LABEL_STUDIO_URL"
            )
        for one in (push, tasks):
            one.add_argument(
                "--video",
                default=VIDEO,
                help="where Label Studio finds a clip, with {path} (below the renditions), {sha256} or {clip}; "
                f"default {VIDEO}: serve the renditions folder as its local files",
            )
        tasks.add_argument("file", type=Path)
        take.add_argument("file", type=Path)
        for one in (pull, take):
            one.add_argument("--raters", type=Path, help='JSON: {"ada@example.org": "login here", …}')

    def handle(self, *args: Any, **options: Any) -> None:
        queue = (
            Queue.objects.select_related("corpus", "policy", "rubric_version__rubric")
            .filter(pk=options["queue"])
            .first()
        )
        if queue is None:
            raise CommandError(f"There is no queue {options['queue']}.")
        try:
            queue_check(queue)
            if "video" in options:
                place_check(options["video"])
            {"push": self._push, "pull": self._pull, "tasks": self._tasks, "import": self._import}[
                options["action"]
            ](queue, options)
        except RushesError as error:
            raise CommandError(f"{error.sentence}.") from None
        except (ServerRefused, Unreadable, BadPlace) as error:
            said = str(error)
            raise CommandError(said if said.endswith("?") else f"{said}.") from None

    def _server(self, options: dict[str, Any]) -> Server:
        token = os.environ.get("LABEL_STUDIO_TOKEN", "")
        if not options["url"].startswith(("http://", "https://")) or not token:
            raise CommandError(
                "Say where Label Studio is (--url or LABEL_STUDIO_URL, with http:// or https://) and put its token "
                "into LABEL_STUDIO_TOKEN."
            )
        return Server(options["url"], token)

    def _project(self, server: Server, queue: Queue) -> Any | None:
        project = server.project_of(marker_of(queue))
        if project is not None:
            faults = config_faults(project.label_config or "", queue.rubric_version.questions)
            if faults:
                raise CommandError(
                    f"The label config of project {project.id} was changed: {'; '.join(faults)}. "
                    "Put it back, or take the project away and push anew."
                )
        return project

    def _push(self, queue: Queue, options: dict[str, Any]) -> None:
        server = self._server(options)
        project = self._project(server, queue)
        have: set[int] = set()
        if project is None:
            project = server.project_make(
                title=queue.name,
                marker=marker_of(queue),
                config=label_config(queue.rubric_version.questions),
                guideline=queue.rubric_version.guideline,
                overlap=queue.overlap,
            )
        else:
            have = server.items_there(project.id)
        sent = 0
        for count in server.tasks_send(project.id, tasks_of(queue, video=options["video"], without=have)):
            sent += count
            self.stdout.write(f"  {sent} tasks sent")
        self.stdout.write(
            f"project {project.id} at {server.address}: {sent} tasks new, {len(have)} there before"
        )
        self._say_left_out(queue)

    def _pull(self, queue: Queue, options: dict[str, Any]) -> None:
        server = self._server(options)
        project = self._project(server, queue)
        if project is None:
            raise CommandError(f"{server.address} has no project of this queue: push it first.")
        origin = f"{server.address}/projects/{project.id}"
        raters = self._raters(options)
        self._say(
            annotations_take(
                queue=queue,
                tasks=server.tasks(project.id),
                origin=origin,
                raters=raters,
                emails=server.users(),
            )
        )

    def _tasks(self, queue: Queue, options: dict[str, Any]) -> None:
        path, count = options["file"], 0
        with path.open("w", encoding="utf-8") as file:
            for count, task in enumerate(tasks_of(queue, video=options["video"]), 1):
                file.write(("[\n" if count == 1 else ",\n") + json.dumps(task, ensure_ascii=False))
            file.write("\n]\n" if count else "[]\n")
        config = path.with_suffix(".xml")
        config.write_text(label_config(queue.rubric_version.questions), encoding="utf-8")
        self.stdout.write(f"{count} tasks in {path}, the label config in {config}")
        self._say_left_out(queue)

    def _say_left_out(self, queue: Queue) -> None:
        for reason, count in left_out(queue).items():
            self.stdout.write(self.style.WARNING(f"  not among them: {count} items {reason}"))

    def _import(self, queue: Queue, options: dict[str, Any]) -> None:
        tasks = read_export(options["file"])
        self._say(
            annotations_take(
                queue=queue, tasks=tasks, origin=f"export:{queue.pk}", raters=self._raters(options)
            )
        )

    def _raters(self, options: dict[str, Any]) -> dict[str, str]:
        if options["raters"] is None:
            return {}
        try:
            found = json.loads(options["raters"].read_text(encoding="utf-8"))
        except RecursionError:
            raise CommandError("--raters: the file is nested too deeply") from None
        except (OSError, ValueError) as error:
            raise CommandError(f"--raters: {error}") from None
        if not isinstance(found, dict) or not all(
            isinstance(value, str) and value.isprintable() for value in found.values()
        ):
            raise CommandError('--raters: write it as {"ada@example.org": "login here"}')
        return found

    def _say(self, taken: TakenBack) -> None:
        counts = taken.counts
        self.stdout.write(
            ", ".join(f"{name} {counts[name]}" for name in ("new", "corrected", "known", "surplus"))
            + f"; not taken {len(taken.faults)}"
        )
        for fault in taken.faults[:SHOWN]:
            self.stdout.write(f"  {fault.where}: {fault.reason}")
        if len(taken.faults) > SHOWN:
            self.stdout.write(f"  and {len(taken.faults) - SHOWN} more")
