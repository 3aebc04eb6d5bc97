"""Ways in which a child that reads can go wrong, each a function that does it to the process it runs in (F16).

:func:`serve` is the warm process of :mod:`pipeline.adapters.keeper` whose children go wrong as a part or a job says; a
program that calls :func:`go_wrong` with the file it was given stands for LibreOffice. Only the standard library is
needed for that, so that such a program starts at once.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

Way = Callable[[str], object]
#: A way and the mark of the processes that it leaves, in whatever is read.
SAID = "way"


def mark(token: str) -> None:
    """Let this process and its forks be found by name."""
    ctypes.CDLL(None).prctl(15, token.encode(), 0, 0, 0)


def marked(token: str) -> list[str]:
    """Living processes that bear the mark, by name or in their arguments."""
    found = []
    for one in Path("/proc").iterdir():
        if not one.name.isdecimal() or int(one.name) == os.getpid():
            continue
        try:
            words = (one / "cmdline").read_bytes()
            # What has no arguments is a thread of the system or dead.
            words += (one / "comm").read_bytes() if words else b""
            dead = token.encode() not in words or b") Z " in (one / "stat").read_bytes()
        except OSError:
            continue
        if not dead:
            found.append(f"{one.name} {words!r}")
    return found


def _pipes() -> list[int]:
    """Open pipes of this process beside the first three handles."""
    found = []
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - handles as they are
        try:
            if int(name) > 2 and stat.S_ISFIFO(os.fstat(int(name)).st_mode):
                found.append(int(name))
        except OSError:
            continue
    return found


def speak(data: bytes) -> None:
    """Write into every pipe that is open."""
    for handle in _pipes():
        try:
            os.write(handle, data)
        except OSError:
            continue


def _sleep(_: str = "") -> NoReturn:
    while True:
        time.sleep(60)


def _dies(number: int) -> Way:
    """Killed by a signal, whatever is done about it."""

    def way(_: str) -> None:
        if number not in {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        _sleep()

    return way


def _raises(error: BaseException) -> Way:
    def way(_: str) -> None:
        raise error

    return way


def _spin(_: str) -> None:
    while True:
        pass


def _deaf(_: str) -> None:
    """Ignores every signal that can be ignored, and waits."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
    _sleep()


def _deadlock(_: str) -> None:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def _babble(_: str) -> None:
    """Says something for ever into everything that is open."""
    for handle in (1, 2):
        os.write(handle, b"y" * 4096)
    while True:
        speak(b"y" * 65_536)


def _shout(_: str) -> None:
    """Says something for ever where nobody listens."""
    while True:
        os.write(1, b"y" * 65_536)


def _says(data: bytes, *, then: Way | None = None) -> Way:
    """A message of its own in place of the answer."""

    def way(token: str) -> None:
        speak(data)
        if then is not None:
            then(token)
        os._exit(0)

    return way


def _closes(_: str) -> None:
    """Closes its pipes and stays."""
    os.closerange(3, 512)
    _sleep()


def _eats(_: str) -> None:
    held = []
    while True:
        held.append(bytearray(64 << 20))


def _opens(_: str) -> None:
    held = []
    while True:
        held.append(os.open(os.devnull, os.O_RDONLY))


def _recurses(token: str) -> None:
    _recurses(token)


def _leaves(*, session: bool = False, twice: bool = False, then: Way = _sleep) -> Way:
    """A grandchild stays behind: in the same group, in a session of its own, with or without its parent."""

    def way(token: str) -> None:
        if os.fork() == 0:
            mark(token)
            if session:
                os.setsid()
            if twice and os.fork():
                os._exit(0)
            _sleep()
        time.sleep(0.02)
        then(token)

    return way


def _program(then: Way) -> Way:
    """A program stays behind, started as any would be."""

    def way(token: str) -> None:
        subprocess.Popen(
            [sys.executable, "-IS", "-c", "import time; time.sleep(600)", token], start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(0.05)
        then(token)

    return way


def _many(token: str) -> None:
    """Forks fifty times, each into a session of its own."""
    for _ in range(50):
        if os.fork() == 0:
            mark(token)
            os.setsid()
            _sleep()
    _sleep()


def _burrows(token: str) -> None:
    """Forks and dies, and so does its child, for ever: no process lives long enough to be named."""
    mark(token)
    while True:
        if os.fork():
            os._exit(0)
        os.setsid()
        time.sleep(0.001)


def _moves(_: str) -> None:
    """Leaves the group in which it was put."""
    os.setpgid(0, os.getpgid(os.getppid()))
    _sleep()


def _litters(then: Way) -> Way:
    """Leaves files, folders, links, in its folder and in the temporary one."""

    def way(token: str) -> None:
        for place in {Path(tempfile.gettempdir()), Path.cwd()}:
            folder = place / f"left-{token}" / "deep" / "deeper"
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(50):
                (folder / f"{number}").touch()
            (folder / "link").symlink_to("/etc")
            (place / f"left-{token}-file").touch()
            folder.chmod(0o500)
        then(token)

    return way


def _fills(_: str) -> None:
    """Writes one file without an end."""
    with tempfile.NamedTemporaryFile(delete=False) as file:
        while True:
            file.write(b"\0" * (1 << 20))


def _threads(token: str) -> None:
    """Threads that never end hold the process up."""
    for _ in range(20):
        threading.Thread(target=_sleep).start()
    raise SystemExit(token)


def _exits(code: int) -> Way:
    def way(_: str) -> None:
        os._exit(code)

    return way


def _limits(_: str) -> None:
    """Raises its own limits as far as it may, and eats."""
    for what in (resource.RLIMIT_AS, resource.RLIMIT_CPU):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (hard, hard))
    _spin("")


def _listens(_: str) -> None:
    """Waits for something on its pipes and on its input that never comes."""
    os.read(0, 1)
    for handle in _pipes():
        os.read(handle, 1 << 20)
    _sleep()


WAYS: dict[str, Way] = {
    **{f"dies of {signal.Signals(number).name}": _dies(number) for number in (
        signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTERM,
        signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGALRM, signal.SIGUSR1, signal.SIGXCPU, signal.SIGSYS,
        signal.SIGQUIT,
    )},
    "is stopped": _dies(signal.SIGSTOP),
    "ends without a word": _exits(0),
    "ends with an error": _exits(3),
    "wants to end the program": _raises(SystemExit(0)),
    "is interrupted": _raises(KeyboardInterrupt()),
    "breaks": _raises(RuntimeError("broken")),
    "calls itself for ever": _recurses,
    "hangs": _sleep,
    "spins": _spin,
    "raises its limits": _limits,
    "ignores every signal": _deaf,
    "waits for itself": _deadlock,
    "waits for words": _listens,
    "has threads that never end": _threads,
    "answers without an end": _babble,
    "prints without an end": _shout,
    "prints garbage": _says(b"\x00\xff garbage \r\n" * 50),
    "prints garbage and hangs": _says(b"garbage", then=_sleep),
    "says half an answer": _says(b'+{"part":"1","na'),
    "says half an answer with its length": _says(struct.pack(">Q", 100) + b'={"digest":'),
    "says half an answer and hangs": _says(struct.pack(">Q", 100) + b'={"digest":', then=_sleep),
    "says an answer of another shape": _says(b'+{"a":1}'),
    "says an answer of another shape with its length": _says(struct.pack(">Q", 8) + b'={"a":1}', then=_sleep),
    "lies about the length": _says(struct.pack(">Q", 1 << 62) + b"=", then=_sleep),
    "closes its pipes": _closes,
    "eats all memory": _eats,
    "opens all files": _opens,
    "leaves a child": _leaves(),
    "leaves a child and dies": _leaves(then=_dies(signal.SIGKILL)),
    "leaves a child and ends": _leaves(then=_exits(0)),
    "leaves a session": _leaves(session=True),
    "leaves a session and dies": _leaves(session=True, then=_dies(signal.SIGSEGV)),
    "leaves an orphan": _leaves(session=True, twice=True),
    "leaves an orphan and breaks": _leaves(session=True, twice=True, then=_raises(RuntimeError("broken"))),
    "leaves a program": _program(_sleep),
    "leaves a program and dies": _program(_dies(signal.SIGKILL)),
    "forks fifty times": _many,
    "forks and dies, and its child too": _burrows,
    "leaves its group": _moves,
    "leaves files": _litters(_exits(0)),
    "leaves files and is killed": _litters(_dies(signal.SIGKILL)),
    "leaves files and hangs": _litters(_sleep),
    "fills the disk": _fills,
}  # fmt: skip


def said(words: bytes) -> tuple[str, str] | None:
    """The way and the mark that an input names."""
    found = words.partition(f"{SAID}:".encode())[2].partition(b";")[0].decode("utf-8", "replace").split("@")
    return (found[0], found[1]) if len(found) == 2 and found[0] in WAYS else None


def go_wrong(words: bytes) -> None:
    """Go wrong as the input says; come back where it says nothing."""
    one = said(words)
    if one is not None:
        WAYS[one[0]](one[1])


def serve(wall: float, stub: str) -> None:
    """Be the warm process: its children, or the program in place of LibreOffice, go wrong as a part or a job says."""
    from pipeline.adapters import keeper, office
    from pipeline.adapters.limits import MEBIBYTE, Limits
    from pipeline.readers import Tools

    small = Limits(memory=2048 * MEBIBYTE, cpu=1, wall=wall, output=MEBIBYTE, file=MEBIBYTE)

    def convert(data: bytes, ending: str, wanted: str) -> bytes:
        if b"stub" in data:
            return office.Office(stub, timeout=wall / 2).convert(data, ending, wanted)
        go_wrong(data)
        raise OSError("坏了")

    def mail(payload: bytes, digest: str) -> bytes:
        go_wrong(payload)
        return b""

    # The whole way of a mail goes by another name here, so that the child in which it goes wrong has small limits.
    keeper.JOBS = {"mail": mail, "parts": keeper._mail}
    keeper.WHOLE_MAIL, keeper._OFFICE = small, small
    keeper.tools = lambda: Tools(convert=convert)
    keeper.serve()
