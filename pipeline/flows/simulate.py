"""A folder of mails and a span of days → the office's months in seconds, through the real flows under a moved clock.

Every mail arrives at the time of its topmost Received line; the clock stops at every arrival, every answer of the
office and the fixed hours of each day, and does all that is due. Nothing here decides what is due.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

from pipeline.adapters.clock import SimulatedClock
from pipeline.adapters.emlfolder import EmlFolder
from pipeline.adapters.smtpcodes import classify
from pipeline.adapters.source import Cursor, Held, Keep, PollResult, hand_over
from pipeline.digest.wording import kind_name, month_name
from pipeline.errors import ConfigError, Problem
from pipeline.flows.desk import Desk
from pipeline.flows.review import decide
from pipeline.flows.tick import WITHHELD, tick
from pipeline.mail.names import clean_name
from pipeline.model import Action, Decision, MailKind, OtherKind, SendResult

#: Hours at which the service would find something to do on any day, besides arrivals: the opening of office hours,
#: two looks during the day, and the evening in which the summary is due.
_HOURS = (time(0, 10), time(8, 35), time(12, 5), time(15, 5), time(17, 35), time(18, 5), time(20, 5), time(23, 50))
#: The service polls every so often: a mail is seen that long after it arrived.
_POLL = timedelta(minutes=10)


@dataclass(slots=True)
class ArrivingFolder:
    """A folder of .eml files as a mailbox in which each mail appears when its time has come."""

    folder: EmlFolder
    clock: SimulatedClock
    _held: list[Held] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Path of the folder."""
        return self.folder.name

    @property
    def held(self) -> list[Held]:
        """All mails, whenever they arrive, oldest first."""
        if not self._held:
            self._held = sorted(self.folder.listed(), key=lambda mail: (mail.received_at, mail.key))
        return self._held

    def poll(
        self,
        cursor: Cursor,
        *,
        keep: Keep,
        moved: Callable[[Cursor], object] | None = None,
        full: bool = False,  # noqa: ARG002 - every poll compares all
    ) -> PollResult:
        """As :meth:`pipeline.adapters.source.MailSource.poll`."""
        now = self.clock.now()
        arrived = [mail for mail in self.held if mail.received_at <= now]
        return hand_over(arrived, cursor=cursor, keep=keep, moved=moved, max_mail=self.folder.max_mail)

    def find_sent(self, message_id: str) -> bool:  # noqa: ARG002 - a folder of incoming mail holds none of ours
        """Never: see :meth:`pipeline.adapters.source.MailSource.find_sent`."""
        return False


@dataclass(slots=True)
class FolderTransport:
    """Letters are accepted and written as numbered .eml files."""

    folder: Path
    clock: SimulatedClock
    #: (when, file, recipients) of everything that left.
    sent: list[tuple[datetime, Path, tuple[str, ...]]] = field(default_factory=list)

    def send(self, message: bytes, *, sender: str, recipients: tuple[str, ...], attempts: int = 0) -> SendResult:  # noqa: ARG002 - the protocol's
        """As :meth:`pipeline.adapters.smtp.Transport.send`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # The head alone: the parser would decode a whole monthly report to come to its end.
        parsed = BytesHeaderParser().parsebytes(message.partition(b"\r\n\r\n")[0])
        now = self.clock.now()
        subject = clean_name(str(make_header(decode_header(parsed["Subject"] or "无主题"))))[:60]
        path = self.folder / f"{len(self.sent) + 1:04d} {now:%m-%d %H%M} {subject}.eml"
        path.write_bytes(message)
        self.sent.append((now, path, recipients))
        return classify(250, "Mail OK")

    def close(self) -> None:
        """Nothing to close."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of the decisions file."""

    at: datetime
    mail: str
    action: Action
    value: str = ""


def read_answers(path: Path, *, zone: tzinfo) -> tuple[Answer, ...]:
    """The decisions file → answers in order of time.

    Raises:
        ConfigError: with every line that is not ``{at, mail, unit}``, ``{at, mail, accept}`` or ``{at, mail, refuse}``.
    """
    try:
        lines = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError) as error:
        raise ConfigError(f"答复文件 {path.name} 读不出来（{error}），应为 JSON 列表。") from error
    problems, answers = [], []
    if not isinstance(lines, list):
        lines, problems = [], [Problem(path.name, 0, "应为一个列表，每项形如 {at, mail, unit}")]
    for number, line in enumerate(lines, 1):
        try:
            answers.append(_answer(line, zone))
        except (KeyError, TypeError, ValueError) as error:
            problems.append(Problem(path.name, 0, f"第 {number} 项不是 {{at, mail, unit|accept|refuse}}：{error}"))
    if problems:
        raise ConfigError(f"答复文件 {path.name} 有 {len(problems)} 处不对。", problems=tuple(problems))
    return tuple(sorted(answers, key=lambda answer: answer.at))


def _answer(line: dict[str, Any], zone: tzinfo) -> Answer:
    at = datetime.fromisoformat(line["at"])
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    if line.get("unit"):
        return Answer(at, str(line["mail"]), Action.UNIT, str(line["unit"]))
    if line.get("accept") is True:
        return Answer(at, str(line["mail"]), Action.ACCEPT)
    if line.get("refuse") is True:
        return Answer(at, str(line["mail"]), Action.REFUSE)
    raise ValueError("缺少 unit、accept 或 refuse")


def moments(
    arrivals: Iterable[datetime], answers: tuple[Answer, ...], *, since: datetime, until: datetime
) -> list[datetime]:
    """Every instant at which the service would find something to do, in order."""
    found = {since + timedelta(minutes=1)}
    day = since.date()
    while day <= until.date():
        found |= {datetime.combine(day, hour, since.tzinfo) for hour in _HOURS}
        day += timedelta(days=1)
    found |= {arrival.astimezone(since.tzinfo) + _POLL for arrival in arrivals}
    found |= {answer.at.astimezone(since.tzinfo) for answer in answers}
    return sorted(moment for moment in found if since <= moment <= until)


def play(
    desk: Desk,
    *,
    clock: SimulatedClock,
    arrivals: tuple[datetime, ...],
    answers: tuple[Answer, ...],
    digests: Mapping[str, str],
    since: date,
    until: date,
    log: Callable[[str], None],
    before: Callable[[datetime], None] = lambda _moment: None,
) -> None:
    """Play the span through the real flows, one line of the log for everything that happens.

    Args:
        desk: The home, with ``clock`` as its clock.
        clock: Moved from stop to stop; the flows may move it on by the pauses between letters.
        arrivals: When mails arrive.
        answers: What the office answers, and when.
        digests: Digest of each mail by the name that the answers use.
        since: First day.
        until: Last day, to its end.
        log: Called with each line.
        before: Called at each stop before anything is done, e.g. to put the mails of that moment into a mailbox.
    """
    zone = clock.now().tzinfo
    start = datetime.combine(since, time(0), zone)
    end = datetime.combine(until, time(23, 59), zone)
    waiting = list(answers)
    withheld: frozenset[str] = frozenset()
    for moment in moments(arrivals, answers, since=start, until=end):
        if moment > clock.now():
            clock.set(moment)
        before(clock.now())
        known = desk.ledger.last_event
        waiting = list(_give(desk, waiting, digests, log))
        done = tick(desk)
        for line in done.lines():
            # What is withheld stays so for days: it is told when it begins.
            if line not in withheld:
                log(f"{moment:%Y-%m-%d %H:%M}  {line}")
        withheld = frozenset(line for line in done.lines() if line.startswith(WITHHELD))
        waiting = list(_give(desk, waiting, digests, log))
        for _at, _kind, data in desk.ledger.events(kind="mail.filed", after=known):
            log(f"{moment:%Y-%m-%d %H:%M}    {_filed(data)}")


def digests_of(held: Iterable[Held]) -> dict[str, str]:
    """Digest of every mail of a folder, by its file name and by its path in the folder."""
    found = {}
    for mail in held:
        digest = hashlib.sha256(mail.read()).hexdigest()
        found[mail.key] = found[mail.key.rpartition("/")[2]] = digest
    return found


def _give(
    desk: Desk, waiting: list[Answer], digests: Mapping[str, str], log: Callable[[str], None]
) -> Iterator[Answer]:
    """Give the answers whose time has come and whose mail is there; yield the others."""
    now = desk.now()
    for answer in waiting:
        digest = digests.get(answer.mail)
        if answer.at > now or digest is None or not desk.ledger.has_message(digest):
            yield answer
            continue
        decide(desk, Decision(answer.at, answer.action, digest, value=answer.value, by="办公室"))
        word = {Action.UNIT: f"认定为{answer.value}", Action.ACCEPT: "按建议办", Action.REFUSE: "不予采用"}
        log(f"{now:%Y-%m-%d %H:%M}  办公室答复：{answer.mail} {word[answer.action]}")


def _filed(data: dict[str, Any]) -> str:
    """One filed mail as a line of the log."""
    who = data["unit"] or data["sender"] or "不明发件人"
    kind = MailKind(data["kind"])
    what = kind_name(kind, OtherKind(data["other"]))
    month = month_name(data["period"]) if data["period"] and kind is not MailKind.OTHER else ""
    asked = f"，待确认 {len(data['questions'])} 处" if data["questions"] else ""
    subject = re.sub(r"[\x00-\x1f]", " ", data["subject"])
    return f"{who}：{month}{what}{asked}  《{subject}》"


#: Stands in every letter that carries a Word file; most letters need not be taken apart.
_DOCUMENT = b"wordprocessingml"


def attachments_of(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every file in a letter that carries a document."""
    data = path.read_bytes()
    if _DOCUMENT not in data:
        return
    parsed = message_from_bytes(data, policy=policy.default)
    for part in parsed.iter_attachments():
        if isinstance(part, EmailMessage) and (name := part.get_filename()):
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                yield clean_name(name), content
