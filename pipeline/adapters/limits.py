"""Limits that a process puts on itself before it touches hostile bytes: memory, time, file size, no network.

Contains no business logic. Everything is best effort where the system has no such limit (Windows).
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_CLONE_NEWNET = 0x40000000
_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_CHILD_SUBREAPER = 36
MEBIBYTE = 1024 * 1024
#: Seconds of processor between the signal that they are used up and the end of who does not heed it.
_GRACE = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may use."""

    #: Address space, bytes.
    memory: int = 1024 * MEBIBYTE
    #: Processor time, seconds.
    cpu: int = 20
    #: Time on the clock, seconds; kept by the parent.
    wall: float = 30.0
    #: Answer, bytes; kept by the parent.
    output: int = 20 * MEBIBYTE
    #: Largest file it may write, bytes.
    file: int = 200 * MEBIBYTE


#: Parse and unpack of a whole mail.
WHOLE_MAIL = Limits(memory=2048 * MEBIBYTE, cpu=60, wall=1500.0, output=60 * MEBIBYTE)


def apply(limits: Limits, *, most: Limits | None = None) -> None:
    """Put the limits on this very process; they pass on to all it starts.

    Args:
        limits: What this process may use.
        most: What a process may use that it starts and that sets limits of its own; no more than ``limits`` by default.
            It could help itself to that, were it taken over, but to nothing above.
    """
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - the module does not exist on Windows

    most = most or limits
    _cap(resource.RLIMIT_CPU, limits.cpu, most=most.cpu + _GRACE)
    steady(limits)
    if sys.platform == "linux":
        _cap(resource.RLIMIT_AS, limits.memory, most=most.memory)


def processor_left() -> float:
    """Seconds of processor that this process still may use; endless where there is no limit."""
    if sys.platform == "win32":
        return math.inf
    import resource  # noqa: PLC0415 - as above

    soft, _ = resource.getrlimit(resource.RLIMIT_CPU)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return math.inf if soft == resource.RLIM_INFINITY else soft - used.ru_utime - used.ru_stime


def steady(limits: Limits) -> None:
    """Put on this very process the limits that are the same for all its work."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - as above

    _cap(resource.RLIMIT_FSIZE, limits.file)
    _cap(resource.RLIMIT_CORE, 0)
    _cap(resource.RLIMIT_NOFILE, 512)
    if sys.platform == "linux":
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def anew(limits: Limits) -> None:
    """Give this very process time and memory for its next piece of work, on top of what it has used."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - as above

    used = resource.getrusage(resource.RUSAGE_SELF)
    _cap(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime) + limits.cpu, most=resource.RLIM_INFINITY)
    if sys.platform == "linux":
        _cap(resource.RLIMIT_AS, space() + limits.memory, most=resource.RLIM_INFINITY)


def _cap(what: int, value: int, *, most: int | None = None) -> None:
    """Lower one limit, for good or so that it can be set again up to ``most``; never above what it was."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - as above

    _, hard = resource.getrlimit(what)

    def lowered(one: int) -> int:
        return min((each for each in (one, hard) if each != resource.RLIM_INFINITY), default=resource.RLIM_INFINITY)

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(what, (lowered(value), lowered(value if most is None else most)))


def space() -> int:
    """Address space of this process, bytes; 0 where the system does not say."""
    return _statm(0)


def resident(pid: int) -> int:
    """Bytes of memory that a process has; 0 where the system does not say."""
    return _statm(1, str(pid))


def _statm(column: int, pid: str = "self") -> int:
    """One figure of a process's memory, bytes: 0 its address space, 1 what is resident."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[column]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def die_with_parent() -> None:
    """Be killed when the parent dies."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of whatever a child leaves behind, so that it can be killed."""
    if sys.platform == "linux":
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def kill_children() -> None:
    """Kill and reap every process that hangs on this one."""
    if sys.platform != "linux":
        return
    for _ in range(50):
        pids = _children()
        if not pids:
            return
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        for pid in pids:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def kill_family(pid: int) -> None:
    """Kill a child of ours and all that hangs on it, however these moved between groups and sessions.

    What it orphaned hangs on it too if it adopted orphans (:func:`adopt_orphans`); it is not reaped here.
    """
    if sys.platform == "win32":
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "linux":
            # It must not fork while its family is counted.
            os.kill(pid, signal.SIGSTOP)
            for _ in range(500):
                living = [one for one in _family(pid) if not _is_dead(one)]
                if not living:
                    break
                for one in living:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.kill(one, signal.SIGKILL)
                time.sleep(0.001)
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _children(pid: int | None = None) -> list[int]:
    """Children of a process, of this one by default, whichever of its threads forked them."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid or os.getpid()}/task").iterdir():
            found += map(int, (thread / "children").read_text(encoding="ascii").split())
    return found


def _family(pid: int) -> list[int]:
    """All that descend from a process."""
    found = _children(pid)
    for one in found:
        found += _children(one)
    return found


def _is_dead(pid: int) -> bool:
    """Whether a process is over and only waits to be reaped."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return told.rpartition(")")[2].split()[0] in {"Z", "X"}


def without_network() -> bool:
    """Leave the network: an empty namespace with not even a loopback that is up.

    Returns:
        Whether the system allowed it (as root, or where users may have namespaces).
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    # The same person inside as outside: programs ask who they are.
    with contextlib.suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", encoding="ascii")
    return True


def for_office() -> None:
    """Before LibreOffice starts: off the net, no cores, killed with its parent."""
    die_with_parent()
    without_network()
    apply(Limits(memory=4096 * MEBIBYTE, cpu=120))


def _prctl(what: int, value: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(what, value, 0, 0, 0)
