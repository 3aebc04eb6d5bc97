"""The ledger after a round → status.json, an alarm letter, a push: how a person learns that the service needs one.

``status.json`` in the home is a second way to see that the service lives, without any mail: another program (a task
scheduler, a monitor, a person with a text editor) reads it, and ``yuebao watch`` tells it by exit code.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.adapters.durable import write_whole
from pipeline.digest import letters
from pipeline.errors import NetworkError
from pipeline.flows import anew
from pipeline.flows.desk import Desk
from pipeline.flows.notices import alarms, receivers
from pipeline.flows.outbox import post
from pipeline.model import LetterState, NoticeKind

log = logging.getLogger(__name__)

STATUS = "status.json"
#: A letter that could have left and did not for so long says that sending does not work.
_STUCK = timedelta(hours=24)
#: What goes away within that (a letter whose fate is found out, a server that rests) writes to nobody.
_PATIENCE = timedelta(hours=1)
#: Alarm letters of one day, the ends of alarms included.
_MOST_LETTERS = 4
#: Facts: since when there is an alarm, which one ended last, and what the program on the network has heard.
_SINCE, _OVER, _TOLD = "alarm_since", "alarm_over", "alarm_told"


def state_of(desk: Desk, *, trouble: str = "") -> dict[str, Any]:
    """Where the service stands.

    Args:
        desk: The home.
        trouble: Why the last round broke off, in Chinese; empty when it did not.

    Returns:
        ``at``, ``ok``, ``last_poll``, ``failures`` (polls in a row), ``backlog`` (archived, not yet filed),
        ``not_fetched``, ``understood_anew`` (filed, and still to be understood under the configuration of now), counts
        of letters ``queued``, ``held``, ``unsure`` and ``refused``, and ``problems``: what a
        person must see to now, in Chinese. No contents, no subjects, no secrets.
    """
    now = desk.now()
    ledger = desk.ledger
    count = ledger.letter_counts()
    last_poll = ledger.fact("last_poll")
    backlog = len({one.digest for one in desk.archive.sightings()} - ledger.digests())
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
        "understood_anew": anew.left(desk),
        "queued": count[LetterState.QUEUED],
        "held": count[LetterState.HELD],
        "unsure": count[LetterState.UNSURE],
        "refused": count[LetterState.REFUSED],
        "problems": problems,
        "notes": list(alarms(desk, at=now)),
    }


def report(desk: Desk, *, trouble: str = "") -> dict[str, Any]:
    """Write ``status.json``; that a problem began or went away is told in the audit, by letter, over the network."""
    state = state_of(desk, trouble=trouble)
    before = read(desk.home)
    state["since"] = before["since"] if before and before.get("ok") == state["ok"] else state["at"]
    path = desk.home / STATUS
    write_whole(path, (json.dumps(state, ensure_ascii=False, indent=1) + "\n").encode())
    path.chmod(0o600)
    _turn(desk, state)
    _push(desk, state)
    return state


def _turn(desk: Desk, state: dict[str, Any]) -> None:
    """Remember that an alarm begins or ends, and write to whom it concerns, once each."""
    began = desk.ledger.fact(_SINCE)
    if not state["ok"] and began and desk.now() - datetime.fromisoformat(began) >= _PATIENCE:
        with desk.ledger.atomic():
            _letter(desk, state, began=began)
        desk.write_journal()
    if state["ok"] == (not began):
        return
    kind = "watch.recovered" if state["ok"] else "watch.alarm"
    with desk.ledger.atomic():
        desk.ledger.note(kind, at=desk.now(), data={"problems": state["problems"]})
        desk.ledger.set_fact(_SINCE, "" if state["ok"] else state["at"])
        if state["ok"]:
            desk.ledger.set_fact(_OVER, began)
            _letter(desk, state, began=began)
    desk.write_journal()


def _letter(desk: Desk, state: dict[str, Any], *, began: str) -> None:
    """Queue the letter of an alarm that lasts, or of its end; all day coming and going it makes a few and no more."""
    to, copies = receivers(desk, "alarm")
    told = desk.ledger.letter(f"alarm:{began}") is not None
    if told != state["ok"]:
        # Told already; or over before anybody was told of it.
        return
    now = desk.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = [one for one in desk.ledger.letters(kinds=(NoticeKind.ALARM,)) if one.queued_at >= midnight]
    if not to or len(today) >= _MOST_LETTERS:
        return
    key = f"alarm:{began}"
    topic, lines = f"{len(state['problems'])} 个问题", tuple(state["problems"])
    remedy = "请在装有本系统的电脑上运行 yuebao doctor，按提示处理。"
    if state["ok"]:
        since = datetime.fromisoformat(began).astimezone(now.tzinfo)
        key = f"{key}:over"
        topic, lines = "已恢复正常", (f"{since:%Y-%m-%d %H:%M} 起的告警已经解除。",)
        remedy = "无须处理。期间未发出的信会照常补发，未收取的邮件会照常收取。"
    notice = letters.alarm(
        key=key,
        office=desk.settings.office,
        at=now,
        topic=topic,
        lines=lines,
        remedy=remedy,
        templates=desk.compiled,
        to=to,
        copies=copies,
        over=state["ok"],
    )
    post(desk, notice)


def _push(desk: Desk, state: dict[str, Any]) -> None:
    """Tell the program on the office's network, if one is named, of the turn that it has not heard of yet."""
    url = desk.settings.servers.get("watch.webhook", "")
    began, told = desk.ledger.fact(_SINCE), desk.ledger.fact(_TOLD)
    over = desk.ledger.fact(_OVER)
    turn = f"alarm {began}" if began else f"recovered {over}" if told == f"alarm {over}" else ""
    if not url or not turn or turn == told:
        return
    try:
        desk.push(
            url,
            {
                "event": turn.partition(" ")[0],
                "office": desk.settings.office.name,
                "at": state["at"],
                "since": began or over,
                "problems": state["problems"],
            },
        )
    except NetworkError as error:
        # Tried again at the next round; the file and the letter speak meanwhile.
        log.warning("%s", error.message)
        return
    with desk.ledger.atomic():
        desk.ledger.set_fact(_TOLD, turn)


def look(home: Path, *, now: datetime, minutes: int) -> tuple[bool, tuple[str, ...]]:
    """For another program: whether the service lives and has no problem, and what there is to say.

    Args:
        home: The home.
        now: The time.
        minutes: Older than that ``status.json`` says that nobody writes it any more.
    """
    state = read(home)
    if state is None:
        return False, ("还没有 status.json：服务没有运行过。请用 yuebao run 启动。",)
    try:
        at = datetime.fromisoformat(str(state["at"])).astimezone(now.tzinfo)
        problems = tuple(str(line) for line in state["problems"])
    except (KeyError, ValueError, TypeError):
        return False, ("status.json 不完整，请运行 yuebao doctor 查看原因。",)
    if now - at > timedelta(minutes=minutes):
        dead = f"服务从 {at:%Y-%m-%d %H:%M} 起没有动静，可能已经停止。请用 yuebao run 启动，或检查开机自启动。"
        return False, (dead, *problems)
    if problems:
        return False, problems
    return True, (f"正常：{at:%Y-%m-%d %H:%M} 完成最近一轮。",)


def read(home: Path) -> dict[str, Any] | None:
    """The last ``status.json`` of a home; ``None`` when there is none that can be read."""
    try:
        found = json.loads((home / STATUS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and "since" in found else None
