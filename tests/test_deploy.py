"""The compose file and the units of docs/deploy name only what there is: variables, commands, options, files."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery.bin.worker import worker
from django.core.management import get_commands, load_command_class
from gunicorn.config import Config  # type: ignore[import-untyped]

from scoring.services.stopping import FINISH_S
from tests.paths import REPOSITORY

DEPLOY = REPOSITORY / "docs" / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
# Read by others than Rushes: boto3, PostgreSQL's and MinIO's images, Python itself.
_OTHERS = re.compile(r"AWS_\w+|POSTGRES_PASSWORD|OWNER_PASSWORD|APP_PASSWORD|MINIO_ROOT_\w+|PYTHONUNBUFFERED")


def known_variables() -> set[str]:
    manual = (REPOSITORY / "docs/operator.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([A-Z_0-9]+)` \|", manual, re.M))


def env_file(name: str) -> dict[str, str]:
    lines = (DEPLOY / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every program that a unit or a container of Rushes starts, as a list of arguments."""
    for path in UNITS:
        for _, line in re.findall(r"^(ExecStart(?:Pre)?)=(.+)$", path.read_text(encoding="utf-8"), re.M):
            yield from ((path.name, each) for each in _simple(shlex.split(line)))
    for name, service in COMPOSE["services"].items():
        if service.get("image") == "rushes":
            yield from ((name, each) for each in _simple(service["command"]))


def _simple(arguments: list[str]) -> Iterator[list[str]]:
    """A shell's line as the programs in it."""
    if Path(arguments[0]).name != "sh":
        yield arguments
        return
    for part in re.split("&&|;", arguments[2]):
        words = [word for word in shlex.split(part) if word != "exec"]
        if not re.match(r"\w+=", words[0]):
            yield words


def test_every_variable_is_one_that_rushes_reads() -> None:
    named = {name for one in ("rushes.env", "owner.env") for name in env_file(one)}
    for path in UNITS:
        named |= set(re.findall(r"^Environment=([A-Z_0-9]+)=", path.read_text(encoding="utf-8"), re.M))
    for service in COMPOSE["services"].values():
        named |= set(service.get("environment", {}))
    unknown = {name for name in named - known_variables() if not _OTHERS.fullmatch(name)}
    assert not unknown


def test_compose_asks_for_each_secret_and_holds_none() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    for name, value in COMPOSE["services"]["web"]["environment"].items():
        if re.search("SECRET|PASSWORD|TOKEN|_URL$", name) and name != "S3_ENDPOINT_URL":
            assert ":?}" in str(value), f"{name} has a value of its own"
    said = set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", text.split("x-rushes")[0]))
    assert set(re.findall(r"\$\{(\w+):\?\}", text)) <= said, "the head of the file lists what to give"


def test_every_program_exists_and_takes_its_options() -> None:
    known, tried = get_commands(), set()
    options = {option for parameter in worker.params for option in parameter.opts}
    for place, arguments in commands():
        program = Path(arguments[0]).name
        tried.add(program)
        if program == "python":
            assert arguments[1] == "manage.py" and arguments[2] in known, (place, arguments)
            parser = (
                load_command_class(known[arguments[2]], arguments[2])
                if isinstance(known[arguments[2]], str)
                else known[arguments[2]]
            )
            parser.create_parser("manage.py", arguments[2]).parse_args(arguments[3:])
        elif program == "gunicorn":
            Config().parser().parse_args(arguments[1:])
        elif program == "celery":
            assert arguments[1] == "--app=curation.config.celery:app" and arguments[2] == "worker"
            for argument in arguments[3:]:
                assert argument.split("=")[0] in options, (place, argument)
        else:
            raise AssertionError(f"{place} starts {program}")
    assert tried == {"python", "gunicorn", "celery"}


def test_every_queue_is_served_and_the_work_of_a_stopped_worker_is_waited_for() -> None:
    served = {
        argument.split("=")[1]
        for _, arguments in commands()
        for argument in arguments
        if argument.startswith("--queues=")
    }
    assert served == {"cpu", "desk", "gpu"}
    for path in UNITS:
        text = path.read_text(encoding="utf-8")
        if "celery" in text:
            assert int(re.search(r"TimeoutStopSec=(\d+)", text)[1]) > FINISH_S + 10


def test_only_what_changes_tables_knows_the_owner() -> None:
    for path in UNITS:
        holds = "owner.env" in path.read_text(encoding="utf-8")
        assert holds == (path.name in ("rushes-migrate.service", "rushes-backup.service")), path.name
    for name, service in COMPOSE["services"].items():
        assert ("DATABASE_OWNER_URL" in service.get("environment", {})) == (name == "migrate")


def test_what_compose_mounts_and_builds_from_is_there() -> None:
    for config in COMPOSE["configs"].values():
        assert "content" in config or (DEPLOY / config["file"]).is_file()
    copied = re.findall(r"^COPY (.+) \S+$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.M)
    names = [name for line in copied for name in line.split()]
    assert {"manage.py", "curation", "annotation", "scoring", "dashboards", "templates"} <= set(names)
    assert [name for name in names if not (REPOSITORY / name).exists()] == []
    pins = (REPOSITORY / "requirements.txt").read_text() + (REPOSITORY / "docs/operator.md").read_text()
    for pin in re.findall(r"[\w-]+==[\d.]+", (DEPLOY / "Dockerfile").read_text(encoding="utf-8")):
        assert pin in pins, f"{pin} is not the version that Rushes is tested with"


def test_production_starts_with_the_example_once_it_is_filled_in() -> None:
    filled = {
        name: value.replace("CHANGE-ME", "x" * 40)
        for name, value in {**env_file("rushes.env"), **env_file("owner.env")}.items()
    }
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from curation.config import settings as s; print(s.MODE, s.DEBUG, *s.DATABASES, s.EXPORTS_TO)",
        ],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], **filled},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["production", "False", "default", "owner", "s3://datasets/exports"], (
        done.stderr
    )


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for path in UNITS:
        text = path.read_text(encoding="utf-8")
        # This machine has neither the user nor the folders; everything else is as it is.
        text = re.sub(r"^(User|Group)=.*\n", "", text, flags=re.M)
        text = text.replace("/opt/rushes/.venv/bin", str(Path(sys.executable).parent)).replace(
            "/opt/rushes", str(REPOSITORY)
        )
        (tmp_path / path.name).write_text(text.replace("/etc/rushes", str(DEPLOY)), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and "rushes" not in done.stderr, done.stderr


def test_the_manual_names_every_file() -> None:
    manual = (REPOSITORY / "docs/operator.md").read_text(encoding="utf-8")
    for path in [*DEPLOY.iterdir(), *UNITS]:
        assert path.name in manual, path.name
