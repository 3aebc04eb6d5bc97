"""The ledger after a round → status.json, an alarm letter, a push: how a person learns that the service needs one.

``status.json`` in the home is a second way to see that the service lives, without any mail: another program (a task
scheduler, a monitor, a person with a text editor) reads it, and ``yuebao watch`` tells it by exit code.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.adapters.durable import write_whole
from pipeline.digest import letters
from pipeline.errors import NetworkError
from pipeline.flows import anew, audit
from pipeline.flows.backup import DRILL_FAILED
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
#: Fact: kinds of problems that there are, since when each, and whether a letter told of it.
_KINDS = "alarm_kinds"
#: That lines of the audit were cut off is told for so long, though they were written again.
_TOLD_OF_A_CUT = timedelta(days=1)


def state_of(desk: Desk, *, trouble: str = "") -> dict[str, Any]:
    """Where the service stands.

    Args:
        desk: The home.
        trouble: Why the last round broke off, in Chinese; empty when it did not.

    Returns:
        ``at``, ``ok``, ``last_poll``, ``failures`` (polls in a row), ``backlog`` (archived, not yet filed),
        ``not_fetched``, ``understood_anew`` (filed, and still to be understood under the configuration of now), counts
        of letters ``queued``, ``held``, ``unsure`` and ``refused``, and ``problems``: what a
        person must see to now, in Chinese, with their ``kinds``. No contents, no subjects, no secrets.
    """
    found = _problems(desk, trouble=trouble)
    ledger = desk.ledger
    count = ledger.letter_counts()
    return {
        "at": desk.now().isoformat(),
        "ok": not found,
        "last_poll": ledger.fact("last_poll") or None,
        "failures": int(ledger.fact("failures", "0")),
        "backlog": _backlog(desk),
        "not_fetched": len(ledger.not_fetched()),
        "understood_anew": anew.left(desk),
        "queued": count[LetterState.QUEUED],
        "held": count[LetterState.HELD],
        "unsure": count[LetterState.UNSURE],
        "refused": count[LetterState.REFUSED],
        "problems": list(found.values()),
        "kinds": list(found),
        "notes": list(alarms(desk, at=desk.now())),
    }


def _problems(desk: Desk, *, trouble: str) -> dict[str, str]:
    """What a person must see to now: kind of problem → sentence with its remedy."""
    now, ledger, found = desk.now(), desk.ledger, {}
    if trouble:
        found["round"] = trouble
    hours, last_poll = desk.settings.office.stale_hours, ledger.fact("last_poll")
    if last_poll and now - datetime.fromisoformat(last_poll) > timedelta(hours=hours):
        found["poll"] = f"已超过 {hours} 小时没有成功收信，请运行 yuebao doctor 查看原因。"
    elif not last_poll and ledger.fact("failures", "0") != "0":
        found["poll"] = "还没有成功收过信，请运行 yuebao doctor 查看原因。"
    if off := ledger.fact("sending_off"):
        # No letter can tell it: none leaves.
        found["off"] = f"发信处于关闭状态：{off}。核对后执行 yuebao outbox resume。"
    found |= _unsent(desk, now)
    if backlog := _backlog(desk):
        found["backlog"] = f"有 {backlog} 封邮件已存档、尚未登记。"
    if unsure := ledger.letter_counts()[LetterState.UNSURE]:
        found["unsure"] = f"有 {unsure} 封信发送结果不明，请用 yuebao outbox list 查看。"
    if damaged := ledger.fact("archive_trouble"):
        found["archive"] = f"邮件存档有损坏：{damaged}"
    if broken := ledger.fact(audit.TROUBLE):
        found["journal"] = f"审计日志有问题：{broken}请运行 yuebao audit verify。"
    elif (cut := ledger.fact(audit.CUT)) and now - datetime.fromisoformat(cut) < _TOLD_OF_A_CUT:
        found["journal"] = "审计日志的末尾曾被截去，已由台账补写。请查明是谁动过 journal.jsonl。"
    if failed := ledger.fact(DRILL_FAILED):
        found["drill"] = f"上次恢复演练没有通过：{failed}请换一块磁盘重新备份，再演练一次。"
    return found


def _unsent(desk: Desk, now: datetime) -> dict[str, str]:
    """Letters that could have left and did not."""
    waiting = desk.ledger.letters(states=(LetterState.QUEUED,))
    # One that is put off again and again is as stuck as one that nobody touched.
    stuck = [one for one in waiting if one.not_before < now - _STUCK or (one.attempts and one.queued_at < now - _STUCK)]
    stopped = desk.ledger.fact("sending_stopped_until")
    if stuck:
        why = "（停发文件 STOP 还在工作文件夹里）" if (desk.home / "STOP").exists() else ""
        return {"stuck": f"有 {len(stuck)} 封信一天以上没有发出{why}，请用 yuebao outbox list 查看。"}
    if stopped and datetime.fromisoformat(stopped) > now and any(one.queued_at < now - _PATIENCE for one in waiting):
        return {"stopped": f"有 {len(waiting)} 封信发不出去：{desk.ledger.fact('sending_stopped_because')}"}
    return {}


def _backlog(desk: Desk) -> int:
    """Mails that are archived and not filed."""
    return len({one.digest for one in desk.archive.sightings()} - desk.ledger.digests())


def report(desk: Desk, *, trouble: str = "") -> dict[str, Any]:
    """Write ``status.json``; that a problem began or went away is told in the audit, by letter, over the network.

    Raises:
        OSError: one of these channels is closed (a full disk closes two); the others were used all the same.
    """
    state = state_of(desk, trouble=trouble)
    closed: Exception | None = None
    for tell in (_write, _turn, _push):
        try:
            tell(desk, state)
        except (OSError, sqlite3.Error) as error:
            closed = error
    if closed is not None:
        raise closed
    return state


def _write(desk: Desk, state: dict[str, Any]) -> None:
    """Leave the file."""
    before = read(desk.home)
    state["since"] = before["since"] if before and before.get("ok") == state["ok"] else state["at"]
    path = desk.home / STATUS
    write_whole(path, (json.dumps(state, ensure_ascii=False, indent=1) + "\n").encode())
    path.chmod(0o600)


def _turn(desk: Desk, state: dict[str, Any]) -> None:
    """Remember that an alarm begins, grows or ends, and write to whom it concerns, once each."""
    began = desk.ledger.fact(_SINCE)
    if state["ok"] and not began:
        return
    kind = "watch.recovered" if state["ok"] else "" if began else "watch.alarm"
    with desk.ledger.atomic():
        if kind:
            desk.ledger.note(kind, at=desk.now(), data={"problems": state["problems"]})
            desk.ledger.set_fact(_SINCE, "" if state["ok"] else state["at"])
        if state["ok"]:
            desk.ledger.set_fact(_OVER, began)
            desk.ledger.set_fact(_KINDS, "")
            if desk.ledger.letter(f"alarm:{began}") is not None:
                _letter(desk, state, key=f"alarm:{began}:over", began=began)
        else:
            _grown(desk, state, began=began or state["at"])
    desk.write_journal()


def _grown(desk: Desk, state: dict[str, Any], *, began: str) -> None:
    """Write of problems that last and were not written of, also while another one goes on."""
    known: dict[str, tuple[str, bool]] = json.loads(desk.ledger.fact(_KINDS) or "{}")
    kinds = {kind: known.get(kind, (state["at"], False)) for kind in state["kinds"]}
    lasting = {kind for kind, (since, _) in kinds.items() if desk.now() - datetime.fromisoformat(since) >= _PATIENCE}
    if any(not kinds[kind][1] for kind in lasting):
        key = f"alarm:{began}"
        if desk.ledger.letter(key) is not None:
            key = f"{key}:{state['at']}"
        if _letter(desk, state, key=key, began=began):
            kinds |= {kind: (kinds[kind][0], True) for kind in lasting}
    if kinds != {kind: tuple(held) for kind, held in known.items()}:
        desk.ledger.set_fact(_KINDS, json.dumps(kinds))


def _letter(desk: Desk, state: dict[str, Any], *, key: str, began: str) -> bool:
    """Queue a letter of an alarm, or of its end; all day coming and going it makes a few and no more."""
    to, copies = receivers(desk, "alarm")
    now = desk.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = [one for one in desk.ledger.letters(kinds=(NoticeKind.ALARM,)) if one.queued_at >= midnight]
    if not to or len(today) >= _MOST_LETTERS:
        return False
    topic, lines = f"{len(state['problems'])} 个问题", tuple(state["problems"])
    remedy = "请在装有本系统的电脑上运行 yuebao doctor，按提示处理。"
    if state["ok"]:
        since = datetime.fromisoformat(began).astimezone(now.tzinfo)
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
    return post(desk, notice)


def _push(desk: Desk, state: dict[str, Any]) -> None:
    """Tell the program on the office's network, if one is named, of the turn that it has not heard of yet."""
    url = desk.settings.servers.get("watch.webhook", "")
    # Of an alarm that the ledger cannot take down now the network hears each round.
    began = "" if state["ok"] else desk.ledger.fact(_SINCE) or state["at"]
    over = desk.ledger.fact(_OVER)
    event, _, rest = desk.ledger.fact(_TOLD).partition(" ")
    since, _, named = rest.partition(" ")
    kinds, named_kinds = set(state["kinds"]), set(named.split())
    of_this = event == "alarm" and since == began
    # Of a problem that went away and comes again it hears again, though another one went on meanwhile.
    heard = named_kinds & kinds if of_this else set()
    turn = ""
    if began and kinds - heard:
        turn = f"alarm {began} {' '.join(sorted(kinds))}"
    elif not began and event == "alarm" and since == over:
        turn = f"recovered {over}"
    if not url or not turn:
        if of_this and heard != named_kinds:
            desk.ledger.set_fact(_TOLD, f"alarm {began} {' '.join(sorted(heard))}")
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
    if at - now > timedelta(minutes=minutes):
        ahead = f"status.json 写的时间 {at:%Y-%m-%d %H:%M} 还没有到：请核对电脑的时钟，并查看服务是否在运行。"
        return False, (ahead, *problems)
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
