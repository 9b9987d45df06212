"""Becomes another program that dies with its parent. Run by path, so standard library only.

    python -I launch.py PARENT SIGNAL USER COMMAND …

PARENT is the process id to die with, SIGNAL what the kernel then sends, USER whom to become ("-" for no change).
Done in a program of its own because code between fork and exec is unsafe in a process with threads.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import sys

_PR_SET_PDEATHSIG = 1
_ORPHANED = 75


def main(arguments: list[str]) -> None:
    parent, number, user, *command = arguments
    if user != "-":
        account = pwd.getpwnam(user)
        os.chdir("/")
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    if sys.platform == "linux":
        # After the change of user: the kernel forgets this wish when credentials change.
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0) != 0:
            raise SystemExit(f"prctl: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != int(parent):
        raise SystemExit(_ORPHANED)
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(each, signal.SIG_DFL)
    os.execvp(command[0], command)  # noqa: S606 - the command is ours


if __name__ == "__main__":
    main(sys.argv[1:])
