"""Filings and duties give each unit's standing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from pipeline.model import Alias, Extension, MailKind, Standing, StoredFiling, Unit, UnitMonth
from pipeline.plan.standing import unit_months
from tests.support.plan_values import PERIOD, PLAN, UNITS, at, due, figure, question, record, remark, stored


def stand(*filings: StoredFiling, unit: str = "甲局", extensions: tuple[Extension, ...] = ()) -> UnitMonth:
    """Standing of one unit."""
    months = unit_months(PERIOD, plan=PLAN, units=UNITS, filings=filings, extensions=extensions, due=due())
    return next(month for month in months if month.unit == unit)


def test_nothing_came() -> None:
    """Without a mail everything is missing, split into one's own items and those to confirm."""
    month = stand()
    assert month.standing is Standing.NONE
    assert (month.missing_items, month.missing_support_items) == ((1, 2), (3,))
    assert month.first_received is None
    assert not month.late


def test_partial_names_what_is_missing() -> None:
    """One answered item leaves the others missing."""
    month = stand(stored("a", at("2022-09-05"), record(1)))
    assert month.standing is Standing.PARTIAL
    assert (month.missing_items, month.missing_support_items) == ((2,), (3,))


def test_complete_includes_support() -> None:
    """Own items and a confirmation of the 配合 items make a month complete."""
    reported = stored("a", at("2022-09-05"), record(1), record(2))
    assert stand(reported).standing is Standing.PARTIAL
    confirmed = stand(reported, stored("b", at("2022-09-06"), kind=MailKind.SUPPLEMENT, support=True))
    assert confirmed.standing is Standing.COMPLETE
    assert confirmed.mails == ("a.eml", "b.eml")


def test_a_zero_report_answers_everything_until_a_report_follows() -> None:
    """«无进展» answers all duties; a later report with content puts its own items in its place."""
    zero = stored("z", at("2022-09-03"), zero=True)
    assert (stand(zero).standing, stand(zero).zero_report) == (Standing.COMPLETE, True)
    after = stand(zero, stored("a", at("2022-09-05"), record(1)))
    assert (after.standing, after.zero_report, after.missing_items) == (Standing.PARTIAL, False, (2,))
    added = stand(zero, stored("s", at("2022-09-05"), record(1), kind=MailKind.SUPPLEMENT))
    assert (added.standing, added.zero_report) == (Standing.COMPLETE, True)


def test_a_supplement_adds() -> None:
    """Text is appended and figures are merged, a figure told twice stays one; the report stays in force."""
    month = stand(
        stored("a", at("2022-09-05"), record(1, "新增3家。", figure(3)), record(2)),
        stored(
            "s",
            at("2022-09-07"),
            record(1, "另有补贴2万元。", figure(3), figure(2, "补贴", "万元")),
            kind=MailKind.SUPPLEMENT,
        ),
    )
    first = month.records[0]
    assert first.progress == "新增3家。\n另有补贴2万元。"
    assert [one.value for one in first.quantities] == [3, 2]
    assert [one.match.item for one in month.records] == [1, 2]


def test_a_supplement_that_overtook_its_report_is_kept() -> None:
    """Mails overtake each other; the supplement joins the report that comes behind it."""
    month = stand(
        stored("s", at("2022-09-04"), record(1, "另有补贴2万元。"), kind=MailKind.SUPPLEMENT),
        stored("a", at("2022-09-05"), record(1, "新增3家。"), record(2)),
    )
    assert month.records[0].progress == "新增3家。\n另有补贴2万元。"


def test_a_correction_of_one_line_replaces_that_line() -> None:
    """«更正第1条» leaves the other items in force and drops the problems of the old line only."""
    month = stand(
        stored(
            *("a", at("2022-09-05"), record(1, "新增30家。", figure(30)), record(2), record(3)),
            problems=(remark("旧困难", 1), remark("别的困难", 2)),
        ),
        stored("c", at("2022-09-07"), record(1, "新增3家。", figure(3)), kind=MailKind.CORRECTION),
    )
    assert (month.standing, [one.value for one in month.records[0].quantities]) == (Standing.COMPLETE, [3.0])
    assert [one.match.item for one in month.records] == [1, 2, 3]
    assert [one.text for one in month.problems] == ["别的困难"]


def test_a_correction_that_is_the_whole_report_again_replaces_it() -> None:
    """A correction that repeats most items withdraws those that it leaves out, with all remarks."""
    month = stand(
        stored("a", at("2022-09-05"), record(1), record(2), record(3), problems=(remark("困难"),)),
        stored("c", at("2022-09-07"), record(1, "改。"), record(2, "改。"), kind=MailKind.CORRECTION),
    )
    assert [one.match.item for one in month.records] == [1, 2]
    assert month.missing_support_items == (3,)
    assert month.problems == ()


def test_two_plain_reports_replace_item_by_item() -> None:
    """The later plain report wins on the items it names; the others stay."""
    month = stand(
        stored("a", at("2022-09-05"), record(1, "旧。"), record(2, "旧。")),
        stored("b", at("2022-09-06"), record(1, "新。")),
    )
    assert [one.progress for one in month.records] == ["新。", "旧。"]


def test_the_same_report_twice_counts_once() -> None:
    """The same bytes in two folders are one mail; the same content mailed twice is one report."""
    first = stored("a", at("2022-09-05"), record(1, "新增3家。", figure(3)))
    again = replace(first, folder="垃圾邮件", received_at=at("2022-09-06"))
    twice = stand(first, again)
    assert twice.mails == ("a.eml",)
    copy = stand(first, stored("b", at("2022-09-06"), record(1, "新增3家。", figure(3))))
    assert len(copy.records) == 1
    assert len(copy.records[0].quantities) == 1


def test_what_does_not_count_changes_nothing() -> None:
    """A held mail leaves the unit without a report, but somebody is waiting."""
    month = stand(stored("a", at("2022-09-05"), record(1), counts=False, questions=(question("a", holds=True),)))
    assert (month.standing, month.waiting, month.mails) == (Standing.NONE, True, ())


def test_doubtful_records_answer_nothing() -> None:
    """A passage below the threshold is no answer before it is confirmed."""
    month = stand(stored("a", at("2022-09-05"), record(1, doubtful=True), record(2), questions=(question("a"),)))
    assert (month.missing_items, month.waiting) == ((1,), True)
    assert [one.match.item for one in month.records] == [2]


def test_an_unreadable_report_is_partial() -> None:
    """A locked file came on time: everything is missing, but the unit was not silent."""
    month = stand(stored("a", at("2022-09-05")))
    assert (month.standing, month.missing_items, month.late) == (Standing.PARTIAL, (1, 2), False)


def test_first_receipt_never_moves_and_decides_lateness() -> None:
    """A correction behind the due day does not make a punctual unit late; a first report behind it does."""
    early = stored("a", at("2022-09-12", "23:59:59"), record(1))
    correction = stored("c", at("2022-09-20"), record(1), kind=MailKind.CORRECTION)
    month = stand(early, correction)
    assert (early.received_at, False) == (month.first_received, month.late)
    late = stand(stored("a", at("2022-09-13", "00:00:00"), record(1)))
    assert late.late


def test_an_extension_moves_lateness_forward_only() -> None:
    """Granted time counts to the end of its day; an extension before the due day takes nothing away."""
    report = stored("a", at("2022-09-15", "20:00"), record(1))
    granted = (Extension("甲局", PERIOD, date(2022, 9, 15), "因疫情"),)
    assert not stand(report, extensions=granted).late
    assert date(2022, 9, 15) == stand(report, extensions=granted).extended_until
    earlier = (Extension("甲局", PERIOD, date(2022, 9, 10), ""),)
    assert not stand(stored("a", at("2022-09-12"), record(1)), extensions=earlier).late


def test_an_exempt_unit_owes_nothing() -> None:
    """免报 with its reason: no duties, nothing missing, never late."""
    units = (replace(UNITS[0], exempt=((PERIOD, "机构改革"),)), UNITS[1])
    month = unit_months(PERIOD, plan=PLAN, units=units, filings=(), extensions=(), due=due())[0]
    assert (month.exempt, month.duties, month.missing_items, month.standing) == ("机构改革", (), (), Standing.NONE)
    late = (stored("a", at("2022-09-20"), record(1)),)
    month = unit_months(PERIOD, plan=PLAN, units=units, filings=late, extensions=(), due=due())[0]
    assert (month.standing, month.late) == (Standing.COMPLETE, False)


def test_old_names_lead_to_the_unit() -> None:
    """A plan and a filing that still use a unit's old name belong to the renamed unit."""
    units = (Unit("新甲局", "某县新甲局", aliases=(Alias("甲局", until=date(2022, 6, 30)),)), UNITS[1])
    months = unit_months(
        *(PERIOD,),
        plan=PLAN,
        units=units,
        filings=(stored("a", at("2022-09-05"), record(1)),),
        extensions=(),
        due=due(),
    )
    assert [month.unit for month in months] == ["新甲局", "乙局"]
    assert months[0].mails == ("a.eml",)


def test_unknown_reporters_are_listed_and_other_months_ignored() -> None:
    """A unit without duties that reports is shown; mail on another month is not this month's."""
    months = unit_months(
        *(PERIOD,),
        plan=PLAN,
        units=UNITS,
        filings=(
            stored("t", at("2022-09-05"), record(1), unit="某镇"),
            stored("j", at("2022-09-05"), record(1), period="2022-07"),
        ),
        extensions=(),
        due=due(),
    )
    assert [month.unit for month in months] == ["甲局", "乙局", "某镇"]
    assert [month.standing for month in months] == [Standing.NONE, Standing.NONE, Standing.COMPLETE]


def test_a_mail_without_a_month_waits_where_it_came() -> None:
    """A report whose month is asked about waits in the month whose reports were due then, in no other."""
    mail = stored("a", at("2022-09-05"), period=None, counts=False, questions=(question("a", holds=True),))
    assert stand(mail).waiting
    earlier = replace(mail, received_at=at("2022-10-05"))
    assert not stand(earlier).waiting
