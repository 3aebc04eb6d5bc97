"""The composition root: a home folder → a desk with real handles, and what each door can ask of it.

The only place that knows which mailbox, transport, clock and child process are used. Tests call :func:`make_desk`
with others.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from email import message_from_bytes, policy
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.adapters import interpreter, rights, webhook
from pipeline.adapters.ahead import Opening
from pipeline.adapters.archive import Archive
from pipeline.adapters.child import open_mail
from pipeline.adapters.clock import Clock, SimulatedClock, SystemClock
from pipeline.adapters.durable import rehearsal, write_whole
from pipeline.adapters.emlfolder import EmlFolder
from pipeline.adapters.home import SHIPPED, load_templates, save_units
from pipeline.adapters.imap import ImapSource
from pipeline.adapters.journal import Journal
from pipeline.adapters.kept import Kept
from pipeline.adapters.ledger.ledger import Ledger, StoredMessage, decision_key
from pipeline.adapters.lock import process_lock
from pipeline.adapters.maildir import MaildirSource
from pipeline.adapters.settings import LiveSettings, load_plan, load_settings, load_units, secret
from pipeline.adapters.smtp import MemoryTransport, SmtpTransport, Transport
from pipeline.adapters.source import MailSource, MemorySource
from pipeline.digest.foreign import one_line
from pipeline.digest.strangers import SINGLY, claims, code_of, is_code, mails_of, stranger_views
from pipeline.digest.summary import summarise
from pipeline.digest.views import others
from pipeline.digest.wording import ANSWERS, KIND, NOTICE, STATE, full_day, moment, month_name, said, spot
from pipeline.errors import ConfigError, LedgerError, PlanError, YuebaoError
from pipeline.flows import (
    anew,
    audit,
    backup,
    doctor,
    facts,
    ingest,
    look,
    outbox,
    replay,
    review,
    simulate,
    status,
    watch,
)
from pipeline.flows.desk import Desk
from pipeline.flows.notices import daily_digest, due_now, month_before, notice_for
from pipeline.flows.papers import papers
from pipeline.flows.remind import queue_due
from pipeline.flows.tick import tick
from pipeline.mail.names import clean_name
from pipeline.model import (
    Action,
    Decision,
    Knowledge,
    LetterState,
    MailKind,
    Month,
    Opened,
    Part,
    Plan,
    QuestionKind,
    Settings,
    Unreadable,
)
from pipeline.periods import previous_period
from pipeline.plan.agenda import Withheld
from pipeline.plan.data import plan_to_shown
from pipeline.plan.diff import amend, diff, taught
from pipeline.plan.duties import gaps, plan_on
from pipeline.plan.notice import read_notice
from pipeline.plan.paper import lines_of
from pipeline.plan.planfile import plan_file

Lines = tuple[str, ...]

LEDGER = "ledger.db"
JOURNAL = "journal.jsonl"
ARCHIVE = "inbox_archive"
#: What scans and old files say, by digest; may be deleted at any time.
CACHE = "cache"


def make_desk(
    home: Path,
    *,
    source: MailSource,
    transport: Transport,
    clock: Clock | None = None,
    opener: Callable[[bytes, str], Opened] | None = None,
    say: Callable[[str], None] = lambda _line: None,
) -> Desk:
    """A desk over one home with the given handles; without an opener mails are opened in children, scans kept.

    Raises:
        ConfigError: config/ does not hold, with every problem.
        LedgerError: the ledger cannot be opened.
    """
    live = LiveSettings(home)
    zone = ZoneInfo(live.current().office.timezone)
    opening = Opening(Kept(home / CACHE))
    desk = Desk(
        home=home,
        live=live,
        clock=clock or SystemClock(zone),
        ledger=Ledger(home / LEDGER),
        journal=Journal(home / JOURNAL),
        archive=Archive(home / ARCHIVE, zone=zone),
        open_mail=opener or opening.open,
        source=source,
        transport=transport,
        templates=load_templates(home),
        font=_font,
        pause=random.uniform,
        say=say,
    )
    if opener is None:
        desk.expect = opening.expect
    return desk


def _font() -> str | None:
    """The font of charts, looked for when the first is drawn."""
    from pipeline.adapters.fonts import chinese_font  # noqa: PLC0415 - the library of charts

    return chinese_font()


def mailbox_of(settings: Settings, environment: dict[str, str]) -> MailSource:
    """The mail source that config/office.yaml names: IMAP, a Maildir, or a folder of .eml files."""
    servers = settings.servers
    kind = servers.get("source", "imap")
    if kind == "maildir":
        return MaildirSource(Path(servers["path"]))
    if kind == "emlfolder":
        return EmlFolder(Path(servers["path"]))
    return ImapSource(
        host=servers["imap.host"],
        port=int(servers["imap.port"]),
        user=servers.get("imap.user") or settings.office.mailbox,
        password=secret(environment),
        security=_security(servers["imap.security"]),
        folders=tuple(name for name in servers.get("imap.folders", "").split(",") if name),
    )


def transport_of(settings: Settings, environment: dict[str, str]) -> SmtpTransport:
    """The submission server that config/office.yaml names."""
    servers = settings.servers
    return SmtpTransport(
        host=servers["smtp.host"],
        port=int(servers["smtp.port"]),
        user=servers.get("smtp.user") or settings.office.mailbox,
        password=secret(environment),
        security=_security(servers["smtp.security"]),
    )


def _security(word: str) -> Any:  # noqa: ANN401 - a Literal of the adapters, checked by the settings
    return word


# --------------------------------------------------------------------------- what a door can ask


@dataclass(slots=True)
class Work:
    """One home, open for work or for a look."""

    desk: Desk
    #: Minutes between two polls of the service.
    poll_minutes: int = 10

    @property
    def timezone(self) -> str:
        """Zone of the office."""
        return self.desk.settings.office.timezone

    def now(self) -> datetime:
        """The office's time."""
        return self.desk.now()

    def instant(self, at: datetime | None) -> datetime:
        """A moment from the command line in the office's zone; a bare day means its end."""
        if at is None:
            return self.now()
        if at.tzinfo is not None:
            return at.astimezone(ZoneInfo(self.timezone))
        if at.time() == time(0):
            at = datetime.combine(at.date(), time(23, 59, 59))
        return at.replace(tzinfo=ZoneInfo(self.timezone))

    def poll(self) -> tuple[bool, Lines]:
        """Fetch, archive and file, and whether it could; nothing is sent (receipts wait in the outbox)."""
        done = ingest.ingest(self.desk, insist=True)
        if done.trouble:
            return False, (f"收取失败：{done.trouble}",)
        return True, (f"收取完成：新邮件 {len(done.new)} 封。",)

    def tick(self) -> tuple[bool, Lines]:
        """Do all that is due, and whether it could be done."""
        done = tick(self.desk)
        lines = done.lines()
        if until := done.ingested.rests_until:
            again = moment(until, self.desk.settings.office)
            lines += (f"收信仍未恢复，{again}再试；问题已解决的，执行 yuebao poll 立即再试。",)
        return not done.failed, lines or ("此刻没有要办的事。",)

    def status(self, *, period: str | None, at: datetime | None) -> tuple[dict[str, Any], Lines]:
        """Where every unit stands."""
        instant = self.instant(at)
        month = facts.month_facts(self.desk, period or facts.current_period(instant), at=instant)
        waiting = anew.left(self.desk)
        return status.as_data(month), (*status.as_lines(month), *(("", anew.said(waiting)) if waiting else ()))

    def queue_letters(self) -> Lines:
        """Put what is due into the outbox."""
        done = queue_due(self.desk)
        lines = [f"入发件箱：{step.key}（{step.because}）" for step in done.queued]
        lines += [f"暂不发：{entry.step.key}（{entry.because}）" for entry in done.withheld]
        return tuple(lines) or ("此刻没有要发的信。",)

    def preview_letters(self, *, at: datetime | None) -> Lines:
        """What would be queued, with the text of each letter; changes nothing."""
        instant = self.instant(at)
        month = facts.month_facts(self.desk, facts.current_period(instant), at=instant)
        lines: list[str] = []
        for entry in due_now(self.desk, month, at=instant):
            if isinstance(entry, Withheld):
                lines.append(f"暂不发：{entry.step.key}（{entry.because}）")
                continue
            notice = notice_for(self.desk, entry, month, before=month_before(self.desk, month))
            if notice is not None:
                lines += [
                    f"—— {entry.key}（{entry.because}）",
                    f"收件：{'、'.join(notice.to)}",
                    *([f"抄送：{'、'.join(notice.copies)}"] if notice.copies else ()),
                    f"主题：{notice.subject}",
                ]
                lines += [notice.text, ""]
        return tuple(lines) or ("此刻没有要发的信。",)

    def digest(self, *, at: datetime | None, send: bool) -> Lines:
        """The office's page of the day."""
        instant = self.instant(at)
        month = facts.month_facts(self.desk, facts.current_period(instant), at=instant)
        notice = daily_digest(self.desk, month, key=f"digest:{instant.date().isoformat()}")
        if notice is None:
            return ("config/routing.yaml 中没有写每日情况（digest）的收件人。",)
        if not send:
            return (f"收件：{'、'.join(notice.to)}", f"主题：{notice.subject}", "", notice.text)
        queued = outbox.post(self.desk, notice)
        self.desk.write_journal()
        return ("已入发件箱。" if queued else "今天的情况已经入过发件箱。",)

    def summary(self, *, period: str | None, at: datetime | None, out: Path) -> Lines:
        """Write the papers of a month."""
        instant = self.instant(at)
        month = facts.month_facts(self.desk, period or facts.current_period(instant), at=instant)
        before = facts.month_facts(self.desk, previous_period(month.period), at=instant, tracked=False)
        closed = summarise(month, office=self.desk.settings.office, previous=before)
        out.mkdir(parents=True, exist_ok=True)
        lines = []
        for paper in papers(self.desk, closed):
            write_whole(out / paper.name, paper.data)
            lines.append(f"已写出 {out / paper.name}")
        return tuple(lines)

    # ------------------------------------------------------------------ questions

    def questions(self, *, at: datetime | None) -> tuple[list[dict[str, Any]], Lines]:
        """What waits for a person."""
        asked = review.open_questions(self.desk, at=self.instant(at))
        data = [
            {
                "handle": one.handle,
                "kind": one.question.kind.value,
                "mail": one.message.origin,
                "digest": one.message.digest,
                "sender": one.message.sender,
                "subject": one.message.subject,
                "received_at": one.message.received_at.astimezone(self.now().tzinfo).isoformat(),
                "text": one.question.text,
                "suggestion": one.question.suggestion,
                "options": list(one.question.options),
                "holds": one.question.holds,
                "place": one.question.place,
            }
            for one in asked
        ]
        strange = facts.open_strangers(self.desk, at=self.instant(at))
        crowd = strange if len(mails_of(strange)) > SINGLY else ()
        theirs = {stored.filing.digest for stored in mails_of(crowd)}
        lines = []
        for one in asked:
            if one.message.digest in theirs:
                continue
            words = said(one.question.suggestion or "", one.question.kind)
            suggestion = f"  建议：{words}" if words else ""
            hold = "【未确认前不计入】" if one.question.holds else ""
            lines += [f"{one.handle}  {hold}{one.question.text}{suggestion}", f"    来件：{self._mail(one.message)}"]
        if crowd:
            lines.append(f"陌生地址来件 {len(theirs)} 封，自称{claims(mails_of(crowd))}（--json 逐封列出）：")
            for view in stranger_views(crowd, self.desk.settings.office):
                lines += [f"{view.number}. {view.text}", *([f"    最近：{view.mail}"] if view.mail else ())]
        return data, tuple(lines) or ("没有待确认的问题。",)

    def question(self, handle: str) -> Lines:
        """One question with its mail and evidence."""
        one = self._find(handle)
        filing = one.filing
        lines = [
            one.question.text,
            f"建议：{said(one.question.suggestion or '', one.question.kind) or '无'}",
            f"其他选择：{'、'.join(said(each, one.question.kind) for each in others(one.question)) or '无'}",
            f"答法：{'、'.join((*ANSWERS.get(one.question.kind, ()), '--accept（按建议）', '--refuse（不采用）'))}",
            f"邮件：{self._mail(one.message)}",
            f"出处：{one.message.origin}",
            f"存档：{self.desk.archive.path(one.message.digest)}",
            f"位置：{spot(one.question.place) or '整封邮件'}",
        ]
        for name, kind, clues in (
            ("种类", QuestionKind.KIND, filing.kind_clues),
            ("单位", QuestionKind.UNIT, filing.unit_clues),
            ("月份", QuestionKind.PERIOD, filing.period_clues),
        ):
            lines += [f"{name}依据：{said(clue.value, kind)}（{clue.because}）" for clue in clues[:6]]
        return tuple(lines)

    def _mail(self, message: StoredMessage) -> str:
        """A mail as a person finds it in the webmail: when, from whom, with which subject."""
        when = moment(message.received_at, self.desk.settings.office)
        return f"{when} {message.sender or '发件人无法确认'}《{one_line(message.subject, 60) or '无主题'}》"

    def decide(self, handle: str, *, answer: tuple[str, object], by: str, note: str) -> Lines:
        """Answer one question, or decide about a whole mail when the handle names a mail."""
        action, value = answer
        names = {
            "unit": Action.UNIT, "period": Action.PERIOD, "item": Action.ITEM,
            "figure": Action.FIGURE, "kind": Action.KIND, "accept": Action.ACCEPT, "refuse": Action.REFUSE,
        }  # fmt: skip
        if is_code(handle):
            return self._refuse_strangers(handle, action=names[action], by=by, note=note)
        if "@" in handle:
            return self._decide_address(handle, action=names[action], value=str(value), by=by, note=note)
        digest, kind, place = handle.partition("-")[0], "", ""
        if "-" in handle:
            one = self._find(handle)
            digest, kind, place = one.message.digest, one.question.kind.value, one.question.place
        text = "" if value is True or (action == "item" and value == "0") else str(value)
        decision = Decision(
            self.now(), names[action], digest, question=kind, place=place, value=text, by=by, note=note
        )  # fmt: skip
        fresh = review.decide(self.desk, decision)
        return ("已记录，并按此重新登记。" if fresh else "这个决定先前已记录。",)

    def _refuse_strangers(self, handle: str, *, action: Action, by: str, note: str) -> Lines:
        """None of the strangers' mails that wait is the office's: one decision for exactly those that were shown."""
        if action != Action.REFUSE:
            raise YuebaoError("对全部陌生来件只能答 --refuse；真是报送的请逐个地址答复。")
        found = facts.open_strangers(self.desk, at=self.now())
        if not found:
            raise YuebaoError("现在没有待确认的陌生来件。")
        if handle != code_of(found):
            raise YuebaoError(
                f"陌生来件有变化：现有{len(found)}个地址、{len(mails_of(found))}封。"
                f"请再用 yuebao review list 看一遍；新的编号是 {code_of(found)}。"
            )
        tokens = sorted({token for stranger in found for token in stranger.tokens})
        decision = Decision(self.now(), Action.STRANGER, value=" ".join(tokens), by=by, note=note)
        review.decide(self.desk, decision)
        return (f"已记录：{len(found)}个陌生地址的{len(mails_of(found))}封来件都不是本办的，这些地址以后不再询问。",)

    def _decide_address(self, address: str, *, action: Action, value: str, by: str, note: str) -> Lines:
        """One answer for all mails of an address about which something is open."""
        address = address.lower()
        if not any(message.sender.lower() == address for message in self.desk.ledger.messages()):
            raise YuebaoError(f"没有收到过 {address} 的邮件，请用 yuebao review list 核对地址。")
        if action == Action.REFUSE and address not in facts.listed(self.desk.settings):
            decision = Decision(self.now(), Action.STRANGER, value=address, by=by, note=note)
            fresh = review.decide(self.desk, decision)
            left = facts.open_strangers(self.desk, at=self.now())
            more = (
                f"其余陌生来件{len(mails_of(left))}封，都不是的用 review decide {code_of(left)} --refuse。"
                if left
                else ""
            )
            told = f"已记录：{address} 的来件都不是本办的，以后不再询问。" if fresh else "这个决定先前已记录。"
            return (told, *((more,) if more else ()))
        if action not in {Action.REFUSE, Action.UNIT, Action.ACCEPT}:
            raise YuebaoError("对一个地址的全部来件只能答 --unit、--accept 或 --refuse；其他请逐封答复。")
        mails = review.waiting_of(self.desk, address)
        if not mails:
            raise YuebaoError(f"没有来自 {address} 的待确认邮件，请用 yuebao review list 查看。")
        for digest in mails:
            text = value if action == Action.UNIT else ""
            review.decide(self.desk, Decision(self.now(), action, digest, value=text, by=by, note=note))
        return (f"已记录，{address} 的{len(mails)}封来件按此重新登记。",)

    def extend(self, unit: str, *, until: date, period: str | None, note: str) -> Lines:
        """Grant more time without a mail."""
        wanted = period or facts.current_period(self.now())
        decision = Decision(
            self.now(), Action.EXTEND, value=until.isoformat(), unit=unit, period=wanted, note=note
        )  # fmt: skip
        review.decide(self.desk, decision)
        return (f"已同意 {unit} 的 {wanted} 月报延期至 {until.isoformat()}。",)

    def exempt(self, unit: str, *, period: str | None, note: str) -> Lines:
        """Excuse a unit for one month."""
        wanted = period or facts.current_period(self.now())
        review.decide(self.desk, Decision(self.now(), Action.EXEMPT, unit=unit, period=wanted, note=note))
        return (f"已同意 {unit} 免报 {wanted} 月报。",)

    def paper(self, copy: str, *, period: str | None, day: date | None, note: str) -> Lines:
        """Register a stamped paper copy by the receipt number on it, or by unit and month."""
        unit, wanted = review.paper_of(self.desk, copy, period or facts.current_period(self.now()))
        on = day or self.now().date()
        decision = Decision(self.now(), Action.PAPER, value=on.isoformat(), unit=unit, period=wanted, note=note)
        review.decide(self.desk, decision)
        return (f"已登记：{unit} {wanted} 月报的纸质盖章件于 {on.isoformat()} 收到。",)

    def trust(self) -> Lines:
        """The office looked at the doubt: letters kept back on it may leave today."""
        with self.desk.ledger.atomic():
            self.desk.ledger.set_fact("trusted_on", self.now().date().isoformat())
            self.desk.ledger.note("doubt.overridden", at=self.now(), data={})
        self.desk.write_journal()
        return ("已记录：今天不再因收信间断或未报突增而暂缓催报。",)

    def lessons(self) -> Lines:
        """What was decided, with the key by which it is taken back."""
        live = {decision_key(decision) for decision in facts.live_decisions(self.desk)}
        lines = []
        for decision in self.desk.ledger.decisions():
            key = decision_key(decision)
            mark = "" if key in live else "（已撤销）"
            about = decision.unit or decision.digest[:8]
            when = decision.at.astimezone(self.now().tzinfo)
            lines.append(
                f"{key[:12]}  {when:%Y-%m-%d %H:%M}  {about}  {_decided(decision)}"
                f"{mark}  {decision.by} {decision.note}".rstrip()
            )
        return tuple(lines) or ("还没有记住任何决定。",)

    def revoke(self, key: str) -> Lines:
        """Take a decision back."""
        known = [
            decision for decision in self.desk.ledger.decisions() if key and decision_key(decision).startswith(key)
        ]
        whole = decision_key(known[0]) if len(known) == 1 else key
        digest = known[0].digest if len(known) == 1 else ""
        review.decide(self.desk, Decision(self.now(), Action.REVOKE, digest, value=whole))
        return ("已撤销。",)

    def _find(self, handle: str) -> review.Asked:

        for one in review.open_questions(self.desk):
            if one.handle == handle:
                return one
        raise YuebaoError(f"没有编号为“{handle}”的问题，请用 yuebao review list 查看。")

    # ------------------------------------------------------------------ letters

    def letters(self) -> tuple[list[dict[str, Any]], Lines]:
        """The outbox."""
        zone = self.now().tzinfo
        found = self.desk.ledger.letters()
        data = [
            {
                "key": letter.key,
                "kind": letter.kind.value,
                "period": letter.period,
                "unit": letter.unit,
                "to": list(letter.to),
                "copies": list(letter.copies),
                "subject": letter.subject,
                "message_id": letter.message_id,
                "state": letter.state.value,
                "queued_at": letter.queued_at.astimezone(zone).isoformat(),
                "settled_at": letter.settled_at.astimezone(zone).isoformat() if letter.settled_at else None,
                "attempts": letter.attempts,
                "reply": letter.reply,
            }
            for letter in found
        ]
        lines = tuple(
            f"{STATE[letter.state]}  {letter.key}  {letter.subject}"
            + (f"  （{letter.reply}）" if letter.reply and letter.state != LetterState.SENT else "")
            for letter in found
        )
        return data, lines or ("发件箱是空的。",)

    def letter(self, key: str) -> Lines:
        """One letter's text."""
        letter = self.desk.ledger.letter(key)
        if letter is None:
            raise YuebaoError(f"发件箱中没有“{key}”。请用 yuebao outbox list 查看各封信的编号。")
        parsed = message_from_bytes(letter.data, policy=policy.default)
        body = parsed.get_body(("plain",))
        return (
            f"收件：{'、'.join(letter.to)}",
            f"抄送：{'、'.join(letter.copies) or '无'}",
            f"主题：{letter.subject}",
            f"状态：{STATE[letter.state]}  {letter.reply}".rstrip(),
            "",
            *(body.get_content().splitlines() if body else ()),
        )

    def move_letter(self, key: str, how: str, *, by: str) -> Lines:
        """Hold, release, drop or settle a letter."""
        waiting = (LetterState.QUEUED, LetterState.HELD, LetterState.REFUSED)
        target, sources = {
            "hold": (LetterState.HELD, (LetterState.QUEUED,)),
            "release": (LetterState.QUEUED, (LetterState.HELD, LetterState.REFUSED)),
            "drop": (LetterState.DROPPED, waiting),
            "sent": (LetterState.SENT, (LetterState.UNSURE,)),
            "resend": (LetterState.QUEUED, (LetterState.UNSURE,)),
        }[how]
        keys = (
            [letter.key for letter in self.desk.ledger.letters(states=(LetterState.HELD,))]
            if key == "all" and how == "release"
            else [key]
        )
        for one in keys:
            outbox.move(self.desk, one, target, only_from=sources, by=by)
        return tuple(f"{one}：{STATE[target]}" for one in keys) or ("没有暂扣的信。",)

    def resume(self) -> Lines:
        """Switch sending on again."""
        with self.desk.ledger.atomic():
            self.desk.ledger.set_fact("sending_off", "")
            self.desk.ledger.set_fact("sending_stopped_until", "")
            self.desk.ledger.note("sending.resumed", at=self.now(), data={})
        self.desk.write_journal()
        return ("发信已恢复。",)


@contextmanager
def look_at(home: Path) -> Generator[Work, None, None]:
    """A home for a look: no lock, no mailbox, no letters."""
    desk = make_desk(home, source=MemorySource(), transport=MemoryTransport())
    try:
        yield Work(desk)
    finally:
        desk.ledger.close()


@contextmanager
def desk_at(home: Path, *, at: datetime | None = None, service: bool = True) -> Generator[Work, None, None]:
    """A home for work: with ``service`` the process lock, the mailbox and the transport that the configuration names.

    Raises:
        AlreadyRunning: another copy holds the lock.
        LedgerError: without ``service``, the ledger is missing or older than its journal.
    """
    if not service:
        with look_at(home) as work:
            # The journal first: a service at work writes the event before the line.
            if work.desk.journal.last_seq > work.desk.ledger.last_event:
                # Rebuilt at the next start, the ledger would forget what is decided in it now.
                raise LedgerError(
                    "台账文件缺失或比日志旧，现在作的决定会丢失。请先启动服务（yuebao run）或运行 yuebao tick，"
                    "台账会由存档和日志重建，然后再作一次。"
                )
            yield work
        return
    interpreter.refuse(interpreter.look())
    rights.refuse_exposed(home)
    with process_lock(home):
        settings = load_settings(home)
        environment = dict(os.environ)
        transport: Transport = transport_of(settings, environment)
        source = mailbox_of(settings, environment)
        desk = replay.sound(lambda: make_desk(home, source=source, transport=transport), home / LEDGER)
        work = Work(desk)
        if at is None:
            desk.push = webhook.post
        else:
            desk.clock = SimulatedClock(work.instant(at))
        try:
            yield work
        finally:
            transport.close()
            desk.ledger.close()


@contextmanager
def service(home: Path) -> Generator[Work, None, None]:
    """The home for the scheduler."""
    with desk_at(home) as work:
        # Who starts the service has put something right.
        work.desk.ledger.set_fact(ingest.POLL_AGAIN, "")
        interpreter.settle()
        yield work


# --------------------------------------------------------------------------- simulate, replay


_SIMULATED = ".simulated"


def simulate_months(
    home: Path,
    *,
    mails: Path,
    since: date,
    until: date,
    out: Path,
    decisions: Path | None,
    say: Callable[[str], None],
) -> Iterator[str]:
    """Play months over a folder of mails; yields the closing lines.

    Raises:
        ConfigError: the home's configuration or the decisions file does not hold.
        YuebaoError: ``out`` holds something that is no earlier simulation.
    """
    if until < since:
        raise YuebaoError(f"--to {until} 早于 --from {since}，请对调。")
    settings = load_settings(home)
    if out.exists() and any(out.iterdir()):
        if not (out / _SIMULATED).exists():
            raise YuebaoError(f"{out} 里已有别的文件。请换一个空文件夹作为 --out。")
        # What scans say is kept from one simulation to the next: it depends on nothing but the mails.
        _clear(out, but=out / "home" / CACHE)
    new_home = out / "home"
    new_home.mkdir(parents=True, exist_ok=True)
    (out / _SIMULATED).touch()
    copytree(home / "config", new_home / "config")
    if (home / "templates").is_dir():
        copytree(home / "templates", new_home / "templates")
    zone = ZoneInfo(settings.office.timezone)
    clock = SimulatedClock(datetime.combine(since, time(0), zone))
    source = simulate.ArrivingFolder(EmlFolder(mails), clock)
    transport = simulate.FolderTransport(out / "letters", clock)
    answers = simulate.read_answers(decisions, zone=zone) if decisions else ()
    lines: list[str] = []

    def log(line: str) -> None:
        lines.append(line)
        say(line)

    with rehearsal():
        desk = make_desk(new_home, source=source, transport=transport, clock=clock)
        desk.pause = lambda _least, _most: 0.0
        interpreter.settle()
        desk.expect([mail.read for mail in source.held if mail.received_at.astimezone(zone).date() <= until])
        try:
            simulate.play(
                desk,
                clock=clock,
                arrivals=tuple(mail.received_at for mail in source.held),
                answers=answers,
                digests=simulate.digests_of(source.held) if answers else {},
                since=since,
                until=until,
                log=log,
            )
            counts, received = _count_letters(desk), len(desk.ledger.messages())
        finally:
            desk.ledger.close()
        write_whole(out / "log.txt", "\n".join(lines).encode() + b"\n")
        written = _save_papers(transport, out)
    yield ""
    yield f"演练完成：{since} 至 {until}，收信 {received} 封，发信 {len(transport.sent)} 封。"
    yield f"发信种类：{counts or '无'}"
    yield f"逐日记录：{out / 'log.txt'}"
    yield f"全部发信：{out / 'letters'}"
    for path in written:
        yield f"文件：{path}"
    yield f"可继续查看：yuebao --home {new_home} status --period …"


def _clear(folder: Path, *, but: Path) -> None:
    """Empty a folder, leaving one folder somewhere in it."""
    for each in folder.iterdir():
        if each in but.parents and not each.is_symlink():
            _clear(each, but=but)
        elif each.is_dir() and not each.is_symlink():
            if each != but:
                rmtree(each)
        else:
            each.unlink()


#: How a person starts the program here.
START = "py run.py" if os.name == "nt" else "python3 run.py"
_DECIDED = {
    Action.UNIT: "认定为{}的来件",
    Action.ACCEPT: "按建议办理",
    Action.REFUSE: "不予采用",
    Action.ITEM: "对应任务{}",
    Action.FIGURE: "数据是{}",
    Action.PERIOD: "认定为{}的报告",
    Action.KIND: "认定为{}",
    Action.EXTEND: "同意延期至{}",
    Action.EXEMPT: "同意{}免报",
    Action.PAPER: "纸质件{}收到",
    Action.STRANGER: "{}的来件都不是本办的",
    Action.REVOKE: "撤销{}",
}


def _decided(decision: Decision) -> str:
    """A decision in words."""
    value = decision.value
    match decision.action:
        case Action.KIND:
            value = KIND[MailKind(value)]
        case Action.ITEM if not value:
            return "不属于任何任务"
        case Action.PERIOD:
            value = month_name(value)
        case Action.EXEMPT:
            value = month_name(decision.period)
        case Action.STRANGER if " " in value:
            value = f"{value.partition(' ')[0]} 等 {len(value.split())} 个陌生地址"
        case Action.REVOKE:
            value = value[:12]
    return _DECIDED[decision.action].format(value)


def _count_letters(desk: Desk) -> str:
    """How many letters of each kind left: ``月初通知31，回执20``."""
    counts = Counter(letter.kind for letter in desk.ledger.letters(states=(LetterState.SENT,)))
    return "，".join(f"{name}{counts[kind]}" for kind, name in NOTICE.items() if counts[kind])


def _save_papers(transport: simulate.FolderTransport, out: Path) -> list[Path]:
    """The files of every summary that left, one folder a month."""
    written = []
    for when, path, _recipients in transport.sent:
        for name, data in simulate.attachments_of(path):
            if name.endswith(("月报.docx", "台账.xlsx")):
                folder = out / "papers" / f"{when:%Y-%m}"
                target = folder / name
                number = 1
                while target.exists():
                    number += 1
                    target = folder / f"{Path(name).stem}（第{number}版）{Path(name).suffix}"
                write_whole(target, data)
                written.append(target)
    return written


def replay_home(home: Path, *, check: bool) -> tuple[bool, Lines]:
    """Prove that the ledger follows from archive, configuration and decisions, or rebuild it from them."""
    if check:
        with look_at(home) as work:
            result = replay.check(work.desk)
            waiting = anew.left(work.desk)
        counts = f"邮件 {result.mails} 封，决定 {result.decisions} 项，信件 {result.letters} 封"
        if not result.differences:
            return True, (f"一致：由存档、配置和决定重建的台账与在用台账相同（{counts}）。",)
        halfway = (f"{anew.said(waiting)}。请等它完成后再核对。",) if waiting else ()
        return False, (*halfway, f"不一致，共 {len(result.differences)} 行（{counts}）：", *result.differences[:40])
    with process_lock(home), look_at(home) as work:
        # What a crash kept out of the journal would be out of the new ledger too.
        work.desk.write_journal()
        fresh = home / "ledger.rebuilt.db"
        for leftover in home.glob("ledger.rebuilt.db*"):
            leftover.unlink()
        ledger, result = replay.rebuild(work.desk, fresh)
        with ledger.atomic():
            ledger.set_fact("sending_off", "台账刚由存档重建，请先核对 yuebao status 与 yuebao outbox list")
        ledger.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ledger.close()
    stamp = datetime.now(ZoneInfo("UTC")).strftime("%Y%m%dT%H%M%SZ")
    for suffix in ("", "-wal", "-shm"):
        old = home / f"{LEDGER}{suffix}"
        if old.exists():
            old.rename(home / f"ledger.{stamp}.old.db{suffix}")
    fresh.rename(home / LEDGER)
    return True, (
        f"已重建：邮件 {result.mails} 封，决定 {result.decisions} 项，信件 {result.letters} 封。",
        f"原台账保留为 ledger.{stamp}.old.db；发信暂停，核对后执行 yuebao outbox resume。",
    )


def verify(home: Path) -> tuple[bool, Lines]:
    """Follow the journal's chain, compare it with the ledger, and hash every archived mail again."""
    with look_at(home) as work:
        lines = (*audit.troubles(work.desk), *(trouble.message for trouble in work.desk.archive.verify()))
        if lines:
            return False, lines
        entries = sum(1 for _ in work.desk.journal.entries())
        mails = len(work.desk.archive)
    return True, (f"完好：日志 {entries} 行首尾相接，存档 {mails} 封逐一核对无误。",)


# --------------------------------------------------------------------------- health, backup


def watched(home: Path, *, minutes: int) -> tuple[bool, Lines]:
    """Whether the service lives and has no problem."""
    return watch.look(home, now=_machine_time(home), minutes=minutes)


def examine(home: Path, *, offline: bool) -> tuple[bool, list[dict[str, Any]], Lines]:
    """Everything the service needs, looked at: whether nothing must be put right, the checks as data and as lines."""
    environment = dict(os.environ)
    checks = doctor.examine(
        home,
        now=datetime.now(ZoneInfo("UTC")),
        connections=None
        if offline
        else doctor.Connections(
            mailbox=lambda settings: mailbox_of(settings, environment),
            transport=lambda settings: transport_of(settings, environment),
        ),
        environment=environment,
    )
    data = [{"name": check.name, "ok": check.ok, "message": check.message} for check in checks]
    return all(check.ok is not False for check in checks), data, doctor.lines_of(checks)


def close_rights(home: Path) -> Lines:
    """Take the rights of others to mails, ledger and journal away."""
    count = rights.close(home)
    if left := next(rights.exposed(home), None):
        raise YuebaoError(f"{left} 仍然别人也能读。请检查它的所有者和所在的磁盘。")
    return (f"已收紧 {count} 个文件：台账、日志和存档只有本账户可读。",)


def back_up(home: Path, target: Path) -> Lines:
    """Copy all that cannot be made again; safe while the service runs."""
    done = backup.backup(home, target, now=_machine_time(home))
    return (
        f"已备份到 {done.generation}：邮件 {done.mails} 封（新增 {done.new_mails} 封）。",
        f"写入 {done.size / 1e6:.1f} MB，已逐个文件核对无误。",
    )


def drill(source: Path, home: Path) -> tuple[bool, Lines]:
    """Prove that a backup can be restored; that it cannot is an alarm of the home until a drill holds."""
    try:
        held, lines = _drilled(source)
    except YuebaoError as error:
        held, lines = False, (error.message,)
    because = "" if held else one_line(lines[-1], 200)
    backup.remember(home, {backup.DRILL_FAILED: because, backup.DRILLED: _machine_time(home).isoformat()})
    return held, lines


def _drilled(source: Path) -> tuple[bool, Lines]:
    """Restore a backup aside, and rebuild its ledger from its archive."""
    problems = backup.verify(source)
    if problems:
        return False, (f"备份有 {len(problems)} 处问题：", *problems)
    with TemporaryDirectory(prefix="yuebao-drill-") as folder:
        home = Path(folder) / "home"
        restored = backup.restore(source, home, now=datetime.now(ZoneInfo("UTC")))
        lines = [f"{restored.made_at:%Y-%m-%d %H:%M} 的备份可以恢复：邮件 {restored.mails} 封，各文件核对无误。"]
        if not (home / LEDGER).exists():
            return True, (*lines, "备份里没有台账（当时还没有收过信）。")
        agreed, said = replay_home(home, check=True)
    return agreed, (*lines, *said)


def restore(source: Path, home: Path) -> Lines:
    """Bring a backup back into an empty home; sending stays off until a person has looked."""
    done = backup.restore(source, home, now=datetime.now(ZoneInfo("Asia/Shanghai")))
    return (
        f"已恢复 {done.made_at:%Y-%m-%d %H:%M} 的备份到 {home}。",
        f"邮件 {done.mails} 封，待发信 {done.letters_waiting} 封。",
        "发信已关闭。请先运行 yuebao doctor 和 yuebao replay --check，核对 yuebao status 与邮箱的已发送，",
        "再执行 yuebao outbox resume 恢复发信；已在邮箱“已发送”中的信不会再发。",
    )


def _machine_time(home: Path) -> datetime:
    """Now in the office's zone; in Beijing's where the configuration does not hold."""
    try:
        zone = ZoneInfo(load_settings(home).office.timezone)
    except ConfigError:
        zone = ZoneInfo("Asia/Shanghai")
    return datetime.now(zone)


# --------------------------------------------------------------------------- plan and units


def _paragraphs(file: Path) -> tuple[str, ...]:
    """The paragraphs of a notice in any format that can be read, automatic numbers joined to their text.

    Raises:
        PlanError: the file cannot be read, with the reason.
    """
    from pipeline.adapters.keeper import tools  # noqa: PLC0415 - every reader is loaded with it
    from pipeline.readers import read  # noqa: PLC0415 - the same

    # The office chose this file itself: it is read in this process.
    found = read(Part("1", file.name, "", file.read_bytes()), tools())
    if isinstance(found, Unreadable):
        raise PlanError(f"{file.name} 读不出来：{found.message}")
    return lines_of(found)


def import_plan(home: Path, file: Path, *, effective: date | None) -> Lines:
    """Notice → config/plan.yaml; with ``effective`` as an amendment that takes effect on that day."""
    reading = read_notice(_paragraphs(file))
    plan = reading.plan
    path = home / "config" / "plan.yaml"
    old = _old_plan(path)
    lines = [f"读出《{plan.title}》{plan.number}：", *(f"  {line}" for line in reading.counts.lines())]
    lines += [f"  ! {sentence}" for sentence in reading.unresolved]
    if old is not None:
        # The office's own words and rosters survive an import of the same plan.
        plan = amend(old, taught(plan, old), effective=effective) if effective is not None else taught(plan, old)
    write_whole(path, plan_file(plan).encode())
    lines.append(f"已写入 {path}")
    return tuple(lines)


def _old_plan(path: Path) -> Plan | None:
    """The plan in force, when there is a readable one."""
    if not path.exists():
        return None
    try:
        return load_plan(path.parent)
    except ConfigError:
        return None


def _plan_today(home: Path) -> Plan:
    """The plan with the amendments that are in force today."""
    return plan_on(load_plan(home / "config"), datetime.now(ZoneInfo("Asia/Shanghai")).date())


def shown_plan(home: Path) -> tuple[list[dict[str, Any]], Lines]:
    """The plan as data for programs and lines for people."""
    today = _plan_today(home)
    lines = [f"《{today.title}》{today.number}，共 {len(today.items)} 项"]
    for item in today.items:
        duties = "、".join(f"{name}（{role.value}）" for name, role in item.units) or f"名单：{item.roster or '无'}"
        force = f"【{item.task_force}】" if item.task_force else ""
        lines.append(f"{item.number:>3} {item.title}{force}  {duties}")
    lines += [f"! {sentence}" for sentence in gaps(today)]
    return plan_to_shown(today), tuple(lines)


def diff_plan(home: Path, file: Path) -> Lines:
    """What another notice would change of the plan as it stands today."""
    found = diff(_plan_today(home), read_notice(_paragraphs(file)).plan)
    return found.lines() or ("没有差别。",)


def import_units(home: Path, file: Path) -> Lines:
    """Excel → config/units.yaml."""
    from pipeline.adapters.unitbook import diff_units, read_units  # noqa: PLC0415 - the library of workbooks

    fresh = read_units(file.read_bytes())
    path = home / "config" / "units.yaml"
    try:
        old = load_units(path.parent) if path.exists() else ()
    except ConfigError:
        old = ()
    save_units(home, fresh)
    changes = diff_units(old, fresh)
    return (*(changes or ("没有变化。",)), f"已写入 {path}，共 {len(fresh)} 个单位。")


def export_units(home: Path, file: Path) -> Lines:
    """config/units.yaml → Excel."""
    from pipeline.adapters.unitbook import diff_units, read_units, write_units  # noqa: PLC0415 - as above

    units = load_units(home / "config")
    changes: Lines = ()
    if file.exists():
        with suppress(ConfigError):
            changes = diff_units(read_units(file.read_bytes()), units)
    write_whole(file, write_units(units))
    return (*changes, f"已写出 {file}，共 {len(units)} 个单位。")


# --------------------------------------------------------------------------- looking at mails


def read_mails(home: Path, mails: tuple[Path, ...]) -> tuple[list[dict[str, Any]], Lines]:
    """What these mails say, as data and as lines; nothing is stored and nothing leaves.

    What the home remembers helps; a home without a ledger reads with the configuration alone.
    """
    settings = load_settings(home)
    zone = ZoneInfo(settings.office.timezone)
    with ExitStack() as stack:
        desk = stack.enter_context(look_at(home)).desk if (home / LEDGER).exists() else None

        def knowledge(at: datetime) -> Knowledge:
            return facts.knowledge(desk, until=at) if desk else facts.knowledge_of(settings, at=at)

        found = look.read_mails(mails, opener=open_mail, knowledge=knowledge, zone=zone)
    data = [look.as_data(*one) for one in found]
    lines = tuple(line for one in found for line in look.as_lines(*one))
    return data, lines


# --------------------------------------------------------------------------- demo


DEMO = Path(__file__).resolve().parent.parent / "tests" / "corpus" / "demo"


def play_demo(out: Path, *, say: Callable[[str], None]) -> Iterator[str]:
    """A month from the 1st to the 15th through embedded servers; yields the closing page."""
    from pipeline.flows import demo  # noqa: PLC0415 - brings the embedded servers, which nothing else needs

    if out.exists() and any(out.iterdir()) and not (out / _SIMULATED).exists():
        raise YuebaoError(f"{out} 里已有别的文件。请换一个空文件夹：python3 run.py demo --out 文件夹")
    if not DEMO.is_dir():
        raise YuebaoError("没有找到演示邮件。请在完整的代码文件夹中运行 python3 run.py。")
    rmtree(out, ignore_errors=True)
    home = out / "home"
    home.mkdir(parents=True)
    (out / _SIMULATED).touch()
    copytree(SHIPPED / "config", home / "config")
    settings = load_settings(home)
    zone = ZoneInfo(settings.office.timezone)
    clock = SimulatedClock(datetime.combine(demo.FIRST, time(0), zone))
    lines: list[str] = []

    def log(line: str) -> None:
        lines.append(line)
        say(line)

    def desk_of(source: MailSource, transport: Transport) -> Desk:
        # The clock is moved by hand: the pauses between letters pass in it, not on the wall.
        return make_desk(home, source=source, transport=transport, clock=clock, opener=opener)

    seen: dict[str, Opened] = {}

    def opener(data: bytes, digest: str) -> Opened:
        # What a mail's files say depends on its bytes alone: the replay at the end need not open them again.
        if digest not in seen:
            seen[digest] = open_mail(data, digest)
        return seen[digest]

    answers = simulate.read_answers(DEMO / "decisions.json", zone=zone)
    desk, played = demo.play(
        DEMO, mailbox=settings.office.mailbox, clock=clock, desk_of=desk_of, answers=answers, log=log
    )
    try:
        write_whole(out / "log.txt", "\n".join(lines).encode() + b"\n")
        for number, letter in enumerate(played.letters, 1):
            subject = str(message_from_bytes(letter.data, policy=policy.default)["Subject"])
            name = clean_name(f"{number:04d} {letter.received_at:%m-%d %H%M} {subject[:60]}.eml")
            write_whole(out / "letters" / name, letter.data)
        instant = datetime.combine(demo.LAST, time(23, 59, 59), zone)
        month = facts.month_facts(desk, "2022-08", at=instant)
        closed = summarise(month, office=settings.office)
        written = []
        for paper in papers(desk, closed):
            write_whole(out / paper.name, paper.data)
            written.append(out / paper.name)
        checked = replay.check(desk)
        yield ""
        span = f"{full_day(demo.FIRST)}至{full_day(demo.LAST)}"
        yield from _closing(desk, month, checked, span=span, sent=len(played.letters), changes=len(played.changes))
        yield ""
        yield f"打开看看：{written[0]}"
        yield f"          {written[1]}"
        yield f"全部发信：{out / 'letters'}（.eml，可用邮件软件打开）"
        yield f"逐日记录：{out / 'log.txt'}"
        yield f"台账：    {home / LEDGER}（{START} --home {home} status --period 2022-08 --at 2022-09-15）"
    finally:
        desk.ledger.close()


def _closing(
    desk: Desk, month: Month, checked: replay.Replayed, *, span: str, sent: int, changes: int
) -> Iterator[str]:
    """The month in plain lines."""
    messages = desk.ledger.messages()
    labels: dict[str, list[str]] = {}
    for unit in month.units:
        labels.setdefault(status.label(unit), []).append(unit.unit)
    late = [unit.unit for unit in month.units if unit.late]
    yield f"{span}，收集邮箱来信 {len(messages)} 封，全部归档、读取、登记。"
    yield f"截止日：{month.due.because}"
    yield "；".join(f"{word} {len(labels.get(word, []))} 家" for word in ("已报", "部分", "待人工", "未报")) + (
        f"；其中迟报 {len(late)} 家（{'、'.join(late)}）" if late else ""
    )
    yield f"发出信件 {sent} 封：{_count_letters(desk)}。"
    yield f"待人工确认 {len(month.open_questions)} 处。"
    yield f"收集邮箱没有被改动：服务器记录的写操作 {changes} 次。"
    agreed = "完全一致" if not checked.differences else f"有 {len(checked.differences)} 行不同"
    yield f"由存档和决定重建台账：{agreed}。"
