"""The ledger at an instant → the facts of a month, ready for letters, digests and the summary."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from pipeline.adapters.ledger.ledger import StoredMessage, decision_key
from pipeline.digest.strangers import Stranger, strangers
from pipeline.digest.tracking import findings, series
from pipeline.flows.desk import Desk
from pipeline.model import (
    Action,
    Decision,
    DueDay,
    Extension,
    Filing,
    Knowledge,
    Lesson,
    MailKind,
    Memory,
    Month,
    Settings,
    StoredFiling,
    Unit,
    UnitMonth,
)
from pipeline.periods import next_period, period_of, previous_period
from pipeline.plan.duties import plan_of
from pipeline.plan.standing import unit_months
from pipeline.understanding.settling import Settled, exempted, extensions, lessons_of, live, paper_copies, settle
from pipeline.workdays import due_day

#: How far back confirmed matches teach: about three reports of each unit.
_MEMORY = timedelta(days=100)
#: Months that tracking looks at besides the one in hand.
_TRACKED = 12


def unread(desk: Desk) -> bool:
    """Whether the last look at the mailbox failed, or missed a folder: what a unit owes may lie there."""
    looked = desk.ledger.fact("last_look")
    return bool(looked) and looked != desk.ledger.fact("last_poll")


def trusted(desk: Desk, *, at: datetime) -> bool:
    """Whether the operator looked at the doubts of this day and let letters leave all the same."""
    return desk.ledger.fact("trusted_on") == at.date().isoformat()


def live_decisions(desk: Desk, *, until: datetime | None = None) -> tuple[Decision, ...]:
    """The office's answers in force at an instant, in the order they were given."""
    given = desk.ledger.decisions(until=until)
    return desk.worked_out(
        ("answers", len(given)), lambda: live(given, tuple(decision_key(decision) for decision in given))
    )


def settled_filings(desk: Desk, *, until: datetime) -> tuple[tuple[StoredMessage, Settled], ...]:
    """Every mail received by then with what holds of it after the answers given by then."""
    mails, given = desk.ledger.filings(until=until), desk.ledger.decisions(until=until)

    def found() -> tuple[tuple[StoredMessage, Settled], ...]:
        about: dict[str, list[tuple[int, Decision]]] = {}
        for number, decision in enumerate(live_decisions(desk, until=until)):
            tokens = decision.value.split() if decision.action == Action.STRANGER else (decision.digest,)
            for token in tokens:
                about.setdefault(token, []).append((number, decision))
        return tuple((message, settle(filing, _about(message, about))) for message, filing in mails)

    return desk.worked_out(("settled", len(mails), len(given)), found)


def _about(message: StoredMessage, about: dict[str, list[tuple[int, Decision]]]) -> tuple[Decision, ...]:
    """The answers about one mail, those about all mails of its address among them, in their order."""
    mine = about.get(message.digest, [])
    of_address = about.get(message.sender.lower(), []) if message.sender else []
    return tuple(
        replace(one, digest=message.digest) for _, one in sorted((*mine, *of_address), key=lambda pair: pair[0])
    )


def listed(settings: Settings) -> frozenset[str]:
    """Every address of the directory, and the office's own, lower case."""
    boxes = (box for unit in settings.units for box in unit.mailboxes)
    people = (contact.address for unit in settings.units for contact in unit.contacts)
    return frozenset(address.lower() for address in (*boxes, *people, settings.office.mailbox) if address)


def open_strangers(desk: Desk, *, at: datetime) -> tuple[Stranger, ...]:
    """Strangers whose mails wait for a person at an instant."""
    mails = settled_filings(desk, until=at)
    key = ("strangers", len(mails), len(desk.ledger.decisions(until=at)))
    return desk.worked_out(
        key, lambda: strangers((stored(message, held) for message, held in mails), listed(desk.settings))
    )


def stored(message: StoredMessage, settled: Settled) -> StoredFiling:
    """A mail and what holds of it as one value."""
    return StoredFiling(
        filing=settled.filing,
        mail=message.origin,
        subject=message.subject,
        sender=message.sender,
        received_at=message.received_at,
        counts=settled.counts,
        open_questions=settled.open_questions,
        folder=message.folder,
        message_id=message.message_id,
    )


def current_period(at: datetime) -> str:
    """The month reported on at an instant (in the office's zone): the one before the calendar month."""
    return previous_period(period_of(at.date()))


def due(desk: Desk, period: str) -> DueDay:
    """The due day of a month under the configuration in force."""
    office = desk.settings.office
    return due_day(period, office.due, desk.calendar, office.timezone)


def month_facts(desk: Desk, period: str, *, at: datetime, tracked: bool = True) -> Month:
    """All facts of one month as they stood at an instant."""
    mails, given = desk.ledger.filings(until=at), desk.ledger.decisions(until=at)
    # Of two instants with the same mails and answers behind them only the hour differs.
    key = ("month", period, tracked, len(mails), len(given), at.tzinfo)
    return replace(desk.worked_out(key, lambda: _month_facts(desk, period, at=at, tracked=tracked)), at=at)


def _month_facts(desk: Desk, period: str, *, at: datetime, tracked: bool) -> Month:
    zone = at.tzinfo
    settled = settled_filings(desk, until=at)
    everything = tuple(stored(message, held) for message, held in settled)
    granted = _granted(desk, settled, at=at)
    units = _unit_months(desk, period, everything, granted)
    history: list[tuple[str, tuple[UnitMonth, ...]]] = []
    if tracked:
        reported = sorted({entry.filing.period for entry in everything if entry.filing.period and entry.counts})
        history.extend(
            (earlier, _unit_months(desk, earlier, everything, granted))
            for earlier in [month for month in reported if month < period][-_TRACKED:]
        )
        history.append((period, units))
    plan = plan_of(desk.settings.plan, period)
    deadline = due(desk, period)
    opens = f"{next_period(period)}-01"
    others = tuple(
        entry
        for entry in everything
        if entry.filing.kind == MailKind.OTHER
        and opens <= entry.received_at.astimezone(zone).date().isoformat() < f"{next_period(next_period(period))}-01"
    )
    return Month(
        period=period,
        at=at,
        due=deadline,
        plan=plan,
        units=units,
        others=others,
        filings=tuple(entry for entry in everything if entry.filing.period == period),
        open_questions=tuple(question for entry in everything for question in entry.open_questions),
        series=series(tuple(history)) if tracked else (),
        findings=findings(tuple(history), plan=plan, units=desk.settings.units) if tracked else (),
    )


@dataclass(frozen=True, slots=True)
class _Granted:
    """What the office has granted and noted by an instant, by answering a mail or without one."""

    #: The directory with the months for which a unit owes nothing.
    units: tuple[Unit, ...]
    extensions: tuple[Extension, ...]
    #: Day on which the stamped paper copy came, by unit and month.
    paper: dict[tuple[str, str], date]


def _granted(desk: Desk, settled: tuple[tuple[StoredMessage, Settled], ...], *, at: datetime) -> _Granted:
    decisions = live_decisions(desk, until=at)
    more_time = tuple(held.extension for _message, held in settled if held.extension is not None)
    spared = tuple(held.exemption for _message, held in settled if held.exemption is not None)
    return _Granted(
        units=exempted(desk.settings.units, decisions, spared),
        extensions=more_time + extensions(decisions),
        paper=paper_copies(decisions),
    )


def _unit_months(
    desk: Desk, period: str, everything: tuple[StoredFiling, ...], granted: _Granted
) -> tuple[UnitMonth, ...]:
    """Where every unit stands in one month."""
    found = unit_months(
        period,
        plan=plan_of(desk.settings.plan, period),
        units=granted.units,
        filings=tuple(entry for entry in everything if entry.filing.period == period or entry.open_questions),
        extensions=granted.extensions,
        due=due(desk, period),
    )
    return tuple(replace(unit, paper_on=granted.paper.get((unit.unit, period))) for unit in found)


def knowledge(desk: Desk, *, until: datetime) -> Knowledge:
    """All that reading a mail received at this instant may lean on: nothing later, so that a replay reads the same."""
    settings = desk.settings
    decisions = live_decisions(desk, until=until)
    lessons: list[Lesson] = []
    for digest in dict.fromkeys(decision.digest for decision in decisions if decision.digest):
        message, filing = desk.ledger.message(digest), desk.ledger.filing(digest)
        if message is not None and filing is not None and message.received_at <= until:
            lessons.extend(lessons_of(filing, message.sender, decisions))
    decided = {decision.digest for decision in decisions}
    # Of thousands of mails: strictly earlier ones, without looking at each.
    before = desk.ledger.found(_teaching, since=until - _MEMORY, until=until - timedelta(microseconds=1))
    earlier = [entry for taught in before if taught.digest not in decided for entry in taught.entries]
    known = knowledge_of(settings, at=until.astimezone(desk.now().tzinfo))
    return replace(
        known,
        memory=Memory(lessons=tuple(lessons), earlier=tuple(earlier)),
        sent=desk.ledger.sent_letters(until=until),
        vouched=frozenset(taught.domain for taught in before if taught.domain is not None),
    )


def said_to_be(desk: Desk, digest: str) -> tuple[Lesson, ...]:
    """That a mail is a report, where the office said so: the last answer holds."""
    told = [one.value for one in live_decisions(desk) if one.digest == digest and one.action is Action.KIND]
    return (Lesson("kind", "", digest, told[-1]),) if told and told[-1] != MailKind.OTHER else ()


def teaches(desk: Desk, digest: str) -> bool:
    """Whether :func:`knowledge` of a later instant may hold anything of this mail."""
    filing = desk.ledger.filing(digest)
    if filing is None:
        return False
    return filing.vouched or bool(_taught(filing)) or any(one.digest == digest for one in desk.ledger.decisions())


@dataclass(frozen=True, slots=True)
class _Teaching:
    """What later mails may lean on of one mail."""

    digest: str
    entries: tuple[tuple[str, int, str], ...]
    #: Of its sender, where the receiving server vouched for it.
    domain: str | None


def _teaching(message: StoredMessage, filing: Filing) -> _Teaching | None:
    entries = tuple(_taught(filing))
    if not entries and not filing.vouched:
        return None
    domain = message.sender.lower().rpartition("@")[2] if filing.vouched else None
    return _Teaching(message.digest, entries, domain)


def _taught(filing: Filing) -> list[tuple[str, int, str]]:
    """What a filing says of items without doubt, where it may teach: unit, item, words."""
    if not _trusted(filing):
        return []
    return [(filing.unit or "", one.match.item, one.progress) for one in filing.records if not one.doubtful]


def knowledge_of(settings: Settings, *, at: datetime) -> Knowledge:
    """What the configuration alone knows at an instant (in the office's zone)."""
    return Knowledge(
        plan=plan_of(settings.plan, current_period(at)),
        units=settings.units,
        own=frozenset({settings.office.mailbox}),
        campaign=settings.office.campaign,
        lexicon=settings.lexicon,
        examples=settings.examples,
        authservers=settings.authservers,
        authentication=settings.authentication,
    )


def _trusted(filing: Filing) -> bool:
    """Filings whose silent matches may teach: a report of a known address that nobody has to look at."""
    return filing.kind != MailKind.OTHER and filing.sender_known and not any(asked.holds for asked in filing.questions)
