"""Answers of the office are applied to a filing in order, each where it belongs, and teach what they should."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.model import (
    Action,
    Decision,
    Filing,
    Lesson,
    Locus,
    MailKind,
    Match,
    OtherKind,
    Question,
    QuestionKind,
    ReportRecord,
    Status,
    Unit,
)
from pipeline.understanding.settling import exempted, lessons_of, live, settle

AT = datetime(2022, 9, 9, 9, tzinfo=UTC)
MAIL = "a" * 64
FIRST, SECOND = Locus("1", "第3段"), Locus("1", "第5段")


def asked(kind: QuestionKind, *, place: str = "", suggestion: str | None = None, holds: bool = False) -> Question:
    """A question about the mail."""
    return Question(kind, MAIL, place, "请确认。", suggestion, (), holds)


def filing(*questions: Question, unit: str | None = "县能源局") -> Filing:
    """A report with a sure record and a doubtful one."""
    sure = ReportRecord(Match(23, 0.99), "开展节能诊断。", Status.ON_TRACK, (), (FIRST,))
    doubtful = ReportRecord(
        Match(17, 0.55), "接入平台。", Status.ON_TRACK, (), (SECOND,), doubtful=True, asked=SECOND.key
    )
    return Filing(
        MAIL, MailKind.REPORT, OtherKind.NONE, unit, "2022-08", stamped=False, records=(sure, doubtful),
        questions=questions,
    )  # fmt: skip


def answer(action: Action, *, minutes: int = 0, **given: str) -> Decision:
    """An answer about the mail."""
    return Decision(AT + timedelta(minutes=minutes), action, MAIL, **given)


WHO = asked(QuestionKind.SENDER, suggestion="县能源局", holds=True)
WHICH = asked(QuestionKind.MATCH, place=SECOND.key, suggestion="17")


def test_a_held_report_does_not_count() -> None:
    """Before the answer a new address counts for nothing."""
    settled = settle(filing(WHO), ())
    assert (settled.counts, settled.open_questions) == (False, (WHO,))


@pytest.mark.parametrize("decision", [answer(Action.ACCEPT), answer(Action.UNIT, value="县能源局")])
def test_one_answer_lets_it_count(decision: Decision) -> None:
    """Accepting the suggestion or naming the unit does the same."""
    settled = settle(filing(WHO), (decision,))
    assert (settled.counts, settled.filing.unit, settled.filing.sender_known) == (True, "县能源局", True)
    assert settled.open_questions == ()


def test_a_named_unit_leaves_other_doubts_open() -> None:
    """Who sent it says nothing about which item a passage belongs to."""
    settled = settle(filing(WHO, WHICH), (answer(Action.UNIT, value="县能源局"),))
    assert settled.open_questions == (WHICH,)
    assert [record.doubtful for record in settled.filing.records] == [False, True]


def test_a_refusal_keeps_it_out_for_good() -> None:
    """A refused mail counts for nothing and asks nothing more."""
    settled = settle(filing(WHO, WHICH), (answer(Action.REFUSE),))
    assert (settled.counts, settled.refused, settled.open_questions) == (False, True, ())


def test_a_later_answer_overrules_a_refusal() -> None:
    """The office may change its mind by naming the unit after all."""
    settled = settle(filing(WHO), (answer(Action.REFUSE), answer(Action.UNIT, minutes=5, value="县能源局")))
    assert (settled.counts, settled.refused) == (True, False)


@pytest.mark.parametrize(
    ("decision", "items"),
    [
        (answer(Action.ACCEPT, question="match", place=SECOND.key), [(17, False), (23, False)]),
        (answer(Action.ITEM, question="match", place=SECOND.key, value="16"), [(16, False), (23, False)]),
        (answer(Action.ITEM, question="match", place=SECOND.key), [(23, False)]),
        (answer(Action.REFUSE, question="match", place=SECOND.key), [(23, False)]),
    ],
    ids=["accepted", "another item", "no item", "refused"],
)
def test_a_passage_goes_where_it_is_told(decision: Decision, items: list[tuple[int, bool]]) -> None:
    """Only the passage at that place moves."""
    settled = settle(filing(WHICH), (decision,))
    assert [(record.match.item, record.doubtful) for record in settled.filing.records] == items
    assert settled.open_questions == ()


def test_a_doubtful_figure_that_is_refused_leaves_its_passage() -> None:
    """The figure was never filed; what stands beside it goes on counting. A refusal of the mail refuses it whole."""
    figure = asked(QuestionKind.FIGURE, place=SECOND.key)
    settled = settle(filing(figure), (answer(Action.REFUSE, question="figure", place=SECOND.key),))
    assert (len(settled.filing.records), settled.open_questions, settled.counts) == (2, (), True)
    assert settle(filing(figure), (answer(Action.REFUSE),)).refused


def test_a_granted_application_becomes_an_extension() -> None:
    """Accepting an application for more time yields the day that was asked for."""
    request = asked(QuestionKind.REQUEST, place="2022-08", suggestion="2022-09-15")
    mail = Filing(
        MAIL, MailKind.OTHER, OtherKind.REQUEST, "县医保局", None, stamped=False, questions=(request,),
        requested_until=date(2022, 9, 15),
    )  # fmt: skip
    extension = settle(mail, (answer(Action.ACCEPT),)).extension
    assert extension is not None
    assert (extension.unit, extension.period, extension.until) == ("县医保局", "2022-08", date(2022, 9, 15))


def test_a_granted_application_for_leave_becomes_an_exemption() -> None:
    """Accepting 免报 excuses the unit for that month; refusing it does not, and an application for time grants none."""
    request = asked(QuestionKind.REQUEST, place="2022-11")
    mail = Filing(
        MAIL, MailKind.OTHER, OtherKind.REQUEST, "县医保局", None, stamped=False, questions=(request,),
        requested_exemption=True,
    )  # fmt: skip
    exemption = settle(mail, (answer(Action.ACCEPT),)).exemption
    assert exemption is not None
    assert (exemption.unit, exemption.period) == ("县医保局", "2022-11")
    assert settle(mail, (answer(Action.REFUSE),)).exemption is None
    assert settle(replace(mail, requested_exemption=False), (answer(Action.ACCEPT),)).exemption is None


def test_other_mails_answers_change_nothing() -> None:
    """Decisions find their mail by digest."""
    other = Decision(AT, Action.REFUSE, "b" * 64)
    assert settle(filing(WHO), (other,)).open_questions == (WHO,)


def test_a_revoked_answer_is_no_answer() -> None:
    """Taking a decision back restores the question."""
    first = answer(Action.ACCEPT)
    decisions = (first, Decision(AT + timedelta(hours=1), Action.REVOKE, MAIL, value="k1"))
    assert live(decisions, ("k1", "k2")) == ()


def test_an_identified_sender_is_remembered() -> None:
    """One confirmation teaches the address; a passage's item teaches the phrase."""
    learned = lessons_of(filing(WHO, WHICH), "gao@qq.example", (answer(Action.ACCEPT),))
    assert learned == (
        Lesson("address", "县能源局", "gao@qq.example", "县能源局"),
        Lesson("match", "县能源局", "接入平台。", "17"),
    )


def test_a_refused_mail_teaches_nothing() -> None:
    """Neither its address nor its words."""
    assert lessons_of(filing(WHO, WHICH), "gao@qq.example", (answer(Action.REFUSE),)) == ()


def test_a_passage_outside_the_plan_is_remembered() -> None:
    """Belonging to no item is a lesson too."""
    learned = lessons_of(filing(WHICH), "nyj@163.example", (answer(Action.ITEM, question="match", place=SECOND.key),))
    assert learned == (Lesson("not_plan", "县能源局", "接入平台。", ""),)


def test_an_excused_unit_keeps_its_reason() -> None:
    """An exemption by telephone stands beside those of the directory."""
    unit = Unit("县医保局", "夏县医疗保障局", exempt=(("2022-07", "机构改革"),))
    granted = Decision(AT, Action.EXEMPT, unit="县医保局", period="2022-08", note="集中封闭办公")
    (excused,) = exempted((unit,), (granted,))
    assert excused.exempt == (("2022-07", "机构改革"), ("2022-08", "集中封闭办公"))
