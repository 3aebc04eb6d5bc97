"""What the sender wrote now is told apart from the older mail below it."""

# ruff: noqa: E501 - words of mailers stay on the line on which they stand

from __future__ import annotations

import time

import pytest

from pipeline.mail.html import to_text
from pipeline.mail.quote import own_words, split_html, strip_quoted_html

OWN = "补报我局8月情况：\n新建充电桩12个。"
OLD = "一、7月新建充电桩9个。"

HEADS = [
    (
        "QQ 2022",
        '------------------ 原始邮件 ------------------\n发件人: "a" <a@b.example>;\n发送时间: 2022年9月6日(星期二)\n收件人: "c"\n主题: 催报',
    ),
    (
        "QQ English",
        '------------------ Original ------------------\nFrom: "a"<a@b.example>;\nDate: Tue, Sep 6, 2022\nTo: "c"\nSubject: x',
    ),
    ("QQ with spaces", "------------------&nbsp;原始邮件&nbsp;------------------".replace("&nbsp;", "\u00a0")),
    ("by hand", "---------- 引用开始 ----------\n发件人：孙股长 <a@b.example>\n日期：2022-11-09 16:40\n主题：10月情况"),
    ("163 web", '在 2022-09-06 15:20:58，"服务业专班" <a@163.example> 写道：'),
    ("163 web, two lines", '在 2022-09-06 15:20:58，"服务业专班"\n<a@163.example> 写道：'),
    ("163 old", 'At 2022-09-06 15:20:58, "a" <a@163.example> wrote:'.replace("At", "On")),
    (
        "163 master",
        "---- 回复的原邮件 ----\n| 发件人 | a<a@163.example> |\n| 日期 | 2022年09月06日 15:20 |".replace(
            "回复的原邮件", "回复的邮件"
        ),
    ),
    (
        "Outlook",
        "________________________________\n发件人: 服务业专班 <a@163.example>\n发送时间: 2022年9月6日 15:20\n收件人: c\n主题: 催报",
    ),
    (
        "Outlook old",
        "-----邮件原件-----\n发件人: a [mailto:a@163.example]\n发送时间: 2022年9月6日 15:20\n收件人: c\n主题: x".replace(
            "邮件原件", "原始邮件"
        ),
    ),
    ("Outlook English", "From: a <a@163.example>\nSent: Tuesday, September 6, 2022 3:20 PM\nTo: c\nSubject: x"),
    ("Foxmail", "发件人： a@163.example\n发送时间： 2022-09-06 15:20\n收件人： c\n主题： 催报"),
    ("Gmail", "On Tue, Sep 6, 2022 at 3:20 PM a <a@163.example> wrote:"),
    ("Gmail Chinese", "服务业专班 <a@163.example> 于2022年9月6日周二 15:20写道："),
    ("Apple Chinese", "在 2022年9月6日，下午3:20，服务业专班 <a@163.example> 写道："),
    ("forwarded", "---------- Forwarded message ---------\nFrom: a <a@163.example>\nDate: x\nSubject: y\nTo: z"),
    ("-----转发邮件-----", "-----转发邮件-----"),
    (
        "Coremail",
        '-----原始邮件-----\n发件人:"a" <a@163.example>\n发送时间:2022-09-06 15:20:58 (星期二)\n收件人: c\n主题: x',
    ),
    (
        "Huawei phone",
        "-------- 原始邮件 --------\n发件人： a <a@163.example>\n日期： 2022年9月6日周二\n收件人： c\n主 题： x",
    ),
]


@pytest.mark.parametrize("head", [case[1] for case in HEADS], ids=[case[0] for case in HEADS])
def test_heads_of_quotations(head: str) -> None:
    """Every mailer's way of heading a quotation is known; both halves are kept."""
    own, quoted = own_words(f"{OWN}\n\n{head}\n\n{OLD}\n")
    assert (own, head.rsplit("\n", maxsplit=1)[-1] in quoted, OLD in quoted) == (OWN, True, True)


def test_angle_lines() -> None:
    """Lines with > are the older mail, answers between them are new."""
    own, quoted = own_words("> 8月新增多少？\n新增12个。\n> 9月呢？\n预计5个。\n")
    assert (own, quoted) == ("新增12个。\n预计5个。", "> 8月新增多少？\n> 9月呢？")


def test_answer_below_the_quotation() -> None:
    """Who answers under the quoted lines is heard, with and without a head above them."""
    own, quoted = own_words(
        "在 2022-09-06，a <a@b.example> 写道：\n> 8月新增多少？\n> 9月呢？\n\n新增12个。\n预计5个。"
    )
    assert (own, quoted.endswith("> 9月呢？")) == ("新增12个。\n预计5个。", True)
    html = '<div class="gmail_quote">On x wrote:<blockquote>OLD</blockquote></div><p>新增12个。</p>'
    assert tuple(to_text(each) for each in split_html(html)) == ("新增12个。", "On x wrote:\nOLD")


@pytest.mark.parametrize(
    "text",
    [
        "发件人：县交通局\n本月完成三项工作。",
        "会议时间：9月6日\n主题：推进会\n一、完成情况",
        "在9月6日的会上，局长写道的要求已落实。",
        "> 60%的任务完成",
        "从8月起，收件人：李某签收；主题公园建成。",
        "-----------------\n一、工作进展\n-----------------\n二、问题",
    ],
)
def test_reports_that_look_like_heads_stay_whole(text: str) -> None:
    """A single word of a mail head, a ruled line or one > is part of the report."""
    assert (text, "") == own_words(text)


def test_inline_forward_gives_the_report_in_the_second_half() -> None:
    """见转发: the own words only point, the quoted block holds the report."""
    own, quoted = own_words(f"见转发。\n\n-----原始邮件-----\n发件人：x <x@y.example>\n主题：总结\n\n{OLD}")
    assert (own, OLD in quoted) == ("见转发。", True)


HTML = [
    (
        "Gmail",
        '<div class="gmail_quote"><div class="gmail_attr">On x wrote:<br></div><blockquote>OLD</blockquote></div>',
    ),
    (
        "QQ",
        '<div style="font-size:12px;padding:2px 0"><span>------------------&nbsp;原始邮件&nbsp;------------------</span></div><div>发件人: a</div><div>OLD</div>',
    ),
    ("QQ new", '<div id="mail-editor-reference-message-container"><div>发件人: a</div>OLD</div>'),
    (
        "163",
        '<div id="divNeteaseMailCard"></div><br><pre>在 2022-09-06 15:20:58，"a" &lt;a@b.example&gt; 写道：</pre><blockquote id="isReplyContent" style="x">OLD</blockquote>',
    ),
    ("163 plain head", '<p>在 2022-09-06 15:20:58，"a" &lt;a@b.example&gt; 写道：</p><blockquote>OLD</blockquote>'),
    (
        "Outlook web",
        '<div id="appendonsend"></div><hr><div id="divRplyFwdMsg">发件人: a<br>发送时间: b</div><div>OLD</div>',
    ),
    (
        "Outlook",
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>发件人:</b> a<br><b>发送时间:</b> 2022<br><b>收件人:</b> c<br><b>主题:</b> x</p></div><p>OLD</p>',
    ),
    (
        "Foxmail",
        '<div style="border-top:1px"><div><div><b>发件人：</b>&nbsp;a</div><div><b>发送时间：</b>&nbsp;2022</div><div><b>收件人：</b>&nbsp;c</div><div><b>主题：</b>&nbsp;x</div></div></div><div>OLD</div>',
    ),
    (
        "Apple",
        '<div><br><blockquote type="cite"><div>在 2022年9月6日，a 写道：</div><br><div>OLD</div></blockquote></div>',
    ),
    (
        "mail master",
        '<div class="ntes_reply">---- 回复的原邮件 ----</div><div class="mailmaster-quote"><table><tr><td>OLD</td></tr></table></div>',
    ),
]


@pytest.mark.parametrize("quotation", [case[1] for case in HTML], ids=[case[0] for case in HTML])
def test_html_quotations(quotation: str) -> None:
    """The containers of the mailers go, with their head; the own table stays."""
    html = f"<html><body><div><p>OWN</p><table><tr><td>8月</td><td>12</td></tr></table></div>{quotation}</body></html>"
    own, quoted = split_html(html)
    assert (to_text(own).strip(), "OLD" in to_text(quoted)) == ("OWN\n8月\t12", True)


@pytest.mark.parametrize(
    "html",
    [
        "<p>一、进展</p><blockquote>缩进的一段，不是引用</blockquote><p>二、问题</p>",
        "<div>发件人：县交通局</div><p>本月完成三项</p>",
        "<table><tr><td>主题</td><td>时间</td></tr></table>",
        "",
    ],
)
def test_html_without_quotation_is_unchanged(html: str) -> None:
    """Nothing is taken from a report without a quotation."""
    assert html == strip_quoted_html(html)


@pytest.mark.parametrize(
    "unit",
    [
        "在 2022 ",
        "On Tue ",
        "> ",
        "-",
        "发件人: a\n",
        "a@b <a@b> ",
        "发件人:\n主题:\n",
        "\u00a0",
        "写道：",
        "_" * 9 + "\n",
    ],
)
def test_time_grows_with_the_text(unit: str) -> None:
    """No text makes the splitting slow."""
    text = unit * (200_000 // len(unit))
    begun = time.process_time()
    own_words(text)
    strip_quoted_html(f"<div>{text}</div>" + "<div>发件人: x<p>" * 200)
    assert time.process_time() - begun < 3


def test_text_of_tables() -> None:
    """A row of a ledger is one line though its cells hold paragraphs; a table that is page layout keeps its lines."""
    ledger = "<table><tr><td><p>任务</p></td><td><p>进展</p><p>良好</p></td></tr><tr><td><p>9</p></td><td><p>12个</p></td></tr></table>"
    assert to_text(ledger) == "任务\t进展 良好\n9\t12个"
    assert to_text("<table><tr><td><p>一、进展</p><p>二、问题</p></td></tr></table>") == "一、进展\n二、问题"
    assert to_text(f"<table><tr><td>左</td><td>{ledger}</td></tr></table>").endswith("9\t12个")
    assert to_text("<p>a</p><p style='display:none'>b</p><script>c</script>d<br>e") == "a\nd\ne"
