"""Every kind of letter says what it must, and nothing it must not."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
import sample_month as sample

from pipeline.digest import letters, wording
from pipeline.digest.summary import summarise
from pipeline.digest.views import figures_of
from pipeline.digest.wording import address_form, chinese_number, numbers, part_name, subject_tag
from pipeline.model import Attachment, NotFetched, Notice, NoticeKind, Question, QuestionKind

TEMPLATES = sample.templates()
KIT = {"office": sample.OFFICE, "templates": TEMPLATES, "to": ("office@dept.example",)}
PAPERS = {"templates": TEMPLATES, "to": ("office@dept.example",)}


class _Reader(HTMLParser):
    """Collects tags, addresses and words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.styled = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"src", "href", "background"}]
        self.styled += any(name == "style" for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.words += data


def read(page: str) -> _Reader:
    """A page as a mail program sees it."""
    reader = _Reader()
    reader.feed(page)
    return reader


def every_letter() -> dict[str, Notice]:
    """One letter of every kind, hostile unit included."""
    month, before = sample.september(), sample.august()
    early = sample.september(at=sample.instant(10, 9))
    closed = summarise(month, office=sample.OFFICE, previous=before)
    issued = summarise(sample.september(at=sample.instant(12, 10)), office=sample.OFFICE, previous=before)
    stranger = sample.filing_of(month, "邮政分公司")
    papers = (Attachment("2022年9月月报.docx", "application/octet-stream", b"x"),)
    unit = "县工信科局"
    return {
        "opening": letters.opening(
            sample.unit_of(sample.september(at=sample.instant(1, 9)), unit),
            key="opening:2022-09:a",
            month=month,
            previous=sample.unit_of(before, unit),
            full_name="青河县工业和信息化局",
            **KIT,
        ),
        "receipt": letters.receipt(
            sample.filing_of(month, unit), key="receipt:1", month=month, unit_month=sample.unit_of(month, unit), **KIT
        ),
        "hostile": letters.receipt(
            sample.filing_of(month, "青河电信"),
            key="receipt:2",
            month=month,
            unit_month=sample.unit_of(month, "青河电信"),
            **KIT,
        ),
        "remind": letters.reminder(sample.unit_of(early, unit), key="remind:1", month=early, step=2, **KIT),
        "overdue": letters.overdue(sample.unit_of(month, "县财政局"), key="overdue:1", month=month, step=1, **KIT),
        "escalation": letters.escalation(
            sample.unit_of(month, "县税务局"),
            key="escalation:1",
            month=month,
            copies=("head@tax.example",),
            copied=("县税务局分管领导",),
            reminded_on=(sample.instant(9), sample.instant(12)),
            **KIT,
        ),
        "digest": letters.digest(
            month,
            key="digest:1",
            since=early,
            not_fetched=(NotFetched("INBOX", 77, 80_000_000, "超过上限"),),
            withheld=(("县财政局", "上次收信已超过24小时"),),
            alarms=("放假安排未录入",),
            **KIT,
        ),
        "summary": letters.summary(closed, key="summary:1", attachments=papers, **PAPERS),
        "task_force": letters.task_force(
            summarise(month, office=sample.OFFICE, previous=before, edition="数字经济专班"), key="tf:1", **PAPERS
        ),
        "supplementary": letters.supplementary(closed, issued=issued, key="supp:1", **PAPERS),
        "question": letters.question(
            stranger, key="question:1", period="2022-09", at=month.at, questions=stranger.open_questions, **KIT
        ),
        "reply": letters.reply(
            stranger,
            key="reply:1",
            period="2022-09",
            at=month.at,
            subject="延期申请",
            paragraphs=("同意延期。",),
            **KIT,
        ),
        "alarm": letters.alarm(
            key="alarm:1", at=month.at, topic="收信失败", lines=("NO LOGIN",), remedy="请检查授权码。", **KIT
        ),
    }


LETTERS = every_letter()


def test_every_kind_has_its_letter() -> None:
    """The sample covers all kinds of notice."""
    assert set(NoticeKind) == {notice.kind for notice in LETTERS.values()}


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_is_complete_in_both_forms(name: str) -> None:
    """Subject with tag, text with signature and mailbox, HTML with styles inline and nothing to fetch."""
    notice = LETTERS[name]
    page = read(notice.html)

    assert notice.subject.endswith(subject_tag(notice.period, notice.key))
    assert "\n" not in notice.subject
    assert sample.OFFICE.signature in notice.text
    assert sample.OFFICE.mailbox in notice.text
    assert sample.OFFICE.signature in page.words
    assert {"script", "img", "link", "style", "iframe", "form"}.isdisjoint(page.tags)
    assert not page.links
    assert page.styled >= 8
    assert "None" not in notice.text


@pytest.mark.parametrize("name", LETTERS)
def test_canaries_come_out_as_text_only(name: str) -> None:
    """Script from a mail is escaped in HTML; control and direction characters reach neither form."""
    notice = LETTERS[name]

    assert "<script" not in notice.html
    for form in (notice.subject, notice.text, notice.html):
        assert not re.search("[\x00-\x08\u202e\ufdd0-\ufdef]", form)
    assert "49" not in read(notice.html).words.split("alert")[-1][:30]


def test_no_two_letters_of_a_round_are_alike() -> None:
    """Subjects and first sentences of a reminder round all differ, tags left out."""
    month = sample.september(at=sample.instant(9, 8))
    round_ = [
        letters.reminder(unit, key=f"remind:{unit.unit}:1", month=month, step=1, **KIT)
        for unit in month.units
        if unit.missing_items or unit.missing_support_items
    ]

    assert len(round_) > 8
    assert len({re.sub(r" \[.*\]$", "", notice.subject) for notice in round_}) == len(round_)
    assert len({notice.text.split("\n\n")[1] for notice in round_}) == len(round_)


def test_a_reminder_names_exactly_what_is_missing() -> None:
    """The answered items of the unit are not asked for again."""
    text = LETTERS["remind"].text

    assert "任务9（负责）培育高新技术企业" in text
    assert "任务7（" not in text
    assert "任务8（" not in text
    assert sample.due_of("2022-09").because in text
    assert "第2次提醒" in LETTERS["remind"].subject


def test_support_duties_are_asked_for_confirmation() -> None:
    """配合 items stand apart from those that the unit answers for."""
    text = LETTERS["overdue"].text

    assert text.index("请立即补报（牵头、负责）") < text.index("任务1（负责）") < text.index("请确认或补充（配合")
    assert text.index("请确认或补充（配合") < text.index("任务13（配合）")


def test_a_receipt_gives_evidence_and_what_is_owed() -> None:
    """Number, items read with place, items owed, the unreadable file, the missing stamp."""
    notice = LETTERS["receipt"]

    assert re.search(r"回执编号HZ202209-[0-9A-F]{6}", notice.text)
    assert "第2个附件 台账!E5" in notice.text
    assert "数据：当月新开通5G基站11个；全县累计达到178个；完成全年任务的88.6%" in notice.text
    assert "任务9（负责）" in notice.text
    assert "佐证材料.rar" in notice.text
    assert "未见盖章扫描件" in notice.text
    assert notice.in_reply_to.endswith("@dept.example>")


def test_a_receipts_figures_add_up() -> None:
    """Items read beyond those owed are told: those of a group without a list, and those of other units."""
    month = sample.september()
    filing, unit = sample.filing_of(month, "县工信科局"), sample.unit_of(month, "县工信科局")
    one, other = (record.match.item for record in filing.filing.records)
    unit = replace(unit, duties=tuple(duty for duty in unit.duties if duty.item not in {one, other}))
    items = tuple(replace(item, roster="成员单位") if item.number == one else item for item in month.plan.items)
    month = replace(month, plan=replace(month.plan, items=items))
    notice = letters.receipt(filing, key="r", month=month, unit_month=unit, **KIT)

    said = "应报1项；其中1项由有关成员单位共同承担，不计入应报；其中1项不在你单位应报之列"
    assert said in notice.text
    assert said in notice.html


def test_a_receipt_tells_of_the_junk_folder_and_of_lateness() -> None:
    """A late mail found in 垃圾邮件 says both."""
    month = sample.september()
    filing = sample.filing_of(month, "县交通局")
    notice = letters.receipt(filing, key="r", month=month, unit_month=sample.unit_of(month, "县交通局"), **KIT)

    assert "“垃圾邮件”文件夹" in notice.text
    assert "按逾期登记" in notice.text
    assert "应报任务均已收到" in notice.text


def test_sealed_content_is_quoted_nowhere() -> None:
    """A mail with a secrecy mark is acknowledged and asked about without its subject, text or figures."""
    month = sample.september()
    secret = Question(QuestionKind.SECRET, "d" * 64, "", "绝密字样在第2页", "隔离")
    filing = replace(sample.filing_of(month, "县工信科局"), subject="绝密计划", open_questions=(secret,))
    receipt = letters.receipt(filing, key="r", month=month, unit_month=sample.unit_of(month, "县工信科局"), **KIT)
    asked = letters.question(filing, key="q", period="2022-09", at=month.at, questions=(secret,), **KIT)
    page = letters.digest(
        replace(month, others=(*month.others, filing), open_questions=(secret,)), key="d", since=None, **KIT
    )

    for notice in (receipt, asked, page):
        for form in (notice.subject, notice.text, notice.html):
            assert "绝密" not in form
    assert "178" not in receipt.text


def test_the_digest_lists_by_name_and_says_what_is_new() -> None:
    """Every unit stands under its word; the change since yesterday is told."""
    text = LETTERS["digest"].text

    assert "县财政局：应报3项：任务1、3、13" in text
    assert "县工信科局：还缺任务9" in text
    assert "县文旅局：未报→已报" in text
    assert "邮政分公司：未报→待人工" in text
    assert "INBOX 第77号" in text
    assert "县财政局：上次收信已超过24小时" in text
    assert "放假安排未录入" in text
    assert "免报（1个）" in text


def test_an_escalation_tells_own_work_from_support() -> None:
    """What a unit only supports is asked to be confirmed, as in every other letter, and not called unreported."""
    month = sample.september()
    text = letters.escalation(sample.unit_of(month, "青河移动"), key="e", month=month, **KIT).text
    own, _, support = text.partition("未确认或补充（配合")
    assert "任务8（配合）" in support
    assert "（配合）" not in own


def test_escalation_is_held_and_copies_only_whom_it_is_given() -> None:
    """Without approved copies nobody's superior is written to, and the letter does not claim it."""
    month = sample.september()
    alone = letters.escalation(sample.unit_of(month, "县税务局"), key="e", month=month, **KIT)

    assert LETTERS["escalation"].held
    assert "抄送县税务局分管领导" in LETTERS["escalation"].text
    assert alone.copies == ()
    assert "分管领导" not in alone.text


def test_the_supplementary_edition_says_only_what_came_later() -> None:
    """Late units and their passages are told, what was in the first edition is not repeated."""
    text = LETTERS["supplementary"].text

    assert "县交通局：2022年10月13日 08:55收到" in text
    assert "网络货运平台因资质变更停摆一个月" in text
    assert "云台洞" not in text


def test_letters_are_deterministic() -> None:
    """The same facts give the same letters, attachments included."""
    assert every_letter() == LETTERS


def test_units_are_spoken_to_as_is_fit() -> None:
    """Companies, banks and agencies of other masters are no 你单位."""
    assert [
        address_form(name)
        for name in ("县文旅局", "青河移动", "人行青河支行", "银保监分局青河监管组", "邮政分公司", "县医疗集团")
    ] == ["你单位", "贵公司", "贵行", "贵单位", "贵公司", "贵单位"]


def test_words_for_numbers_and_parts() -> None:
    """Runs are joined, parts are named, headings are counted."""
    assert numbers((9, 3, 5, 7, 8)) == "3、5、7至9"
    assert part_name("2/1") == "第2个附件内第1个文件"
    assert part_name("body-html") == "邮件正文"
    assert [chinese_number(n) for n in (1, 10, 11, 20, 64)] == ["一", "十", "十一", "二十", "六十四"]


def test_the_same_sent_again_is_told_with_the_first_time() -> None:
    """A second mail with the very passages of an earlier one is receipted as repeated; the first time stands."""
    month = sample.september()
    first = sample.filing_of(month, "县工信科局")
    later = first.received_at + timedelta(days=1)
    again = replace(first, filing=replace(first.filing, digest="e" * 64), received_at=later)
    month = replace(month, filings=(*month.filings, again))
    unit = sample.unit_of(month, "县工信科局")

    notice = letters.receipt(again, key="r", month=month, unit_month=unit, **KIT)
    assert "相同，以首次收到时间为准" in notice.text
    assert wording.moment(first.received_at, sample.OFFICE) in notice.text
    assert "相同，以首次" not in letters.receipt(first, key="r", month=month, unit_month=unit, **KIT).text


def test_a_confirmed_address_is_not_called_unknown() -> None:
    """What the office has answered is no longer said to be under examination."""
    month = sample.september()
    asked = Question(QuestionKind.SENDER, "d" * 64, "", "发件地址没有登记", "县工信科局", ("县工信科局",))
    filing = sample.filing_of(month, "县工信科局")
    filing = replace(filing, filing=replace(filing.filing, questions=(asked,)), open_questions=())
    unit = sample.unit_of(month, "县工信科局")

    assert "正在核实" not in letters.receipt(filing, key="r", month=month, unit_month=unit, **KIT).text
    waiting = replace(filing, open_questions=(asked,))
    assert "正在核实" in letters.receipt(waiting, key="r", month=month, unit_month=unit, **KIT).text


def test_a_question_offers_each_answer_once_and_in_words() -> None:
    """Months, items and kinds are said as a person says them; the suggestion is not offered a second time."""
    month = sample.september()
    filing = sample.filing_of(month, "县工信科局")
    questions = (
        Question(QuestionKind.PERIOD, "d" * 64, "", "月份不能确定。", "2022-09", ("2022-09", "2022-08")),
        Question(QuestionKind.KIND, "d" * 64, "", "性质不能确定。", "report", ("report", "correction")),
        Question(QuestionKind.MATCH, "d" * 64, "1 第3段", "任务不能确定。", "17", ("17", "16")),
        Question(QuestionKind.UNREADABLE, "d" * 64, "body#佐证 材料.rar", "只有链接。"),
        Question(QuestionKind.COPIES, "d" * 64, "1#印章", "印章是另一单位的。", "县工信科局"),
    )
    text = letters.question(filing, key="q", period="2022-09", at=month.at, questions=questions, **KIT).text
    assert "建议：2022年9月；其他可能：2022年8月" in text
    assert "建议：月报；其他可能：更正" in text
    assert "建议：任务17；其他可能：任务16" in text
    assert "邮件正文中的链接“佐证 材料.rar”" in text
    assert "第1个附件 印章" in text
    assert not re.search(r"body|report|2022-0", text.split("联系方式")[0])


def test_figures_stand_in_their_own_words() -> None:
    """A figure is shown with the clause it stands in, never under a name made up of pieces; one of a column by name."""
    text = "接入车辆189台，在线率99.1%；千兆用户较上月增加412户，总数达到1.07万户。"
    facts = tuple(
        replace(sample.fact(value, unit, of), text=said)
        for value, unit, of, said in (
            (189, "台", "接入车辆", "189台"), (99.1, "%", "线率", "99.1%"), (412, "户", "千兆用户", "412户"),
            (1.07, "万户", "千兆用户较上月增加", "1.07万户"), (61, "名", "货车司机", "61"),
        )
    )  # fmt: skip
    assert figures_of(text, facts) == (
        *("接入车辆189台", "在线率99.1%", "千兆用户较上月增加412户", "总数达到1.07万户", "货车司机61名"),
    )


def test_a_list_of_names_before_or_behind_a_figure_stays_whole() -> None:
    """What is listed with 、 is not cut through; figures listed with 、 stand apart."""
    text = "玉米、苹果政策性保险承保12.4万亩；下达资金5批次、846万元；为1830名签约的高血压、糖尿病患者开具长处方。"
    facts = tuple(
        replace(sample.fact(value, unit, ""), text=said)
        for value, unit, said in (
            (12.4, "万亩", "12.4万亩"), (5, "批次", "5批次"), (846, "万元", "846万元"), (1830, "名", "1830名"),
        )
    )  # fmt: skip
    assert figures_of(text, facts) == (
        *("玉米、苹果政策性保险承保12.4万亩", "下达资金5批次", "846万元", "为1830名签约的高血压、糖尿病患者开具长处方"),
    )
