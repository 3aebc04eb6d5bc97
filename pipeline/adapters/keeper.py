"""The warm process behind :mod:`pipeline.adapters.child`: it has every reader loaded and forks a child for each mail.

Contains no business logic.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import json
import mmap
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache

from pydantic import TypeAdapter, ValidationError

from pipeline.adapters import limits, office, unrar
from pipeline.adapters.forks import forked, get, put
from pipeline.adapters.limits import MEBIBYTE, WHOLE_MAIL, Limits
from pipeline.adapters.opening import open_in_process, open_with
from pipeline.adapters.practice import practice_mail
from pipeline.model import Document, Opened, Part, Trouble, Unreadable
from pipeline.readers import Look, Page, Picture, Tools, read, sniff

#: One part, by what its content needs.
_PLAIN = Limits()
_OFFICE = Limits(memory=4096 * MEBIBYTE, cpu=60, wall=60.0)
#: RapidOCR needs about 1 GB of memory and five to fifteen seconds a page, of which there may be sixty.
_OCR = Limits(memory=6144 * MEBIBYTE, cpu=900, wall=1200.0)
#: The child of a mail may use less than it may give to the child of a part.
_MOST = replace(_OCR, cpu=max(_OCR.cpu, WHOLE_MAIL.cpu), memory=max(_OCR.memory, WHOLE_MAIL.memory))
#: All parts of a mail are read within this, so that its child still has time to answer: what comes later is refused.
_READING = 1400.0
#: A page is begun only while so much processor time is left; twice that on the clock, for others may be at work.
_A_PAGE = 60.0
_WINDOWS = sys.platform == "win32"


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

        _SEEN.begin()
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


# --------------------------------------------------------------------------- the process


class _Sight:
    """The libraries of OCR, loaded into the keeper once a fork has needed them: where one scan comes, others follow."""

    def __init__(self) -> None:
        #: Seen by the keeper, whichever fork writes it.
        self._wanted = mmap.mmap(-1, 1)
        #: Address space that the libraries take here; it is no part of what a child may use.
        self.size = 0

    def begin(self) -> None:
        """Say in a fork that a picture is being read."""
        self._wanted[0] = 1

    def load(self) -> None:
        """Load the libraries here, if they are wanted and not loaded yet; the models stay with the forks."""
        if not self._wanted[0] or self.size:
            return
        before = limits.space()
        with contextlib.suppress(ImportError):
            from pipeline.adapters import ocr  # noqa: F401, PLC0415 - see above
        self.size = max(1, limits.space() - before)
        _settle()


_SEEN = _Sight()


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
            head = json.loads(get(requests, MEBIBYTE))
            payload = get(requests, 1024 * MEBIBYTE)
        except EOFError:
            return
        answer = _one(head, payload)
        put(answers, b"-" if answer is None else b"+" + answer)
        answers.flush()
        _SEEN.load()


def _one(head: dict[str, str], payload: bytes) -> bytes | None:
    """One job in a folder of its own, which is gone afterwards."""
    folder = tempfile.mkdtemp(prefix="yuebao-child-")
    try:
        if _WINDOWS:
            return JOBS[head["job"]](payload, head["digest"])
        allowed = WHOLE_MAIL if head["job"] == "mail" else _PLAIN
        answer, _ = _forked(lambda: _job(head, payload, folder), allowed, most=_MOST)
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


def _forked(work: Callable[[], bytes], allowed: Limits, *, most: Limits | None = None) -> tuple[bytes | None, str]:
    def with_sight(limited: Limits) -> Limits:
        return replace(limited, memory=limited.memory + _SEEN.size)

    return forked(work, with_sight(allowed), most=most and with_sight(most))


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
    end = time.monotonic() + _READING
    ready = _together(parts, available)
    for number, part in enumerate(parts):
        yield ready[number] if number in ready else _alone(part, available, left=end - time.monotonic())


def _together(parts: tuple[Part, ...], available: Tools) -> dict[int, Document | Unreadable]:
    """The plain parts of a mail, read in one child under the limits of a single part: forks cost more than reading.

    Nothing comes of it when the child dies, overstays or answers too long: then each part is read alone, so that a
    bad one takes no other with it.
    """
    plain = [number for number, part in enumerate(parts) if needs(part.data) is _PLAIN]
    if len(plain) < 2:
        return {}
    answer, _ = _forked(lambda: _results().dump_json(tuple(read(parts[number], available) for number in plain)), _PLAIN)
    limits.kill_children()
    if answer is None:
        return {}
    with contextlib.suppress(ValueError):
        return dict(zip(plain, _results().validate_json(answer), strict=True))
    return {}


def _alone(part: Part, available: Tools, *, left: float) -> Document | Unreadable:
    """One part, read in a child of its own, within the seconds that are left for the mail."""
    allowed = needs(part.data)
    allowed = replace(allowed, wall=min(allowed.wall, left))
    end = time.monotonic() + allowed.wall

    def enough() -> bool:
        page, turn = min(_A_PAGE, allowed.cpu / 3), min(2 * _A_PAGE, allowed.wall / 3)
        return limits.processor_left() > page and end - time.monotonic() > turn

    answer, why = None, "last"
    if left > 0:
        answer, why = _forked(lambda: _result().dump_json(read(part, replace(available, enough=enough))), allowed)
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
    "last": "这封邮件的附件过多，读取超过时间限制，没有读到这一份",
    "spent": "读取时超出处理器限制，已停止",
    "long": "读出的内容过多，已停止",
    "dead": "读取时超出内存限制或异常中断，已停止",
}
_TROUBLES = {**dict.fromkeys(_REASONS, Trouble.TOO_LARGE), "dead": Trouble.HOSTILE}

#: What a keeper can be asked to do.
JOBS: dict[str, Callable[[bytes, str], bytes]] = {"mail": _mail}


def _warm() -> None:
    """Do once what the first mail would do in every fork again: import, compile, build; then keep it apart.

    A frozen heap is not looked through by the forks' garbage collectors: its pages stay shared.
    """
    practice = open_in_process(practice_mail(), "0" * 64, tools=Tools())
    _opened().validate_json(_opened().dump_json(practice))
    _results().validate_json(_results().dump_json(practice.documents))
    for document in practice.documents:
        _result().validate_json(_result().dump_json(document))
    _settle()
    # Forks are short-lived: what they throw away needs no looking for after every few hundred objects.
    gc.set_threshold(20_000, 20, 20)


def _settle() -> None:
    gc.collect()
    gc.freeze()
