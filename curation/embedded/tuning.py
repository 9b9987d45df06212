"""PostgreSQL's settings for the machine it runs on, given at every start."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

# The same machine decodes video and runs models, so the database takes a small share of it.
_ALWAYS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "huge_pages": "off",
    "jit": "off",
    "timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
    "log_checkpoints": "off",
}
_THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


def server_settings(*, durable: bool) -> dict[str, str]:
    """Names and values for this machine; without `durable`, fast and not safe against a crash."""
    sizes = memory_settings(machine_memory()) if durable else _THROWAWAY
    return {**_ALWAYS, **sizes, **_shared_memory()}


def machine_memory() -> int:
    """Bytes of memory that this process may use: the machine's, or less in a container that is limited."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # no such file outside a container, "max" where it has no limit
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return memory


def memory_settings(memory: int) -> dict[str, str]:
    """A sixteenth for PostgreSQL's own buffers, within reason; the rest serves it through the kernel's cache."""
    megabytes = memory // 2**20
    return {
        "shared_buffers": f"{max(128, min(1024, megabytes // 16))}MB",
        "effective_cache_size": f"{max(512, megabytes // 2)}MB",
    }


def _shared_memory() -> dict[str, str]:
    """Containers often give 64 MB of /dev/shm, too little for parallel queries: files then."""
    try:
        space = os.statvfs("/dev/shm")  # noqa: S108 - only its size is read
    except OSError:
        return {"dynamic_shared_memory_type": "mmap"}
    roomy = space.f_bavail * space.f_frsize >= 512 * 1024 * 1024
    return {} if roomy else {"dynamic_shared_memory_type": "mmap"}
