"""Orders on standard input → ticks of the real program, each in a fresh process that may be killed; no threads here.

``python -m tests.faults.worker`` waits for orders, one JSON object a line, and forks for each. An order with a
``trace`` (arguments for strace) is run under it, its lines go to ``log``. How often each armed fail point was passed is
told of a killed process too.
"""

from __future__ import annotations

import gc
import json
import mmap
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.adapters import failpoints, guard
from pipeline.adapters.child import open_mail
from pipeline.adapters.clock import SimulatedClock
from pipeline.adapters.home import SHIPPED
from pipeline.adapters.imap import ImapSource
from pipeline.adapters.lock import process_lock
from pipeline.adapters.opening import open_in_process
from pipeline.adapters.smtp import MemoryTransport, SmtpTransport
from pipeline.adapters.source import MemorySource
from pipeline.app import LEDGER, make_desk
from pipeline.errors import YuebaoError, no_access
from pipeline.flows import replay
from pipeline.flows.desk import Desk
from pipeline.flows.outbox import move
from pipeline.flows.review import decide, open_questions
from pipeline.flows.tick import tick
from pipeline.model import Action, Decision, LetterState, Opened
from pipeline.readers import Tools
from tests.faults.month import CODE, MAILBOX, at, mail, write_config


def opener(raw: bytes, digest: str) -> Opened:
    """Plain mails need neither OCR nor LibreOffice nor a child."""
    return open_in_process(raw, digest, tools=Tools())


def act(desk: Desk, verb: str, what: str) -> None:
    """What a person does in the console; done again after a crash, it changes nothing that was done.

    ``accept`` and ``refuse`` answer so many open questions, oldest first; ``release`` lets held letters go by the
    beginning of their key.
    """
    if verb == "release":
        for letter in desk.ledger.letters(states=(LetterState.HELD,)):
            if letter.key.startswith(what):
                move(desk, letter.key, LetterState.QUEUED, only_from=(LetterState.HELD,), by="办公室")
        return
    given = [decision for decision in desk.ledger.decisions() if decision.at == desk.now() and decision.action == verb]
    for asked in open_questions(desk)[: int(what) - len(given)]:
        digest, question = asked.message.digest, asked.question
        answer = Decision(
            desk.now(), Action(verb), digest, question=question.kind.value, place=question.place, by="办公室"
        )
        decide(desk, answer)


def work(order: dict[str, Any]) -> list[str]:
    """One wake-up of the service, as ``yuebao tick --at`` does it; its lines."""
    home = Path(order["home"])
    with process_lock(home):
        source = ImapSource("127.0.0.1", order["imap"], MAILBOX, CODE, security="none", silence=5)
        transport = SmtpTransport(
            "127.0.0.1", order["smtp"], MAILBOX, CODE, security="none", timeout=5, timeout_after_dot=5
        )
        clock = SimulatedClock(datetime.fromisoformat(order["at"]))
        opening = open_mail if order.get("child") else opener
        desk = replay.sound(
            lambda: make_desk(home, source=source, transport=transport, clock=clock, opener=opening), home / LEDGER
        )
        desk.pause = lambda _least, _most: 0.0
        try:
            for verb, what in order.get("acts", ()):
                act(desk, verb, what)
            if order.get("resume"):
                with desk.ledger.atomic():
                    desk.ledger.set_fact("sending_off", "")
            return list(tick(desk).lines())
        finally:
            transport.close()
            desk.ledger.close()
            # Waited for, its time and memory count as the wake-up's.
            guard.end()


class _Passages(Counter[str]):
    """Counts of armed orders that outlive the process that counts."""

    def __init__(self, orders: list[str]) -> None:
        super().__init__()
        self._places = {order: place for place, order in enumerate(orders)}
        self._shared = memoryview(mmap.mmap(-1, 4 * max(1, len(orders)))).cast("I")

    def __setitem__(self, order: str, count: int) -> None:
        super().__setitem__(order, count)
        self._shared[self._places[order]] = count

    def told(self) -> dict[str, int]:
        """How often each point was passed in whichever process did."""
        return {order.partition(":")[0]: self._shared[place] for order, place in self._places.items()}


def _child(order: dict[str, Any], passages: _Passages) -> int:
    os.environ[failpoints.VARIABLE] = order.get("fail", "")
    failpoints._passed = passages
    report: dict[str, Any] = {"lines": [], "error": ""}
    code = 0
    try:
        report["lines"] = work(order)
    except YuebaoError as error:
        # Refused at the start with a sentence, as the service does: the next start goes on.
        report["error"] = error.message
        code = 2
    except OSError as error:
        # The doors tell it in a sentence, where it is the machine's.
        report["error"], code = (no_access(error), 2) if no_access(error) else (traceback.format_exc(), 1)
    except Exception:  # noqa: BLE001 - told to the one who gave the order
        report["error"] = traceback.format_exc()
        code = 1
    Path(order["report"]).write_text(json.dumps(report), encoding="utf-8")
    return code


def _trace(child: int, orders: list[str], log: str) -> subprocess.Popen[bytes]:
    """Let strace watch or strike a child that stopped itself, and let it go on: no import is paid for again."""
    os.waitpid(child, os.WUNTRACED)
    tracer = subprocess.Popen(["strace", *orders, "-p", str(child), "-o", log], stdin=subprocess.DEVNULL)
    while b"TracerPid:\t0\n" in Path(f"/proc/{child}/status").read_bytes() and tracer.poll() is None:
        time.sleep(0.002)
    os.kill(child, signal.SIGCONT)
    return tracer


def _warm() -> None:
    """Play two days of a month here: what it imports and compiles is there in all that are forked."""
    source, transport = MemorySource(), MemoryTransport()
    report = mail(1, at(12, 8), sender="wlj@unit.example", subject="8月报告", body="县文旅局8月服务业工作报告\n")
    source.deliver(report, received_at=at(12, 8))
    with tempfile.TemporaryDirectory(prefix="yuebao-worker-") as place:
        home = Path(place) / "home"
        write_config(home, SHIPPED)
        for moment in (at(12, 9), at(13)):
            desk = make_desk(home, source=source, transport=transport, clock=SimulatedClock(moment), opener=opener)
            desk.pause = lambda _least, _most: 0.0
            tick(desk)
            desk.ledger.close()
    guard.end()
    # Looked through by no fork's garbage collector, it stays shared.
    gc.collect()
    gc.freeze()


def main() -> None:
    """Take orders until the end of input."""
    _warm()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        began = time.monotonic()
        order = json.loads(line)
        passages = _Passages(order["fail"].split(",") if order.get("fail") else [])
        child = os.fork()
        if child == 0:
            code = 1
            try:
                if order.get("trace"):
                    os.kill(os.getpid(), signal.SIGSTOP)
                code = _child(order, passages)
            finally:
                os._exit(code)
        tracer = _trace(child, order["trace"], order["log"]) if order.get("trace") else None
        _, status, used = os.wait4(child, 0)
        if tracer is not None:
            tracer.wait(30)
        answer = {"status": os.waitstatus_to_exitcode(status), "seconds": time.monotonic() - began}
        answer["busy"] = used.ru_utime + used.ru_stime
        answer["passed"], answer["pid"] = passages.told(), child
        # Of the largest process among the child and all that it started and waited for.
        answer["mebibytes"] = used.ru_maxrss / 1024
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
