"""Other people's servers that tests speak to: `make test-peers` installs them into environments of their own, starts
them on loopback, runs the tests that need them, and stops them again.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
# RUSHES_PEERS names a folder of peers that is there already, for checkouts and data folders to share.
_PEERS = os.environ.get("RUSHES_PEERS") or Path(os.environ.get("RUSHES_VAR") or REPOSITORY / "var") / "peers"
HOME = Path(_PEERS) / "label-studio"
PACKAGE = "label-studio==1.23.2"
TESTS = "tests/annotation/labelstudio"
PATIENCE_S = 900  # on a quiet machine it takes a minute


def installed() -> Path:
    """The program of Label Studio, installed if it is not there."""
    program = HOME / "bin" / "label-studio"
    if not program.exists():
        print(f"installing {PACKAGE} into {HOME} …", flush=True)
        venv.create(HOME, with_pip=True, clear=True)
        subprocess.run([HOME / "bin" / "pip", "install", "--quiet", PACKAGE], check=True)
    return program


def main() -> int:
    """Start the peers, run the tests; the tests' exit status."""
    program, token = installed(), secrets.token_hex(20)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="label-studio-") as data:
        environment = {
            **os.environ,
            "LABEL_STUDIO_BASE_DATA_DIR": data,
            "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
            "COLLECT_ANALYTICS": "false",
            "LATEST_VERSION_CHECK": "false",
        }
        words = ["start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port)]
        login = ["--username", "peer@example.org", "--password", secrets.token_hex(12), "--user-token", token]
        with (Path(data) / "log").open("w") as log:
            server = subprocess.Popen(
                [program, *words, *login], env=environment, stdout=log, stderr=log, cwd=data
            )
            try:
                _wait(server, address, Path(data) / "log")
                found = {**os.environ, "LABEL_STUDIO_URL": address, "LABEL_STUDIO_TOKEN": token}
                tests = [sys.executable, "-m", "pytest", TESTS, *sys.argv[1:]]
                return subprocess.run(tests, env=found, cwd=REPOSITORY, check=False).returncode
            finally:
                server.terminate()
                try:
                    server.wait(20)
                except subprocess.TimeoutExpired:
                    server.kill()


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(1)
    raise SystemExit(f"Label Studio did not start:\n{log.read_text()[-3000:]}")


if __name__ == "__main__":
    raise SystemExit(main())
