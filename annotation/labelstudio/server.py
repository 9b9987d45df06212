"""A Label Studio server, through its SDK: projects found or made, tasks sent in pieces, annotations read; errors in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

PIECE = 500
Answer = TypeVar("Answer")


class ServerRefused(Exception):
    """The server did not do what was asked; the sentence says what it was and what to do."""


class Server:
    """One server under one token."""

    def __init__(self, address: str, token: str) -> None:
        """Raises ``ServerRefused`` for what can be no address or no token; asks nothing yet."""
        from label_studio_sdk.client import LabelStudio

        self.address = address.rstrip("/")
        if not (token.isascii() and token.isprintable()):
            raise ServerRefused("the token holds a character that no token has; copy it anew")
        try:
            usable = bool(urlsplit(self.address).hostname)
        except ValueError:
            usable = False
        if not usable:
            raise ServerRefused(f"{address!r} is no address of a server")
        self._client = LabelStudio(base_url=self.address, api_key=token, timeout=60)

    def _asked(self, what: str, call: Callable[[], Answer]) -> Answer:
        import httpx
        from label_studio_sdk.core.api_error import ApiError

        try:
            return call()
        except ApiError as error:
            if error.status_code in (401, 403):
                raise ServerRefused(
                    f"{what}: {self.address} does not accept this token; copy it anew from Account & Settings there"
                ) from None
            if error.status_code == 404:
                raise ServerRefused(
                    f"{what}: {self.address} does not know it; was the project deleted?"
                ) from None
            raise ServerRefused(
                f"{what}: {self.address} answered {error.status_code}: {str(error.body)[:300]}"
            ) from None
        except httpx.HTTPError as error:
            raise ServerRefused(
                f"{what}: {self.address} cannot be reached ({error}); is it running?"
            ) from None

    def project_of(self, marker: str) -> Any | None:
        """The project whose description holds ``marker``; None if there is none."""

        def find() -> Any | None:
            for project in self._client.projects.list():
                if marker in (project.description or ""):
                    return project
            return None

        return self._asked("looking for the project", find)

    def project_make(self, *, title: str, marker: str, config: str, guideline: str, overlap: int) -> Any:
        """A new project."""
        return self._asked(
            "making the project",
            lambda: self._client.projects.create(
                title=f"{title[:47]}   "[:50].rstrip().ljust(3, "."),
                description=marker,
                label_config=config,
                expert_instruction=guideline.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>"),
                show_instruction=True,
                maximum_annotations=overlap,
            ),
        )

    def items_there(self, project: int) -> set[int]:
        """Items that the project has tasks for."""
        return {
            found["item"]
            for task in self.tasks(project, fields="task_only")
            if isinstance(found := (task.get("data") or {}).get("rushes"), dict) and "item" in found
        }

    def tasks_send(self, project: int, tasks: Iterable[dict[str, Any]]) -> Iterator[int]:
        """Send tasks in pieces; yields how many went with each."""
        piece: list[dict[str, Any]] = []
        for task in tasks:
            piece.append(task)
            if len(piece) == PIECE:
                yield self._send(project, piece)
                piece = []
        if piece:
            yield self._send(project, piece)

    def _send(self, project: int, piece: Sequence[dict[str, Any]]) -> int:
        self._asked(
            "sending tasks", lambda: self._client.projects.import_tasks(id=project, request=list(piece))
        )
        return len(piece)

    def tasks(self, project: int, *, fields: str = "all") -> Iterator[dict[str, Any]]:
        """Every task with its annotations, a page in memory at a time."""
        pager = self._asked(
            "reading tasks",
            lambda: iter(self._client.tasks.list(project=project, fields=fields, page_size=200)),
        )
        while True:
            task = self._asked("reading tasks", lambda: next(pager, None))
            if task is None:
                return
            yield task.model_dump(mode="json") if hasattr(task, "model_dump") else task.dict()

    def users(self) -> dict[str, str]:
        """E-mail by id (as text) of everybody on the server."""
        return self._asked(
            "reading users",
            lambda: {str(user.id): str(user.email) for user in self._client.users.list() if user.email},
        )
