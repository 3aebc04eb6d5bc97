"""What is due follows from state and time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from pipeline.model import Month, NoticeKind, Office
from pipeline.plan.agenda import Step, Withheld, agenda, due_steps, summary_from, working_day_after, working_day_before
from tests.support.plan_values import PLAN, UNITS, at, calendar, due, month, office, question, record, stored

#: Mid-autumn 2022: Saturday 10 to Monday 12 September are days off.
AUTUMN = calendar("2022-09-12")


def look(
    facts: Month,
    now: datetime,
    *sent: str,
    desk: Office | None = None,
    poll: datetime | None = None,
    earlier: tuple[int, ...] = (),
    trusted: bool = False,
) -> tuple[Step | Withheld, ...]:
    """The agenda with a fresh poll."""
    return agenda(
        facts,
        now=now,
        office=desk or office(),
        calendar=AUTUMN,
        sent_keys=frozenset(sent),
        last_poll=poll or now,
        earlier_missing=earlier,
        trusted=trusted,
    )


def keys(entries: tuple[Step | Withheld, ...]) -> list[str]:
    """Keys that may leave."""
    return [step.key for step in due_steps(entries)]


def test_a_month_closed_before_the_service_began_is_not_summed_up() -> None:
    """Installed behind the due day with nothing reported, no leader gets a page that calls everybody missing."""
    now = at("2022-09-28")
    facts = replace(month(), units=tuple(replace(unit, mails=()) for unit in month().units))

    def papers(facts: Month, began: datetime) -> list[str]:
        steps = agenda(
            facts, now=now, office=office(), calendar=AUTUMN, sent_keys=frozenset(), last_poll=now,
            earlier_missing=(), trusted=True, began=began,
        )  # fmt: skip
        return [key for key in keys(steps) if key.startswith(("summary", "task_force"))]

    assert papers(facts, at("2022-09-28")) == []
    assert len(papers(facts, at("2022-09-12", "08:00"))) == 3
    reported = replace(facts, units=(replace(facts.units[0], mails=("a.eml",)), *facts.units[1:]))
    assert len(papers(reported, at("2022-09-28"))) == 3


def test_working_days_around_a_holiday() -> None:
    """Steps are counted in working days: around mid-autumn 2022 the due day falls back to Friday the 9th."""
    day = date(2022, 9, 12)
    assert [date(2022, 9, 9), date(2022, 9, 9), date(2022, 9, 8), date(2022, 9, 5)] == [
        working_day_before(day, count, AUTUMN) for count in (0, 1, 2, 5)
    ]
    assert [date(2022, 9, 13), date(2022, 9, 13), date(2022, 9, 15)] == [
        working_day_after(day, count, AUTUMN) for count in (0, 1, 3)
    ]


def test_the_month_opens_on_its_first_working_day() -> None:
    """Opening letters leave on the first working day in office hours, once."""
    assert keys(look(month(), at("2022-08-31"))) == []
    assert keys(look(month(), at("2022-09-01", "08:00"))) == []
    assert keys(look(month(), at("2022-09-01"))) == ["open:2022-08:甲局", "open:2022-08:乙局"]
    assert keys(look(month(), at("2022-09-02"), "open:2022-08:甲局", "open:2022-08:乙局")) == []


def test_reminders_name_what_is_missing_and_skip_who_is_done() -> None:
    """A complete unit gets no letter; the other is told its items."""
    done = stored("a", at("2022-09-02"), record(1), record(2), record(3))
    steps = due_steps(look(month(done), at("2022-09-05")))
    assert [step.key for step in steps] == ["remind:2022-08:乙局:1"]
    assert "第3条" in steps[0].because
    assert "第2条的配合情况" in steps[0].because
    assert NoticeKind.REMINDER is steps[0].kind


def test_a_missed_step_is_caught_up_once_and_never_two_at_once() -> None:
    """Asleep from the 1st to the 8th: the second reminder alone; asleep a day: the first one late."""
    assert keys(look(month(), at("2022-09-06")))[:1] == ["remind:2022-08:甲局:1"]
    after_sleep = [key for key in keys(look(month(), at("2022-09-08"))) if "甲局" in key]
    assert after_sleep == ["remind:2022-08:甲局:2"]
    assert [key for key in keys(look(month(), at("2022-09-08"), "remind:2022-08:甲局:2")) if "甲局" in key] == []
    back = keys(look(month(), at("2022-09-06"), "remind:2022-08:甲局:2"))
    assert [key for key in back if "甲局" in key] == []


def test_letters_leave_on_working_days_in_hours() -> None:
    """No letter to a unit on a day off or in the evening; the office's own digest comes every day of its window."""
    assert keys(look(month(), at("2022-09-10"))) == ["digest:2022-09-10"]
    assert keys(look(month(), at("2022-09-08", "20:00"))) == ["digest:2022-09-08"]
    assert keys(look(month(), at("2022-09-07", "20:00"))) == []


def test_the_summary_leaves_on_the_evening_of_the_due_day() -> None:
    """Summary and task-force editions from 18:00 of the due day, though it is a holiday; late starts catch up."""
    assert keys(look(month(), at("2022-09-12", "17:59"))) == ["digest:2022-09-12"]
    assert at("2022-09-12", "18:00") == summary_from(month(), office())
    wanted = ["summary:2022-08", "task_force:2022-08:一专班", "task_force:2022-08:二专班"]
    assert wanted == keys(look(month(), at("2022-09-12", "18:00"), "digest:2022-09-12"))
    assert set(wanted) <= set(keys(look(month(), at("2022-09-14"))))


def test_overdue_letters_and_the_held_escalation() -> None:
    """Behind the due day: working days 1 and 3, then an escalation that waits for a person."""
    papers = ("summary:2022-08", "task_force:2022-08:一专班", "task_force:2022-08:二专班")
    assert keys(look(month(), at("2022-09-13"), *papers))[:1] == ["overdue:2022-08:甲局:1"]
    assert keys(look(month(), at("2022-09-14"), *papers, "overdue:2022-08:甲局:1", "overdue:2022-08:乙局:1")) == []
    assert keys(look(month(), at("2022-09-15"), *papers))[:1] == ["overdue:2022-08:甲局:2"]
    steps = due_steps(look(month(), at("2022-09-16"), *papers))
    assert [(step.key, step.held) for step in steps] == [
        ("escalation:2022-08:甲局", True),
        ("escalation:2022-08:乙局", True),
    ]


def test_support_alone_is_reminded_but_not_chased_after_the_due_day() -> None:
    """A unit that reported its own items and only owes a confirmation gets no overdue letter."""
    own = stored("a", at("2022-09-02"), record(1), record(2))
    assert "remind:2022-08:甲局:1" in keys(look(month(own), at("2022-09-05")))
    assert not [key for key in keys(look(month(own), at("2022-09-13"))) if "甲局" in key]


def test_nothing_for_spared_exempt_and_extended_units() -> None:
    """Units not to be chased, exempt or within their extension get nothing; an extension that ran out counts anew."""
    facts = month()
    spared = replace(facts.units[0], chased=False)
    exempt = replace(facts.units[0], exempt="免报")
    extended = replace(facts.units[0], extended_until=date(2022, 9, 20))
    for unit in (spared, exempt, extended):
        seen = keys(look(replace(facts, units=(unit,)), at("2022-09-08"))) + keys(
            look(replace(facts, units=(unit,)), at("2022-09-15"))
        )
        assert [key for key in seen if "甲局" in key] == []
    later = keys(look(replace(facts, units=(extended,)), at("2022-09-21")))
    assert [key for key in later if "甲局" in key] == ["overdue:2022-08:甲局:1"]


def test_nothing_is_sent_on_a_stale_poll() -> None:
    """Without a recent successful poll nobody is reminded and no summary blames; the entry says what to do."""
    for poll in (at("2022-09-06", "08:00"), None):
        entries = agenda(
            month(),
            now=at("2022-09-08"),
            office=office(),
            calendar=AUTUMN,
            sent_keys=frozenset(),
            last_poll=poll,
            earlier_missing=(),
        )
        held = [entry for entry in entries if isinstance(entry, Withheld)]
        assert [entry.step.key for entry in held] == ["remind:2022-08:甲局:2", "remind:2022-08:乙局:2"]
        assert all("收信" in entry.because for entry in held)
        assert keys(entries) == ["digest:2022-09-08"]
    assert (
        len([key for key in keys(look(month(), at("2022-09-08"), poll=at("2022-09-06"), trusted=True)) if "re" in key])
        == 2
    )


def test_too_many_missing_at_once_is_doubted() -> None:
    """When all units suddenly seem overdue and never more than one was, the ledger is doubted, not the units."""
    items = tuple(
        replace(PLAN.items[0], number=n, units=((f"单位{n}", PLAN.items[0].units[0][1]),)) for n in range(1, 11)
    )
    crowd = month(plan=replace(PLAN, items=items), units=())
    entries = look(crowd, at("2022-09-13"), earlier=(0, 1))
    doubted = [entry for entry in entries if isinstance(entry, Withheld) and entry.step.kind is NoticeKind.OVERDUE]
    assert len(doubted) == 10
    assert "replay --check" in doubted[0].because
    assert len([key for key in keys(look(crowd, at("2022-09-13"), earlier=(9,))) if "overdue" in key]) == 10
    assert (
        len([key for key in keys(look(crowd, at("2022-09-13"), earlier=(1,), trusted=True)) if "overdue" in key]) == 10
    )
    assert len([e for e in look(crowd, at("2022-09-09"), earlier=(1,)) if isinstance(e, Withheld)]) == 10


def test_a_mail_that_waits_for_the_office_is_not_held_against_its_unit() -> None:
    """No reminder while the unit's mail waits for a person; a mere detail does not silence the other items."""
    held = stored("a", at("2022-09-02"), record(1), counts=False, questions=(question("a", holds=True),))
    entries = look(month(held), at("2022-09-05"))
    assert [entry.step.key for entry in entries if isinstance(entry, Withheld)] == ["remind:2022-08:甲局:1"]
    detail = stored("a", at("2022-09-02"), record(1, doubtful=True), questions=(question("a"),))
    assert "remind:2022-08:甲局:1" in keys(look(month(detail), at("2022-09-05")))


def test_late_reports_make_one_supplementary_edition_a_day() -> None:
    """Reports behind the summary give an edition on the next morning, once until more come."""
    late = stored("a", at("2022-09-13", "15:00"), record(1), record(2), record(3))
    sent = ("summary:2022-08", "task_force:2022-08:一专班", "task_force:2022-08:二专班")
    assert "supplementary:2022-08:1" not in keys(look(month(late), at("2022-09-13", "16:00"), *sent))
    assert "supplementary:2022-08:1" in keys(look(month(late), at("2022-09-14"), *sent))
    assert "supplementary:2022-08:1" not in keys(look(month(late), at("2022-09-15"), *sent, "supplementary:2022-08:1"))
    more = stored("b", at("2022-09-15", "15:00"), record(3), record(2), unit="乙局")
    both = keys(look(month(late, more), at("2022-09-16"), *sent, "supplementary:2022-08:1"))
    assert "supplementary:2022-08:2" in both
    assert "supplementary:2022-08:1" not in keys(look(month(late), at("2022-09-14")))


def test_the_first_month_is_held_for_approval() -> None:
    """Until ``review_until`` letters wait for a person; the digest to the office itself does not."""
    desk = office(review_until=date(2022, 9, 30))
    steps = due_steps(look(month(), at("2022-09-08"), desk=desk))
    assert {step.kind.value: step.held for step in steps} == {"remind": True, "digest": False}


def test_nothing_old_and_nothing_early() -> None:
    """Sends of a past period are dropped, whatever was missed; nothing leaves before the month is over."""
    assert keys(look(month(), at("2022-10-08"))) == []
    assert keys(look(month(), at("2022-08-20"))) == []
    assert keys(look(month(units=UNITS), at("2027-02-12"))) == []


def test_a_due_day_before_the_reminders_still_yields_one_letter() -> None:
    """A due day on the 2nd: opening and all reminders fall together, and one letter leaves."""
    facts = month(due_day=due("2022-09-02"))
    assert keys(look(facts, at("2022-09-01"))) == ["remind:2022-08:甲局:2", "remind:2022-08:乙局:2"]
