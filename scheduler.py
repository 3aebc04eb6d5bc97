"""The service: a clock around ``tick`` and nothing more; what is due is decided from state and time, not here.

A missed run, a reboot or a night with the PC switched off heals at the next tick. Start it with
``python scheduler.py [--home DIR]`` or ``yuebao run``; a second copy refuses to start. Told to stop (Ctrl+C, SIGTERM),
it finishes the letter in hand and ends.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from types import FrameType
from zoneinfo import ZoneInfo

from pipeline.adapters.lock import refuse_second
from pipeline.errors import YuebaoError, no_access

log = logging.getLogger("yuebao")


class _OfficeTime(logging.Formatter):
    """The log tells the office's time with its offset, as letters and ``status.json`` do."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__("%(asctime)s  %(message)s")
        self._zone = zone

    def formatTime(self, record: logging.LogRecord, _datefmt: str | None = None) -> str:  # noqa: N802 - the library's
        """When it was said."""
        return datetime.fromtimestamp(record.created, self._zone).isoformat(" ", "seconds")


def serve(home: Path) -> int:
    """Tick until told to stop; returns the exit code."""
    # Letters, ledger and archive are nobody else's business.
    os.umask(0o077)
    try:
        refuse_second(home)
        # Loaded only now: a second copy is refused at once.
        from apscheduler.executors.debug import DebugExecutor  # noqa: PLC0415
        from apscheduler.jobstores.base import JobLookupError  # noqa: PLC0415
        from apscheduler.schedulers.blocking import BlockingScheduler  # noqa: PLC0415

        from pipeline.app import service  # noqa: PLC0415

        logging.basicConfig(level=logging.WARNING, format="%(asctime)s  %(message)s")
        log.setLevel(logging.INFO)
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        with service(home) as work:
            for handler in logging.getLogger().handlers:
                handler.setFormatter(_OfficeTime(ZoneInfo(work.timezone)))
            # Jobs run in this very thread, one after the other: the ledger's connection belongs to it.
            clock = BlockingScheduler(executors={"default": DebugExecutor()}, timezone=work.timezone)
            busy = False
            failures: list[BaseException] = []

            def tick() -> None:
                nonlocal busy
                busy = True
                try:
                    for line in work.tick()[1]:
                        log.info(line)
                except Exception as error:  # noqa: BLE001 - told below, where the service ends
                    failures.append(error)
                finally:
                    busy = False
                if work.desk.stopping or failures:
                    clock.shutdown(wait=False)

            def stop(number: int, frame: FrameType | None) -> None:
                work.desk.stopping = True
                if not busy:
                    signal.default_int_handler(number, frame)

            for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
                if hasattr(signal, name):
                    signal.signal(getattr(signal, name), stop)
            minutes = work.poll_minutes
            # A late run is still wanted (grace), several late ones are one (coalesce), two never overlap.
            clock.add_job(
                tick, "interval", minutes=minutes, coalesce=True, max_instances=1, misfire_grace_time=None,
                next_run_time=work.now(),
            )  # fmt: skip
            if os.name == "nt":
                # There Ctrl+C does not end a wait: let it be short.
                clock.add_job(int, "interval", seconds=1, coalesce=True, misfire_grace_time=None)
            log.info("服务已启动，每 %s 分钟收取一次。按 Ctrl+C 停止。", minutes)
            try:
                clock.start()
            except JobLookupError:
                # Shut down out of its own job, which the scheduler then misses.
                if not (failures or work.desk.stopping):
                    raise
            if failures:
                raise failures[0]
    except YuebaoError as error:
        sys.stderr.write(f"✗ {error.message}\n")
        for problem in error.problems:
            sys.stderr.write(f"  {problem}\n")
        return 1
    except OSError as error:
        words = no_access(error)
        if not words:
            raise
        sys.stderr.write(f"✗ {words}\n")
        return 1
    except KeyboardInterrupt:
        pass
    log.info("服务已停止。")
    return 0


if __name__ == "__main__":
    words = sys.argv[1:]
    sys.exit(serve(Path(words[words.index("--home") + 1] if "--home" in words else ".").resolve()))
