"""The ledger after a round → status.json in the home: a second way to see that the service lives, without any mail.

Another program (a task scheduler, a monitor, a person with a text editor) reads it; the service only writes it.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.adapters.durable import write_whole
from pipeline.flows.desk import Desk
from pipeline.flows.notices import alarms
from pipeline.model import LetterState

STATUS = "status.json"
#: A letter that could have left and did not for so long says that sending does not work.
_STUCK = timedelta(hours=24)


def state_of(desk: Desk, *, trouble: str = "") -> dict[str, Any]:
    """Where the service stands.

    Args:
        desk: The home.
        trouble: Why the last round broke off, in Chinese; empty when it did not.

    Returns:
        ``at``, ``ok``, ``last_poll``, ``failures`` (polls in a row), ``backlog`` (archived, not yet filed),
        ``not_fetched``, counts of letters ``queued``, ``held``, ``unsure`` and ``refused``, and ``problems``: what a
        person must see to now, in Chinese. No contents, no subjects, no secrets.
    """
    now = desk.now()
    ledger = desk.ledger
    count = ledger.letter_counts()
    last_poll = ledger.fact("last_poll")
    backlog = len({one.digest for one in desk.archive.sightings() if not ledger.has_message(one.digest)})
    stuck = [letter for letter in ledger.letters(states=(LetterState.QUEUED,)) if letter.not_before < now - _STUCK]
    problems = [trouble] if trouble else []
    hours = desk.settings.office.stale_hours
    if last_poll and now - datetime.fromisoformat(last_poll) > timedelta(hours=hours):
        problems.append(f"已超过 {hours} 小时没有成功收信，请运行 yuebao doctor 查看原因。")
    elif not last_poll and ledger.fact("failures", "0") != "0":
        problems.append("还没有成功收过信，请运行 yuebao doctor 查看原因。")
    if stuck:
        problems.append(f"有 {len(stuck)} 封信一天以上没有发出，请用 yuebao outbox list 查看。")
    if backlog:
        problems.append(f"有 {backlog} 封邮件已存档、尚未登记。")
    if count[LetterState.UNSURE]:
        problems.append(f"有 {count[LetterState.UNSURE]} 封信发送结果不明，请用 yuebao outbox list 查看。")
    return {
        "at": now.isoformat(),
        "ok": not problems,
        "last_poll": last_poll or None,
        "failures": int(ledger.fact("failures", "0")),
        "backlog": backlog,
        "not_fetched": len(ledger.not_fetched()),
        "queued": count[LetterState.QUEUED],
        "held": count[LetterState.HELD],
        "unsure": count[LetterState.UNSURE],
        "refused": count[LetterState.REFUSED],
        "problems": problems,
        "notes": list(alarms(desk, at=now)),
    }


def report(desk: Desk, *, trouble: str = "") -> dict[str, Any]:
    """Write ``status.json``; that a problem began or went away is noted in the audit too."""
    state = state_of(desk, trouble=trouble)
    before = read(desk.home)
    state["since"] = before["since"] if before and before.get("ok") == state["ok"] else state["at"]
    if before is not None and before.get("ok") != state["ok"]:
        kind = "watch.recovered" if state["ok"] else "watch.alarm"
        with desk.ledger.atomic():
            desk.ledger.note(kind, at=desk.now(), data={"problems": state["problems"]})
        desk.write_journal()
    path = desk.home / STATUS
    write_whole(path, (json.dumps(state, ensure_ascii=False, indent=1) + "\n").encode())
    path.chmod(0o600)
    return state


def read(home: Path) -> dict[str, Any] | None:
    """The last ``status.json`` of a home; ``None`` when there is none that can be read."""
    try:
        found = json.loads((home / STATUS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and "since" in found else None
