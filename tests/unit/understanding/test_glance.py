"""A mail is known at first sight, and where the rules see something else the likelier kind is taken and asked about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Filing, MailKind, QuestionKind
from pipeline.understanding import glance, votes
from pipeline.understanding.carriers import lay_open
from pipeline.understanding.reading import understand
from tests.support.knowledge import knowledge
from tests.support.mails import arrived, file

FISCAL = "xxczj@163.example"
#: Covering words and papers that none of the teaching mails has.
SEEN = (
    (
        MailKind.OTHER,
        "关于请示拨付经费的函",
        "呈上请示一份，请领导批示。",
        "关于申请设备购置经费的请示\n妥否，请批示。",
    ),
    (MailKind.OTHER, "联系人变动", "我局业务股小马调走了，以后服务业月报由小田对接，座机没变。", ""),
    (MailKind.OTHER, "下周二会议", "收到会议通知，我局由王副局长参加，特此回复。", ""),
    (MailKind.REPORT, "财政局10月份情况", "领导好，10月份的情况报上，请查收。", "夏县财政局10月份工作情况"),
    (MailKind.SUPPLEMENT, "再补一条", "昨天报的10月情况漏了一项，补在下面，其余不变：新增“展示板”挂牌企业6家。", ""),
    (MailKind.CORRECTION, "更正稿", "上午发的那份有两个数不对，请用这份替换，前一份作废。", "财政局10月份情况（更正）"),
)


def chances(subject: str, body: str, paper: str) -> dict[MailKind, float]:
    """How likely a mail is of each kind at first sight."""
    files = (file(f"{paper.partition(chr(10))[0]}.docx", paper),) if paper else ()
    mail = arrived(subject, body, *files, sender=FISCAL)
    known = knowledge()
    return glance.chances(glance.of(lay_open(mail.opened, knowledge=known), knowledge=known), lexicon=known.lexicon)


@pytest.mark.parametrize(("kind", "subject", "body", "paper"), SEEN)
def test_a_mail_is_known_by_its_subject_cover_and_openings(kind: MailKind, subject: str, body: str, paper: str) -> None:
    """Applications, changes of contacts and answers are no reports; additions and corrections are told apart."""
    heard = chances(subject, body, paper)
    assert max(heard, key=lambda one: heard[one]) is kind
    assert sum(heard.values()) == pytest.approx(1.0)


def test_the_classes_stand_in_the_order_of_their_weights() -> None:
    """What the file of weights names is what the program takes its classes for."""
    assert votes.kept(glance.WEIGHTS).classes == tuple(one.value for one in glance.CLASSES)


@given(st.text(max_size=600))
def test_long_covering_words_are_seen_from_both_ends(own: str) -> None:
    """Whatever stands in the middle of a long cover, its beginning and its end are looked at."""
    seen = glance.shortened(own)
    assert seen.startswith(own[: glance.BEGINNING])
    assert seen.endswith(own[-glance.END :])
    assert len(seen) <= glance.BEGINNING + glance.END + 1


def read(subject: str, body: str, *files: object) -> Filing:
    """The filing of a mail of the finance bureau."""
    mail = arrived(subject, body, *files, sender=FISCAL)  # type: ignore[arg-type]
    return understand(mail.opened, received_at=mail.received_at, screening=mail.screening, knowledge=knowledge(sent=()))


def test_a_number_of_a_telephone_put_right_is_no_correction() -> None:
    """更正为0359-… puts no report right: it is filed as another letter, and a person is asked."""
    told = (
        "县服务业发展领导小组办公室：\n9月13日我局报送的8月份报告中联系人的办公电话有误，更正为0359-8538126，"
        "手机号码不变。报告内容无变化，请在通讯录中修改。\n夏县财政局"
    )
    found = read("更正：财政局月报联系人电话", told)

    assert found.kind is MailKind.OTHER
    asked = [one for one in found.questions if one.kind is QuestionKind.KIND]
    assert [one.suggestion for one in asked] == ["other"]
    assert "写法不像报告" in asked[0].text


def test_an_addition_in_other_words_is_read_and_held() -> None:
    """What the rules take for no report and the first sight for an addition is read; it counts once a person agrees."""
    told = (
        "专项行动办：\n昨天报的8月情况漏了两项，现补充如下，原来报的不变：\n"
        "三保：8月份预留三保库款1.2个月，工资按时发到人。\n县财政局预算股"
    )
    found = read("补充：财政局8月份（漏报两项）", told)

    assert found.kind is MailKind.SUPPLEMENT
    assert found.records


def test_an_application_with_figures_is_no_report() -> None:
    """关于申请…的请示 is full of figures of what is wanted, and reports nothing."""
    paper = (
        "夏县财政局\n关于申请县域商业体系建设补助资金的请示\n县服务业发展领导小组办公室：\n"
        "我局拟实施冷链改造，占地6.8亩，计划新建气调库2座，总投资486万元。恳请补助120万元。\n妥否，请批示。\n2022年9月7日"
    )
    assert read("请示", "请示一份，请呈领导阅批。", file("请示.pdf", paper)).kind is MailKind.OTHER


def test_a_forwarded_notice_is_no_report() -> None:
    """A call for cases, in two lines of a title without a word for a report, is a notice."""
    paper = (
        "关于开展数字化场景应用典型案例\n征集活动的通知\n各县（市、区）委网信办：\n一、征集范围\n"
        "工业互联网、智慧文旅、智慧医疗、数字乡村等五个方向，每县报送不少于3个案例。\n二、工作要求\n"
        "请于9月25日前报送至指定邮箱，逾期不予受理。\n运城市委网信办\n2022年9月3日"
    )
    found = read("Fw: 关于开展案例征集活动的通知", "现将市里通知转给你们，请协助推荐。", file("通知.docx", paper))
    assert found.kind is MailKind.OTHER
    assert found.records == ()


def test_a_part_that_was_not_pasted_is_an_addition() -> None:
    """漏贴了，接在后头 says in everyday words that the report stands and something is added."""
    told = (
        "上午发您的8月份材料，国库那边的内容漏贴了，整份就不用换了吧，您帮忙接在后头：\n"
        "普惠性纾困这块——为38户餐饮、零售商户办理房租减免63.5万元。\n县财政局 尤"
    )
    assert read("上午那份还差一块", told).kind is MailKind.SUPPLEMENT


def test_what_was_sent_in_haste_is_replaced() -> None:
    """刚才那个扔了，用这个换上 takes the place of the mail before."""
    body = "刚才那个发急了，把63.5万元打成了635万元。刚才那个扔了吧，用这个换上。\n杨"
    paper = (
        "夏县财政局8月份服务业重点任务进展\n一、落实普惠性纾困政策：减免房租63.5万元，惠及商户38户。\n"
        "二、困难：资金紧。\n夏县财政局\n2022年9月5日"
    )
    assert read("把刚才那个扔了", body, file("进展.docx", paper)).kind is MailKind.CORRECTION


def test_what_may_be_an_addition_is_asked_about() -> None:
    """上次的材料不变，再给记上两件 is taken for what it looks like most, and a person decides."""
    told = (
        "主任您好：\n上周四那份8月份的材料不变，那个数也对着呢。今天又碰出两件8月份干成的事，麻烦给我们一块儿记上：\n"
        "1、普惠性纾困：为38户餐饮商户减免房租63.5万元。\n2、直接融资：新增挂牌企业1家。\n县财政局"
    )
    found = read("再啰嗦两句", told)

    assert found.kind is MailKind.SUPPLEMENT or any(one.kind is QuestionKind.KIND for one in found.questions)
