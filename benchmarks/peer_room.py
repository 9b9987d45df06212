"""A real Label Studio beside Rushes: own environment, a database of its own in the same PostgreSQL, gunicorn like ours.

`label-studio start` serves with Django's development server; to be fair to it, it gets the same server as Rushes, with
as many processes and threads. Its search indexes for text are left out (the embedded PostgreSQL has no pg_trgm); no
request that is measured here reads them.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import util
from pathlib import Path
from typing import Any

import psycopg

from annotation.labelstudio.config import label_config
from annotation.labelstudio.server import Server
from annotation.simulation import Log
from curation.embedded import parts
from curation.embedded.locations import PostgresHome
from tests.peers import installed

DATABASE = "label_studio_benchmark"
PROCESSES, THREADS = 2, 4
PATIENCE_S = 600  # on a quiet machine it takes seconds


@dataclass
class PeerRoom:
    """A project on the running server, and a token for each rater."""

    address: str
    project: int
    question: str
    choices: Sequence[str]
    tokens: Sequence[str]
    opener: Any = field(default_factory=lambda: urllib.request.build_opener(urllib.request.ProxyHandler({})))

    def rater(self, think_s: float) -> Callable[..., Log]:
        """Raters as those of Rushes: next task, think, submit."""

        def one(number: int, log: Log, stopped: Callable[[], bool], pause: Callable[[float], object]) -> Log:
            import random

            chance = random.Random(number)
            while not stopped():
                began = time.perf_counter()
                status, task = self.ask(number, f"/api/projects/{self.project}/next")
                log.claim_s.append(time.perf_counter() - began)
                if status != 200:
                    log.errors.append(f"next: {status} {str(task)[:200]}")
                    break
                if think_s:
                    pause(chance.expovariate(1 / think_s))
                result = {
                    "from_name": self.question,
                    "to_name": "video",
                    "type": "choices",
                    "value": {"choices": [chance.choice(self.choices)]},
                }
                began = time.perf_counter()
                body = {"result": [result], "lead_time": think_s}
                status, answer = self.ask(number, f"/api/tasks/{task['id']}/annotations/", body)
                log.submit_s.append(time.perf_counter() - began)
                if status == 201:
                    log.counted += 1
                else:
                    log.errors.append(f"submit: {status} {str(answer)[:200]}")
            return log

        return one

    def ask(self, number: int, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """The status and what was answered to the rater of this number."""
        request = urllib.request.Request(
            self.address + path,
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Token {self.tokens[number]}", "Content-Type": "application/json"},
        )
        try:
            with self.opener.open(request, timeout=120) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode(errors="replace")


@contextmanager
def peer_room(
    home: PostgresHome,
    *,
    tasks: Sequence[dict[str, Any]],
    questions: Sequence[dict[str, Any]],
    raters: int,
    say: Callable[[str], None],
) -> Iterator[PeerRoom]:
    """``peer_server`` with a project of ``tasks``, for so many raters."""
    with peer_server(home, people=raters) as (address, tokens):
        began = time.perf_counter()
        rushes = Server(address, tokens[0])
        project = rushes.project_make(
            title="Benchmark",
            marker=secrets.token_hex(8),
            config=label_config(questions),
            guideline="",
            overlap=1,
        )
        sent = sum(rushes.tasks_send(project.id, tasks))
        say(f"  {sent:,} tasks with predictions imported in {time.perf_counter() - began:.1f} s")
        choices = [option["key"] for option in questions[0]["options"]]
        yield PeerRoom(address, project.id, questions[0]["key"], choices, tokens[1:])


@contextmanager
def peer_server(home: PostgresHome, *, people: int) -> Iterator[tuple[str, list[str]]]:
    """Label Studio, installed where it is not: its address, and tokens of an owner and so many people; stopped and
    emptied at the end."""
    there = installed().parent.parent.resolve()
    python = there / "bin" / "python"
    package = next((there / "lib").glob("python3.*/site-packages/label_studio"))
    _database(home, f"CREATE DATABASE {DATABASE}")
    with tempfile.TemporaryDirectory(prefix="label-studio-") as folder:
        # Its environment has no gunicorn: it is lent ours, and nothing else.
        (Path(folder) / "lent").mkdir()
        gunicorn = util.find_spec("gunicorn")
        assert gunicorn is not None and gunicorn.origin is not None
        (Path(folder) / "lent" / "gunicorn").symlink_to(Path(gunicorn.origin).parent)
        environment = _environment(home, Path(folder), package)

        def ran(*words: str | Path) -> str:
            done = subprocess.run(
                [python, *words], env=environment, cwd=package, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise SystemExit(f"Label Studio's {words[0]} failed:\n{done.stderr[-3000:]}")
            return done.stdout

        ran("manage.py", "migrate", "--verbosity", "0")
        program = Path(__file__).with_name("peer_people.py")
        tokens = json.loads(ran(program, str(people)).strip().splitlines()[-1])
        listener = parts.listen("127.0.0.1", 8700)
        address = parts.address(listener).rstrip("/")
        log = Path(folder) / "log"
        with log.open("w") as out:
            server = subprocess.Popen(
                [
                    python,
                    "-m",
                    "gunicorn",
                    "core.wsgi:application",
                    f"--bind=fd://{listener.fileno()}",
                    "--worker-class=gthread",
                    f"--workers={PROCESSES}",
                    f"--threads={THREADS}",
                    "--timeout=120",
                    "--no-control-socket",
                ],
                env=environment,
                cwd=package,
                stdout=out,
                stderr=out,
                pass_fds=(listener.fileno(),),
            )
        try:
            _wait(server, address, log)
            yield address, tokens
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
            listener.close()
    _database(home)


def _environment(home: PostgresHome, folder: Path, package: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": f"{package}:{folder / 'lent'}",
        "DJANGO_SETTINGS_MODULE": "core.settings.label_studio",
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder),
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "DEBUG": "false",
        "DJANGO_DB": "default",
        "POSTGRE_HOST": str(home.socket),
        "POSTGRE_PORT": "5432",
        "POSTGRE_USER": "postgres",
        "POSTGRE_NAME": DATABASE,
        "SKIP_TRIGRAM_EXTENSION": "full",
        "SKIP_BTREE_GIN_EXTENSION": "full",
    }


def _database(home: PostgresHome, *then: str) -> None:
    with psycopg.connect(**home.parameters(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        for statement in then:
            connection.execute(statement)  # type: ignore[arg-type]


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    raise SystemExit(f"Label Studio did not start:\n{log.read_text()[-3000:]}")
