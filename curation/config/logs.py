"""Log lines as JSON objects, one a line, each with the ids of its request and task."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from curation.config.requestid import current_request_id, current_task_id

_EXTRA = ("ms", "source", "stage")


class Ids(logging.Filter):
    """Puts the ids at hand on every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id()
        record.task_id = current_task_id()
        return True


class JsonLines(logging.Formatter):
    """time, level, logger, message; request_id, task_id, ms where there are any; exception with its lines."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name in ("request_id", "task_id", *_EXTRA):
            if value := getattr(record, name, None):
                line[name] = value
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
