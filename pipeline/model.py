"""The frozen values that cross a room's wall; nothing here computes, and nothing here is half-filled.

Two lines run through the project and this module is their vocabulary::

    RawMessage -> Letter -> Part -> Document -> ReportRecord -> Match -> Filing
    PlanItem x Filing -> Duty -> Notice;  Summary closes the month

Times are aware datetimes, days are dates in the office's zone, a period is a string ``YYYY-MM``
(the month reported *on*). Chinese appears only as data: the values of an enum are what papers print.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Literal

# --------------------------------------------------------------------------- places and doubt


@dataclass(frozen=True, slots=True)
class Locus:
    """Where a fact stands: which part of the mail, and the place inside it."""

    #: Position path of the part in the mail: ``body``, ``2``, ``2/1`` (first member of the archive in part 2).
    part: str
    #: Place as a person would look it up: ``第3段``, ``台账!C7``, ``第2页第5行``.
    place: str

    @property
    def key(self) -> str:
        """Part and place in one: what a question about it is keyed by."""
        return f"{self.part} {self.place}"


@dataclass(frozen=True, slots=True)
class Clue:
    """One piece of evidence for one value, with its weight and its reason in Chinese."""

    value: str
    weight: float
    because: str


class QuestionKind(enum.StrEnum):
    """What a person is asked; the value is stored and shown in ``review list --json``."""

    #: A known unit is claimed by an address that is not on its list.
    SENDER = "sender"
    #: No unit, or rival units.
    UNIT = "unit"
    #: No month, or rival months.
    PERIOD = "period"
    #: It is not clear whether this is a report at all, a supplement or a correction.
    KIND = "kind"
    #: A passage whose plan item is not certain.
    MATCH = "match"
    #: A figure that could not be read safely (formula without value, copies differ, ...).
    FIGURE = "figure"
    #: Two carriers of one report say different things.
    COPIES = "copies"
    #: An attachment that cannot be read: encrypted, damaged, a link, a format without a reader.
    UNREADABLE = "unreadable"
    #: Authentication-Results speak against the sender, or the sender line is a trick.
    FORGED = "forged"
    #: A secrecy mark, identity-card or bank number: quarantined, never quoted.
    SECRET = "secret"  # noqa: S105 - the name of a question, no password
    #: An application: extension, exemption, change of contact.
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Question:
    """A doubt that only a person may settle. Keyed by content, never by a row number."""

    kind: QuestionKind
    #: The mail it is about (SHA-256 of its bytes).
    digest: str
    #: Which place in the mail, so that the key survives a replay; ``""`` for the whole mail.
    place: str
    #: The question in Chinese, complete with its reason.
    text: str
    #: What the program would answer; ``None`` where it has no idea.
    suggestion: str | None = None
    #: Other answers worth offering, best first.
    options: tuple[str, ...] = ()
    #: True when the mail must not count before the answer (identity, period, secrecy);
    #: false when it is filed and only one detail waits.
    holds: bool = False

    @property
    def key(self) -> str:
        """Natural key of the question: kind, digest and place."""
        return f"{self.kind}:{self.digest}:{self.place}"


# --------------------------------------------------------------------------- bytes: mail


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One mail as the server held it."""

    #: SHA-256 of ``data``, lower-case hex: the identity of the mail.
    digest: str
    data: bytes
    #: When the collecting server took it in (INTERNALDATE, or the topmost Received line of a folder of files).
    received_at: datetime
    #: Folder it was seen in; a junk folder is told in receipts.
    folder: str = "INBOX"
    #: File name or ``folder/uidvalidity/uid``: for people, never an identity.
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """One mail address: ``addr`` is ASCII with a lower-case domain; ``display`` is only a claim."""

    addr: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One attachment or body: bytes with the labels it came with (labels are claims)."""

    #: Position path, stable across parses: ``body``, ``body-html``, ``1``, ``2``, ``2/1``.
    path: str
    #: Decoded, cleaned file name; for a nameless part a name made from its position.
    name: str
    #: Declared media type, lower case.
    declared: str
    data: bytes
    #: True when the mail shows it inside the body (Content-ID or inline disposition).
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail, decoded: what its headers say, its own words, and its parts in order."""

    digest: str
    message_id: str
    subject: str
    #: ``None`` when the From line is missing or is not exactly one plain address.
    sender: Address | None
    #: Why ``sender`` is None, or what is odd about it; Chinese; empty when all is well.
    sender_trouble: str
    recipients: tuple[Address, ...]
    in_reply_to: str
    references: tuple[str, ...]
    #: Date header, when it can be read; a claim of the sender.
    date: datetime | None
    #: Time in the topmost Received line, when there is one: the collecting server's word.
    received: datetime | None
    #: All headers, decoded, in order, names lower case (at most the capped number).
    headers: tuple[tuple[str, str], ...]
    #: Plain body (or the HTML body as text) as sent, with quoted history still in it.
    body: str
    #: Own parts in order; the text and HTML bodies come first as ``body`` and ``body-html``.
    parts: tuple[Part, ...]
    #: Oddities met on the way, in Chinese.
    defects: tuple[str, ...] = ()

    def header(self, name: str) -> str:
        """First value of a header, or the empty string."""
        return next((value for key, value in self.headers if key == name.lower()), "")


class Trouble(enum.StrEnum):
    """Why a part gave no text; each has its own advice to the sender."""

    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    EMPTY = "empty"
    #: A format that is kept and answered but not read (OFD, unknown binary).
    UNSUPPORTED = "unsupported"
    #: A format that needs a program that is not installed here.
    NO_TOOL = "no_tool"
    #: Over a limit: size, members, depth, pages, pixels, time or memory.
    TOO_LARGE = "too_large"
    #: Refused as dangerous: entity declarations, overlapping archive members.
    HOSTILE = "hostile"
    #: A download link (超大附件) instead of a file.
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part that gave no text, with the reason and the remedy in Chinese."""

    part: str
    name: str
    trouble: Trouble
    #: One sentence for the sender: what is wrong and what to resend.
    message: str
    #: Every reader that tried, with what it said.
    attempts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unpacked:
    """All that a letter carries, flattened."""

    #: Leaf parts to read, in order: bodies of nested mails included (path ``2/body``).
    parts: tuple[Part, ...]
    #: Mails found inside (message/rfc822 or .eml files), outermost first, with their position path.
    enclosed: tuple[tuple[str, Letter], ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


class Verdict(enum.StrEnum):
    """What the screen says of a mail before anybody reads it."""

    #: A person wrote it, as far as one can tell.
    PERSON = "person"
    #: Out of office and other automatic replies.
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    #: Read or delivery receipt.
    RECEIPT = "receipt"
    #: Mailing list or bulk advert by its headers.
    BULK = "bulk"
    #: Our own mail coming back.
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Screening:
    """The screen's verdict with its reason; only ``PERSON`` may ever be answered automatically."""

    verdict: Verdict
    because: str
    #: For a bounce: the address that failed and whether it failed for good.
    failed_address: str = ""
    permanent: bool = False


# --------------------------------------------------------------------------- bytes: documents


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph in its final view (tracked insertions in, deletions out)."""

    text: str
    place: str
    #: Automatic number as Word shows it (``一、`` ``（二）`` ``1.``), not part of ``text``.
    label: str = ""
    #: Heading level 1..9 from the style or outline; 0 for body text.
    level: int = 0
    #: Where it stands: ``body header footer textbox footnote caption``.
    zone: str = "body"
    #: Whole paragraph in bold (a hint for headings made by hand).
    bold: bool = False
    #: Leading run in bold, as ``title`` of a run-in heading; empty when none.
    lead: str = ""
    centered: bool = False
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Cell:
    """One visible cell. A merged cell appears once, with its spans."""

    text: str
    row: int
    column: int
    place: str
    rows: int = 1
    columns: int = 1
    #: The stored number, when the cell holds one (percent cells: the shown figure, 96.3 for 0.963).
    number: float | None = None
    #: Warning about this cell, e.g. a formula without cached value.
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A grid of visible cells, hidden rows and columns already left out; rows and columns are renumbered from 0."""

    cells: tuple[Cell, ...]
    height: int
    width: int
    place: str
    #: Sheet name or caption.
    title: str = ""
    kind: Literal["table"] = "table"


class Seal(enum.StrEnum):
    """What can be seen of an official seal."""

    PRESENT = "present"
    ABSENT = "absent"
    #: Grey or too poor to tell.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Document:
    """What a part says, in reading order, whatever its format was."""

    part: str
    name: str
    #: Format by content: ``docx xlsx html text pdf image doc xls ...``.
    format: str
    blocks: tuple[Paragraph | Table, ...]
    seal: Seal = Seal.ABSENT
    #: Text read off the ring of the seal, where legible.
    seal_text: str = ""
    #: True when the text came from OCR (figures deserve more doubt).
    scanned: bool = False
    #: Things a person should know: hidden sheets left out, revisions, macros, external links.
    warnings: tuple[str, ...] = ()
    #: Document properties worth a clue: title, author, company.
    properties: tuple[tuple[str, str], ...] = ()
    #: What stands in it a second time as a picture: carriers of their own.
    scans: tuple[Document, ...] = ()
    #: What stands in it and could not be read.
    unread: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """Everything that opening one mail gave: the input of understanding. Part bytes are emptied."""

    letter: Letter
    #: Mails found inside, with their position path.
    enclosed: tuple[tuple[str, Letter], ...] = ()
    documents: tuple[Document, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


# --------------------------------------------------------------------------- the plan


class Role(enum.StrEnum):
    """A unit's part in a plan item."""

    RESPONSIBLE = "负责"
    LEAD = "牵头"
    SUPPORT = "配合"


class TargetKind(enum.StrEnum):
    """How a target is to be judged; see docs/glossary.md."""

    #: 新增: a flow that counts from zero in the plan's year.
    NEW = "新增"
    #: 累计: a stock that must not fall.
    CUMULATIVE = "累计"
    #: 以上: at least.
    AT_LEAST = "以上"
    #: 全覆盖: n of N.
    COVERAGE = "全覆盖"
    #: 压减至: downwards, from ``start`` to ``value``.
    REDUCE = "压减至"
    #: 力争: a stretch target, missed without blame.
    STRETCH = "力争"
    #: A thing to be done once.
    MILESTONE = "节点"


@dataclass(frozen=True, slots=True)
class Target:
    """One quantified target of a plan item."""

    kind: TargetKind
    #: What is counted, e.g. ``5G基站``.
    of: str
    value: float | None = None
    #: Unit of measure as written: 个, 家, %, 个月.
    measure: str = ""
    #: Start value of a reduction, or N of a coverage.
    start: float | None = None
    #: Day by which it is due; ``None`` where the text does not say.
    due: date | None = None
    #: 力争 stands before it, whatever its kind.
    stretch: bool = False
    #: 以上 stands behind it, whatever its kind.
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One numbered item (事项) of the plan."""

    number: int
    title: str
    #: Full text of the item; empty in a facts-only plan file.
    text: str
    section: str
    group: str | None
    task_force: str | None
    #: Named units with their role, in the order of the text.
    units: tuple[tuple[str, Role], ...]
    #: Group of units that the text names but does not list; resolved through ``Plan.rosters``.
    roster: str | None = None
    roster_role: Role = Role.RESPONSIBLE
    targets: tuple[Target, ...] = ()
    #: Words that point to this item beyond its title and text (from config, e.g. 留抵退税 -> item 1).
    terms: tuple[str, ...] = ()
    #: In force from and until these days (both inclusive); ``None`` is open.
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """Membership of one unit in a named roster (e.g. 领导小组成员单位) over time."""

    roster: str
    unit: str
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The action plan as data, in force on some day."""

    title: str
    #: 发文字号.
    number: str
    issued_on: date | None
    items: tuple[PlanItem, ...]
    rosters: tuple[RosterEntry, ...] = ()
    #: Headline targets of the whole plan (总目标), outside any item.
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of a unit, perhaps only for a time (renames)."""

    name: str
    since: date | None = None
    until: date | None = None


class ContactRole(enum.StrEnum):
    """Who a person is for the unit."""

    LIAISON = "联络员"
    SUPERVISOR = "分管领导"
    HEAD = "主要负责人"


@dataclass(frozen=True, slots=True)
class Contact:
    """A person of a unit; letters go to ``address`` when it has one."""

    role: ContactRole
    name: str
    address: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """A reporting unit (单位)."""

    name: str
    full_name: str
    aliases: tuple[Alias, ...] = ()
    #: Registered mailboxes, lower case; the first is where letters go.
    mailboxes: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    #: False: its reports are taken but it gets no reminders.
    chased: bool = True
    #: Periods for which it need not report, with the reason.
    exempt: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Duty:
    """What one unit owes on one item for one month."""

    unit: str
    item: int
    role: Role
    period: str


# --------------------------------------------------------------------------- meaning: what a mail says


class MailKind(enum.StrEnum):
    """What a mail is for the office."""

    REPORT = "report"
    #: Adds to a report of the same month, which stays valid.
    SUPPLEMENT = "supplement"
    #: Takes the place of an earlier report of the same month.
    CORRECTION = "correction"
    OTHER = "other"


class OtherKind(enum.StrEnum):
    """What a mail that is no report is."""

    NONE = ""
    QUESTION = "question"
    OUT_OF_OFFICE = "out_of_office"
    BOUNCE = "bounce"
    READ_RECEIPT = "read_receipt"
    ADVERT = "advert"
    GREETING = "greeting"
    #: A report of another campaign sent here by mistake.
    MISSENT = "missent"
    #: An application: extension, exemption, change of contact.
    REQUEST = "request"
    #: An answer to one of our letters that is no report.
    REPLY = "reply"
    OWN = "own"


class Status(enum.StrEnum):
    """Status of an item in the report's own words."""

    DONE = "done"
    ON_TRACK = "on_track"
    BEHIND = "behind"
    NOT_STARTED = "not_started"


class Scope(enum.StrEnum):
    """What span a figure covers."""

    MONTH = "month"
    CUMULATIVE = "cumulative"
    #: The report does not say.
    UNSAID = "unsaid"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure of work done, in the unit as written (3.2 万元, 85.6 %)."""

    value: float
    unit: str
    #: What was counted.
    of: str
    locus: Locus
    scope: Scope = Scope.UNSAID
    #: 余 / 约 / 近 / 以上 stood with it.
    approximate: bool = False
    #: As it stands in the source.
    text: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A figure that was not filed but asked about, under the key of its place: all that is known beside its value."""

    #: Unit, empty where the report leaves it open.
    unit: str
    of: str
    locus: Locus
    scope: Scope = Scope.UNSAID


@dataclass(frozen=True, slots=True)
class Match:
    """A plan item for a passage, with the evidence and how sure it is."""

    item: int
    #: Calibrated probability that a careful person would agree, 0..1.
    confidence: float
    clues: tuple[Clue, ...] = ()
    #: Runner-up and its score, for the review list.
    rival: int | None = None
    rival_confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """What one report says about one plan item."""

    match: Match
    #: The passage word for word, without number and title; several passages joined by a line break.
    progress: str
    status: Status
    quantities: tuple[Quantity, ...]
    loci: tuple[Locus, ...]
    #: True when the match is below the threshold: it is in ``questions`` too and is counted only when confirmed.
    doubtful: bool = False
    #: Place of the question about its item, empty where none was asked.
    asked: str = ""
    #: The title in the report that all under it shares with it, or the task of the ledger's row.
    heading: str = ""
    #: Figures that wait for the office's word.
    withheld: tuple[Withheld, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """A stated difficulty or intention, as written, with the items it concerns."""

    text: str
    items: tuple[int, ...]
    locus: Locus


@dataclass(frozen=True, slots=True)
class Filing:
    """What one mail means: the end of the reading line."""

    digest: str
    kind: MailKind
    other: OtherKind
    #: Name of the reporting unit, ``None`` where it cannot be known.
    unit: str | None
    #: Month reported on; ``None`` for ``OTHER``.
    period: str | None
    stamped: bool
    records: tuple[ReportRecord, ...] = ()
    problems: tuple[Remark, ...] = ()
    next_steps: tuple[Remark, ...] = ()
    #: Work outside the plan.
    off_plan: tuple[Remark, ...] = ()
    #: What becomes a record by the office's word alone: work outside the plan that is asked about, and rows that tell
    #: nothing but a doubtful figure.
    aside: tuple[ReportRecord, ...] = ()
    questions: tuple[Question, ...] = ()
    #: Evidence for kind, unit and period, strongest first.
    kind_clues: tuple[Clue, ...] = ()
    unit_clues: tuple[Clue, ...] = ()
    period_clues: tuple[Clue, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    #: The report says that there is nothing to report this month.
    zero_report: bool = False
    #: The unit confirms its 配合 items without additions.
    support_confirmed: bool = False
    #: True when the sender's address is registered for ``unit`` (or was confirmed once).
    sender_known: bool = False
    #: The receiving server confirmed the From domain.
    vouched: bool = False
    #: Requested extension day, for ``OtherKind.REQUEST``.
    requested_until: date | None = None
    #: The application asks to owe nothing this month (免报), for ``OtherKind.REQUEST``.
    requested_exemption: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SentLetter:
    """One of our own letters, for telling replies apart."""

    message_id: str
    #: Business key, e.g. ``remind:2022-08:县文旅局:2``.
    key: str
    kind: str
    unit: str
    period: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """A remembered decision of the office, one line of the memory; visible and revocable."""

    #: ``address`` (address -> unit), ``match`` (unit + phrase -> item), ``not_plan`` (unit + phrase), ``alias``,
    #: ``route`` (address + field and address that may stand beside it in the header, or the way it came), ``kind``
    #: (digest of one mail -> what it is).
    kind: str
    unit: str
    #: Address, phrase or alias that was decided on.
    text: str
    #: Item number or unit name.
    answer: str
    #: Of a passage, what it stood under.
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier months and decisions teach the reading."""

    lessons: tuple[Lesson, ...] = ()
    #: Confirmed passages of earlier months: (unit, item, heading or first words).
    earlier: tuple[tuple[str, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that reading one mail may lean on besides the mail."""

    plan: Plan
    units: tuple[Unit, ...]
    #: Our own mailbox addresses, lower case.
    own: frozenset[str]
    #: Words that identify this campaign (服务业提质增效 ...), from config.
    campaign: tuple[str, ...]
    memory: Memory = Memory()
    sent: tuple[SentLetter, ...] = ()
    #: config/reading.yaml as plain lists of words and numbers, by key.
    lexicon: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: config/examples.yaml: by the title of an item, sentences as units write them on it.
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Authserv-ids of the collecting provider whose Authentication-Results are believed.
    authservers: frozenset[str] = frozenset()
    #: ``when_present``: a failed result raises a question; ``required``: a missing one too; ``habit``: a missing one
    #: where the mail came by a way that was not confirmed for its address.
    authentication: Literal["when_present", "required", "habit"] = "when_present"
    #: Domains that the receiving server has confirmed in earlier mails: for them a missing result is a doubt.
    vouched: frozenset[str] = frozenset()


# --------------------------------------------------------------------------- the office


class HolidayPolicy(enum.StrEnum):
    """Where a due day goes that falls on a day off."""

    #: 不顺延
    KEEP = "keep"
    #: 提前
    EARLIER = "earlier"
    #: 顺延
    LATER = "later"


@dataclass(frozen=True, slots=True)
class DueRule:
    """How the due day of a month is found."""

    day: int = 12
    #: True: reports of the 12th itself are on time.
    inclusive: bool = True
    holidays: HolidayPolicy = HolidayPolicy.KEEP
    cutoff: time = time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class DueDay:
    """A due day with its explanation, printed in each letter."""

    period: str
    day: date
    #: Last instant that is on time.
    until: datetime
    #: Chinese: why it is that day.
    because: str
    #: True where the holidays of that year are not published yet (暂定).
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day of the office's calendar."""

    day: date
    working: bool
    #: 中秋节, 调休上班, 周六 ...
    name: str
    #: Which layer answered: ``office published statutory weekend``.
    source: str
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Office:
    """The collecting office and its rules, from config/office.yaml."""

    name: str
    #: Name printed under letters.
    signature: str
    mailbox: str
    timezone: str
    due: DueRule
    #: Working days before the due day on which a unit that owes something is reminded, e.g. (5, 2, 0).
    remind_before: tuple[int, ...]
    #: Working days after the due day for overdue letters, e.g. (1, 3).
    overdue_after: tuple[int, ...]
    #: Days of the month in which the daily digest is sent (both inclusive).
    digest_window: tuple[int, int]
    #: Time of day at which letters of the day may leave.
    send_from: time
    send_until: time
    #: Seconds between two letters, (least, most).
    pause_seconds: tuple[int, int] = (20, 60)
    daily_limit: int = 200
    per_address_limit: int = 3
    #: Reminders need a successful poll not older than this many hours.
    stale_hours: int = 24
    #: Months before this period are back-fill and answer nothing.
    first_period: str = ""
    #: Hold every letter for approval until this day; escalations always are held.
    review_until: date | None = None
    campaign: tuple[str, ...] = ()
    phone: str = ""


#: A receiver in routing: the unit that the letter is about.
THE_UNIT = "本单位"


@dataclass(frozen=True, slots=True)
class Route:
    """Who receives one kind of paper, from config/routing.yaml.

    Of an escalation a receiver may be :data:`THE_UNIT` (the unit that owes) or a :class:`ContactRole` of it.
    """

    #: ``digest summary escalation question task_force:金融业专班 ...``
    paper: str
    recipients: tuple[str, ...]
    copies: tuple[str, ...] = ()


# --------------------------------------------------------------------------- letters out


class NoticeKind(enum.StrEnum):
    """Kinds of letter; each has its own pair of templates ``templates/mail/<kind>.{txt,html}.j2``."""

    OPENING = "opening"
    RECEIPT = "receipt"
    REMINDER = "remind"
    OVERDUE = "overdue"
    ESCALATION = "escalation"
    DIGEST = "digest"
    SUMMARY = "summary"
    TASK_FORCE = "task_force"
    SUPPLEMENTARY = "supplementary"
    QUESTION = "question"
    REPLY = "reply"
    ALARM = "alarm"


#: Letters that say what a unit owes: they must still be true when they leave, and none leaves while what it owes may
#: lie unread in the mailbox.
CHASING = frozenset({NoticeKind.REMINDER, NoticeKind.OVERDUE, NoticeKind.ESCALATION})


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes out with a letter."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Notice:
    """A letter to be sent: who, what, and the natural key that makes it unique."""

    #: ``remind:2022-08:县文旅局:2``; the same key is never sent twice.
    key: str
    kind: NoticeKind
    period: str
    #: Unit it concerns, empty for the office's own papers.
    unit: str
    to: tuple[str, ...]
    copies: tuple[str, ...]
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    #: Message-ID and references of the mail that it answers.
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    #: Must be released by a person before it leaves.
    held: bool = False


class LetterState(enum.StrEnum):
    """Life of an outgoing letter."""

    #: Waits for a person.
    HELD = "held"
    QUEUED = "queued"
    #: Claimed: committed before the wire is touched.
    SENDING = "sending"
    SENT = "sent"
    #: Refused for good by the server.
    REFUSED = "refused"
    #: The answer never came; settled by finding the Message-ID, or by a person.
    UNSURE = "unsure"
    #: Overtaken before it left (the report came in), or withdrawn by a person.
    DROPPED = "dropped"


class SendVerdict(enum.StrEnum):
    """What an SMTP answer means for a letter."""

    ACCEPTED = "accepted"
    #: Try again after ``wait_seconds``.
    LATER = "later"
    #: No server could be spoken to: not this letter's trouble, and not a try; the queue waits for the network.
    OFFLINE = "offline"
    #: This letter never as it is.
    REFUSED = "refused"
    #: Content was judged as spam: another wording once, then a person.
    SPAM = "spam"
    #: The whole queue must stop (daily limit, account blocked, login).
    STOP = "stop"
    #: No answer after the final dot.
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class SendResult:
    """One try on the wire, classified."""

    verdict: SendVerdict
    code: int
    #: The server's own words.
    reply: str
    #: What it means, in Chinese.
    because: str
    wait_seconds: int = 0
    #: Recipients that were refused for good although others were accepted.
    refused: tuple[str, ...] = ()


# --------------------------------------------------------------------------- facts of a month


class Standing(enum.StrEnum):
    """A unit's standing in a month, as ``status --json`` prints it."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class StoredFiling:
    """A filing with what the ledger knows around it: the input of everything that counts."""

    filing: Filing
    #: File name or origin of the mail.
    mail: str
    subject: str
    sender: str
    received_at: datetime
    #: True when it counts: no open or refused question holds it.
    counts: bool
    #: Questions still open.
    open_questions: tuple[Question, ...] = ()
    folder: str = "INBOX"
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Extension:
    """More time, granted by the office."""

    unit: str
    period: str
    until: date
    because: str


@dataclass(frozen=True, slots=True)
class Exemption:
    """Leave to owe nothing for a month, granted by the office."""

    unit: str
    period: str
    because: str


@dataclass(frozen=True, slots=True)
class UnitMonth:
    """Where one unit stands in one month."""

    unit: str
    period: str
    standing: Standing
    #: A question about one of its mails is open.
    waiting: bool
    #: Duties of role 负责 or 牵头 without an answer, and those of role 配合.
    missing_items: tuple[int, ...]
    missing_support_items: tuple[int, ...]
    duties: tuple[Duty, ...]
    first_received: datetime | None
    late: bool
    zero_report: bool
    #: Mails that count, in order of receipt.
    mails: tuple[str, ...]
    #: Records in force by item: corrections and supplements applied.
    records: tuple[ReportRecord, ...] = ()
    problems: tuple[Remark, ...] = ()
    next_steps: tuple[Remark, ...] = ()
    off_plan: tuple[Remark, ...] = ()
    stamped: bool = False
    #: Day on which the stamped paper copy was registered.
    paper_on: date | None = None
    extended_until: date | None = None
    exempt: str = ""
    #: False: its reports are taken but it gets no letters that ask for them.
    chased: bool = True


@dataclass(frozen=True, slots=True)
class Series:
    """A cumulative figure over the months."""

    item: int
    unit: str
    of: str
    measure: str
    months: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something an honest reader would remark on; kinds are listed in DESIGN's command line."""

    kind: str
    item: int | None
    units: tuple[str, ...]
    months: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Month:
    """All facts of one month at one instant: the input of letters, digests and the summary."""

    period: str
    at: datetime
    due: DueDay
    plan: Plan
    units: tuple[UnitMonth, ...]
    #: Mails of the month's window that are no report, for the digest.
    others: tuple[StoredFiling, ...] = ()
    #: Filings behind the records, for the 溯源表.
    filings: tuple[StoredFiling, ...] = ()
    open_questions: tuple[Question, ...] = ()
    series: tuple[Series, ...] = ()
    findings: tuple[Finding, ...] = ()


# --------------------------------------------------------------------------- configuration, loaded


@dataclass(frozen=True, slots=True)
class Holiday:
    """One official calendar entry typed from the notice: a day off or a make-up working day (调休)."""

    day: date
    working: bool
    name: str
    #: Number of the notice it was typed from.
    source: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """config/*.yaml, validated as a whole and in force."""

    office: Office
    units: tuple[Unit, ...]
    #: All items with their ``since``/``until``; :func:`pipeline.plan.duties.plan_on` picks those in force.
    plan: Plan
    routes: tuple[Route, ...]
    holidays: tuple[Holiday, ...]
    #: config/reading.yaml.
    lexicon: Mapping[str, tuple[str, ...]]
    #: IMAP and SMTP endpoints without secrets, as plain strings: host, port, security, folders ...
    servers: Mapping[str, str]
    authservers: frozenset[str] = frozenset()
    authentication: Literal["when_present", "required", "habit"] = "when_present"
    #: config/examples.yaml.
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: SHA-256 over all config files: stamped on every filing and letter.
    digest: str = ""


# --------------------------------------------------------------------------- what people decide, what has left


class Action(enum.StrEnum):
    """What the office may answer; together with place and value it is all a replay needs."""

    #: The mail is from unit ``value``; from now on its address speaks for that unit.
    UNIT = "unit"
    #: The suggestion holds.
    ACCEPT = "accept"
    #: The mail (or the passage) does not count.
    REFUSE = "refuse"
    #: The passage at ``place`` belongs to item ``value``; an empty value: to none.
    ITEM = "item"
    #: The figures at ``place`` are ``value`` (``742户``, ``12家、3.5万元``).
    FIGURE = "figure"
    #: The report is about month ``value``.
    PERIOD = "period"
    #: The mail is a ``value`` (a :class:`MailKind`).
    KIND = "kind"
    #: More time until day ``value`` for ``unit`` and ``period``.
    EXTEND = "extend"
    #: ``unit`` need not report for ``period``.
    EXEMPT = "exempt"
    #: The stamped paper copy of ``unit`` for ``period`` arrived on day ``value``.
    PAPER = "paper"
    #: None of the mails of the addresses in ``value`` (or with the digests in it) is the office's, now and later;
    #: an address that gets on the contact list, or is confirmed for a unit, is heard again.
    STRANGER = "stranger"
    #: Takes decision ``value`` (its key) back.
    REVOKE = "revoke"


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer of the office, keyed by content so that a replay finds its place again."""

    at: datetime
    action: Action
    #: The mail it is about; empty for decisions about a unit and month.
    digest: str = ""
    #: Kind of the question it answers; empty: every open question of the mail.
    question: str = ""
    #: Place of the question; empty with ``question`` empty.
    place: str = ""
    value: str = ""
    unit: str = ""
    period: str = ""
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class OutgoingLetter:
    """A letter in the outbox: frozen bytes and where it stands."""

    key: str
    kind: NoticeKind
    period: str
    unit: str
    to: tuple[str, ...]
    copies: tuple[str, ...]
    subject: str
    message_id: str
    data: bytes
    state: LetterState
    queued_at: datetime
    #: Not before this instant (back-off, pacing).
    not_before: datetime
    attempts: int = 0
    #: The last answer of the server with its meaning in Chinese.
    reply: str = ""
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NotFetched:
    """A mail the server listed that could not be fetched; shown until it can."""

    folder: str
    uid: int
    size: int
    reason: str
