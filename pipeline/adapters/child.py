"""A mail is opened in a disposable child process: limited memory and time, no network, an empty environment.

A keeper process is started once and stays warm; for each mail it forks a child that parses and unpacks, and that
child forks others for the parts. What dies or overstays is killed with all it started, and becomes an
:class:`~pipeline.model.Unreadable` with its reason; the rest of the mail is read all the same. Answers come back
as JSON over a pipe and are validated. Contains no business logic.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib.util
import json
import os
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter, ValidationError

from pipeline.adapters import limits, office, unrar
from pipeline.adapters.limits import MEBIBYTE, Limits
from pipeline.adapters.opening import emptied, open_in_process, open_with
from pipeline.adapters.practice import practice_mail
from pipeline.model import Document, Letter, Opened, Part, Trouble, Unreadable
from pipeline.readers import Look, Page, Picture, Tools, read, sniff

#: Parse and unpack of a whole mail.
_MAIL = Limits(memory=2048 * MEBIBYTE, cpu=60, wall=1500.0, output=60 * MEBIBYTE)
#: One part, by what its content needs.
_PLAIN = Limits()
_OFFICE = Limits(memory=4096 * MEBIBYTE, cpu=60, wall=60.0)
#: RapidOCR needs about 1 GB of memory and some seconds a page.
_OCR = Limits(memory=6144 * MEBIBYTE, cpu=400, wall=600.0)
_ROOT = str(Path(__file__).resolve().parents[2])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from pipeline.adapters.child import serve; serve()"
_WINDOWS = sys.platform == "win32"
#: What a child needs of its parent's environment; on Windows it would find neither temporary folder nor LibreOffice.
_KEPT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP", "USERPROFILE", "PROGRAMFILES")
#: Without forks nothing but the keeper's own end stops a part that overstays.
_PATIENCE = 600.0 if _WINDOWS else _MAIL.wall + 60


@lru_cache(maxsize=1)
def _opened() -> TypeAdapter[Opened]:
    return TypeAdapter(Opened)


@lru_cache(maxsize=1)
def _result() -> TypeAdapter[Document | Unreadable]:
    return TypeAdapter(Document | Unreadable)


@lru_cache(maxsize=1)
def _results() -> TypeAdapter[tuple[Document | Unreadable, ...]]:
    return TypeAdapter(tuple[Document | Unreadable, ...])


def tools() -> Tools:
    """What is installed here, loaded when it is first used."""
    program = office.find()
    seeing = all(importlib.util.find_spec(name) is not None for name in ("rapidocr", "cv2", "onnxruntime"))

    def read_picture(picture: Picture) -> Page:
        from pipeline.adapters import ocr  # noqa: PLC0415 - half a second and 300 MB that most mails do not need

        return ocr.read(picture)

    def look_at(picture: Picture) -> Look:
        from pipeline.adapters import ocr  # noqa: PLC0415 - the same

        return ocr.look(picture)

    return Tools(
        convert=office.Office(program).convert if program else None,
        ocr=read_picture if seeing else None,
        look=look_at if seeing else None,
    )


def needs(data: bytes) -> Limits:
    """Limits for one part, told from its content."""
    kind = sniff.kind(data)
    if kind in {"image", "heif", "pdf", "ofd"} or (
        kind in {"docx", "xlsx", "flatopc"} and (b"/media/" in data or kind == "flatopc")
    ):
        return _OCR
    if kind in {"doc", "rtf", "wordml", "mht", "xmlss", "xls", "ole", "works", "odt", "fodf"}:
        return _OFFICE
    return _PLAIN


# --------------------------------------------------------------------------- the caller's side


class Keeper:
    """Holds the warm process from which the children are forked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._until = 0.0

    def ask(self, job: str, payload: bytes, *, digest: str = "", wall: float = _PATIENCE) -> bytes | None:
        """Run one job; ``None`` when the child died or overstayed.

        Args:
            job: ``mail``, or a name that tests use.
            payload: Bytes for the job.
            digest: Handed on.
            wall: Seconds until the keeper itself is given up and started anew.
        """
        with self._lock:
            for _ in range(2):
                try:
                    self.begin(job, payload, digest=digest, wall=wall)
                    timer = threading.Timer(wall, self._kill)
                    timer.start()
                    try:
                        return self.finish()
                    finally:
                        timer.cancel()
                except (OSError, EOFError):
                    # The keeper is gone: a new one answers once more. What overstayed would overstay again.
                    self._end()
                    if self.overdue():
                        break
        return None

    def begin(self, job: str, payload: bytes, *, digest: str = "", wall: float = _PATIENCE) -> None:
        """Hand over one job and come back at once; :meth:`finish` must follow before the next."""
        process = self._alive()
        assert process.stdin is not None  # noqa: S101 - a pipe, see _alive
        self._until = time.monotonic() + wall
        _put(process.stdin, json.dumps({"job": job, "digest": digest}).encode())
        _put(process.stdin, payload)
        process.stdin.flush()

    def finish(self) -> bytes | None:
        """Wait for the answer to the job that was begun; ``None`` when the child died or overstayed.

        Raises:
            EOFError: The keeper itself is gone.
        """
        if self._process is None or self._process.stdout is None:
            raise EOFError
        if self.overdue():
            self._kill()
        answer = _get(self._process.stdout, _MAIL.output + MEBIBYTE)
        return answer[1:] if answer[:1] == b"+" else None

    def overdue(self) -> bool:
        """Whether the job that was begun should have been answered by now."""
        return time.monotonic() > self._until

    def fileno(self) -> int:
        """What can be waited for: readable when the answer comes."""
        if self._process is None or self._process.stdout is None:
            return -1
        return self._process.stdout.fileno()

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End the warm process."""
        with self._lock:
            self._end()

    def _alive(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
            environment = kept | {
                "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
            }  # fmt: skip
            self._process = subprocess.Popen(  # noqa: S603 - this very Python with a line of our own
                [
                    sys.executable,
                    "-c",
                    _START,
                    _ROOT,
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=not _WINDOWS,
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


@lru_cache(maxsize=1)
def _keeper() -> Keeper:
    keeper = Keeper()
    atexit.register(keeper.close)
    return keeper


def open_mail(raw: bytes, digest: str) -> Opened:
    """Open one mail in a limited child process.

    Args:
        raw: The mail as the server held it; any bytes at all.
        digest: SHA-256 of the bytes, lower-case hex.

    Returns:
        Its letter, documents and refusals, part bytes emptied. A mail whose very headers kill the child comes back
        as an empty letter with one refusal that says so.
    """
    return opened_of(_keeper().ask("mail", raw, digest=digest), digest)


def opened_of(answer: bytes | None, digest: str) -> Opened:
    """A child's answer as a value; an empty letter with one refusal where there is none, or none that holds."""
    if answer is not None:
        with contextlib.suppress(ValidationError, ValueError):
            return _opened().validate_json(answer)
    reason = "邮件在拆解时超出时间或内存限制，已原样存档，请人工查看，或请对方重新发送。"
    letter = Letter(digest, "", "", None, reason, (), "", (), None, None, (), "", (), (reason,))
    return Opened(letter, (), (), (Unreadable("", "邮件", Trouble.HOSTILE, reason),))


# --------------------------------------------------------------------------- the keeper's side


def serve() -> None:
    """Take jobs from standard input and fork a child for each; ends when the input ends."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 0)
    os.dup2(quiet, 1)
    limits.adopt_orphans()
    # Once for all that is forked here: an empty network is dear to make, and as empty for the next mail.
    limits.without_network()
    _warm()
    while True:
        try:
            head = json.loads(_get(requests, MEBIBYTE))
            payload = _get(requests, 1024 * MEBIBYTE)
        except EOFError:
            return
        answer = _one(head, payload)
        _put(answers, b"-" if answer is None else b"+" + answer)
        answers.flush()


def _one(head: dict[str, str], payload: bytes) -> bytes | None:
    """One job in a folder of its own, which is gone afterwards."""
    folder = tempfile.mkdtemp(prefix="yuebao-child-")
    try:
        if _WINDOWS:
            return JOBS[head["job"]](payload, head["digest"])
        answer, _ = forked(lambda: _job(head, payload, folder), _MAIL if head["job"] == "mail" else _PLAIN)
        return answer
    finally:
        limits.kill_children()
        shutil.rmtree(folder, ignore_errors=True)


def _job(head: dict[str, str], payload: bytes, folder: str) -> bytes:
    os.environ.clear()
    os.environ.update(
        {
            "PATH": os.defpath + ":/usr/local/bin",
            "HOME": folder,
            "TMPDIR": folder,
            "LC_ALL": "C.UTF-8",
            "OMP_NUM_THREADS": "1",
        }
    )
    tempfile.tempdir = folder
    os.chdir(folder)
    limits.adopt_orphans()
    return JOBS[head["job"]](payload, head["digest"])


def _mail(raw: bytes, digest: str) -> bytes:
    """Parse and unpack here, read the parts in children."""
    available = tools()
    return _opened().dump_json(
        open_with(raw, digest, read_parts=lambda parts: _apart(parts, available), unrar=unrar.find())
    )


def _apart(parts: tuple[Part, ...], available: Tools) -> Iterator[Document | Unreadable]:
    """The parts of a mail, read in children."""
    if _WINDOWS:
        yield from (read(part, available) for part in parts)
        return
    ready = _together(parts, available)
    for number, part in enumerate(parts):
        yield ready[number] if number in ready else _alone(part, available)


def _together(parts: tuple[Part, ...], available: Tools) -> dict[int, Document | Unreadable]:
    """The plain parts of a mail, read in one child under the limits of a single part: forks cost more than reading.

    Nothing comes of it when the child dies, overstays or answers too long: then each part is read alone, so that a
    bad one takes no other with it.
    """
    plain = [number for number, part in enumerate(parts) if needs(part.data) is _PLAIN]
    if len(plain) < 2:
        return {}
    answer, _ = forked(lambda: _results().dump_json(tuple(read(parts[number], available) for number in plain)), _PLAIN)
    limits.kill_children()
    if answer is None:
        return {}
    with contextlib.suppress(ValueError):
        return dict(zip(plain, _results().validate_json(answer), strict=True))
    return {}


def _alone(part: Part, available: Tools) -> Document | Unreadable:
    """One part, read in a child of its own."""
    answer, why = forked(lambda: _result().dump_json(read(part, available)), needs(part.data))
    limits.kill_children()
    if answer is None:
        return Unreadable(
            part.path,
            part.name,
            _TROUBLES[why],
            f"“{part.name}”：{_REASONS[why]}，请拆分、另存为新文件后重新发送。",
            (f"子进程：{why}",),
        )
    try:
        return _result().validate_json(answer)
    except ValidationError:
        return Unreadable(
            part.path,
            part.name,
            Trouble.DAMAGED,
            f"“{part.name}”：文件结构异常，读取结果不完整，请另存为新文件后重新发送。",
            ("子进程：invalid",),
        )


_REASONS = {
    "late": "读取超过时间限制，已停止",
    "long": "读出的内容过多，已停止",
    "dead": "读取时超出内存或处理器限制，已停止",
}
_TROUBLES = {"late": Trouble.TOO_LARGE, "long": Trouble.TOO_LARGE, "dead": Trouble.HOSTILE}

#: What a keeper can be asked to do.
JOBS: dict[str, Callable[[bytes, str], bytes]] = {"mail": _mail}


def _warm() -> None:
    """Do once what the first mail would do in every fork again: import, compile, build; then keep it apart.

    A frozen heap is not looked through by the forks' garbage collectors: its pages stay shared.
    """
    import pypdfium2  # noqa: F401, PLC0415 - loaded here so that every fork has it

    practice = open_in_process(practice_mail(), "0" * 64, tools=Tools())
    _opened().validate_json(_opened().dump_json(practice))
    _results().validate_json(_results().dump_json(practice.documents))
    for document in practice.documents:
        _result().validate_json(_result().dump_json(document))
    gc.collect()
    gc.freeze()
    # Forks are short-lived: what they throw away needs no looking for after every few hundred objects.
    gc.set_threshold(20_000, 20, 20)


# --------------------------------------------------------------------------- forks


def forked(work: Callable[[], bytes], allowed: Limits) -> tuple[bytes | None, str]:
    """Do a piece of work in a fork of this process, under limits.

    Returns:
        Its answer and ``""``, or ``None`` and why: ``late`` (time on the clock), ``long`` (answer too long), ``dead``
        (killed by a limit, crashed, or ended without an answer).
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(reading)
            os.setpgid(0, 0)
            limits.die_with_parent()
            limits.apply(allowed)
            answer = work()
            with os.fdopen(writing, "wb") as stream:
                stream.write(b"+" + answer)
            code = 0
        except BaseException:  # noqa: BLE001 - a fork must never return into its parent's code
            code = 1
        finally:
            os._exit(code)
    os.close(writing)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.setpgid(pid, pid)
    chunks: list[bytes] = []
    total = 0
    end = time.monotonic() + allowed.wall
    why = ""
    try:
        while True:
            left = end - time.monotonic()
            if left <= 0:
                why = "late"
                break
            ready, _, _ = select.select([reading], [], [], left)
            if not ready:
                why = "late"
                break
            chunk = os.read(reading, 1 << 20)
            if not chunk:
                break
            total += len(chunk)
            if total > allowed.output:
                why = "long"
                break
            chunks.append(chunk)
    finally:
        os.close(reading)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    answer = b"".join(chunks)
    if why:
        return None, why
    if answer[:1] != b"+" or (not os.WIFEXITED(status) and not os.WIFSIGNALED(status)):
        return None, "dead"
    return answer[1:], ""


def _put(stream: IO[bytes], data: bytes) -> None:
    stream.write(struct.pack(">Q", len(data)))
    stream.write(data)


def _get(stream: IO[bytes], most: int) -> bytes:
    head = stream.read(8)
    if len(head) < 8:
        raise EOFError
    length = struct.unpack(">Q", head)[0]
    if length > most:
        raise EOFError
    data = bytes(stream.read(length))
    if len(data) < length:
        raise EOFError
    return data


__all__ = [
    "JOBS", "Keeper", "emptied", "forked", "needs", "open_in_process", "open_mail", "opened_of", "serve", "tools",
]  # fmt: skip
