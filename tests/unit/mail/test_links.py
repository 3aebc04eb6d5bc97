"""Large attachments that are only linked to are recognised with name, size and expiry."""

from __future__ import annotations

import time
from datetime import date

import pytest

from pipeline.mail import html, links
from pipeline.mail.parse import parse
from pipeline.mail.unpack import unpack
from pipeline.model import Trouble

CASES = [
    (
        "QQ",
        "从QQ邮箱发来的超大附件\n8月总结.rar (128.03M, 2020年11月27日 21:59 到期)进入下载页面：http://mail.qq.example/cgi-bin/ftnExs_download?k=5",
        ("8月总结.rar", "128.03M", date(2020, 11, 27)),
    ),
    (
        "NetEase",
        "从网易163邮箱发来的超大附件\n盖章扫描件.pdf (80.96M, 2026年8月17日 0:49 到期)\nhttps://mail.163.example/large-attachment-download/index.html?file=x",
        ("盖章扫描件.pdf", "80.96M", date(2026, 8, 17)),
    ),
    ("NetEase old", "http://fs.163.com/fs/display/?p=X-NETEASE-HUGE-ATTACHMENT&file=1&title=x", ("超大附件", "", None)),
    ("Baidu", "链接：https://pan.baidu.com/s/1abc 提取码：x1y2 文件 材料.zip", ("材料.zip", "", None)),
    (
        "Weixin mail",
        "请下载：总结 (定稿).docx 48.6MB https://wx.mail.qq.example/ftn/download?func=3&key=7 有效期至2022年12月20日",
        ("总结 (定稿).docx", "48.6M", date(2022, 12, 20)),
    ),
    (
        "never",
        "云附件 a.zip (1.2G, 无限期) https://dashi.163.com/html/cloud-attachment-download/?key=1",
        ("a.zip", "1.2G", None),
    ),
    ("online document", "台账在 https://docs.qq.com/sheet/DABC 请查看", ("在线文档", "", None)),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_linked_files(text: str, expected: tuple[str, str, date | None]) -> None:
    """Name, size and expiry are read from the words around the link."""
    assert [expected] == [(link.name, link.size, link.expires) for link in links.find(text)]


def test_one_page_linked_twice_is_one_file() -> None:
    """The address under the file's name and the same one written out below it tell of one file."""
    page = "mail.qq.example/cgi-bin/ftnExs_download?k=5c3x&code=abcd"
    text = f"超大附件 8月汇报.rar https://{page} (120.3M, 2022年10月5日 15:30 到期) 进入下载页面：http://{page}"
    (link,) = links.find(text)
    assert (link.name, link.expires) == ("8月汇报.rar", date(2022, 10, 5))


@pytest.mark.parametrize(
    "text",
    [
        "详见县政府网站 https://www.xian.example/art/2022/9/6/a.html",
        "政策解读下载 https://www.gov.example/doc.pdf",
        "附件太大，超大附件传不上去，只好分两封发。",
        "点此退订 http://edm.example/unsub?id=1",
    ],
)
def test_other_links_are_none(text: str) -> None:
    """A web page, an advert or the mere words are no missing file."""
    assert links.find(text) == ()


def test_html_links_and_quoted_ones() -> None:
    """A link in HTML is told once, with its place; one in the quoted history is not told again."""
    body = (
        '<p>附件较大：</p><div>📎 总结.zip 48.6M<br><a href="https://wx.mail.qq.example/ftn/download?k=1">进入下载页面</a>'
        " 过期时间：2022年12月20日</div>{}"
    )
    quoted = '<div class="gmail_quote">x <a href="https://pan.baidu.com/s/2">old.zip</a></div>'
    for tail in ("", quoted):
        data = b"From: a@b.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body.format(tail).encode()
        found = unpack(parse(data, digest="0" * 64)).unreadable
        assert [(each.part, each.name, each.trouble) for each in found] == [("body-html", "总结.zip", Trouble.LINK)]
        assert "2022年12月20日" in found[0].message
        assert "普通附件重新发送" in found[0].message


def test_link_in_a_forward_that_is_only_pointed_to() -> None:
    """见转发: then the link in the quoted half is what was sent."""
    body = "见转发。\n\n-----原始邮件-----\n发件人：x\n主题：y\n收件人：z\n\n总结.rar https://pan.baidu.com/s/1"
    data = b"From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + body.encode()
    assert [each.name for each in unpack(parse(data, digest="0" * 64)).unreadable] == ["总结.rar"]


def test_targets_stand_behind_their_words() -> None:
    """The text with targets shows where each link leads."""
    assert html.with_targets('<p>见 <a href="https://a.example/b">网盘</a> 完</p>') == "见 网盘 https://a.example/b 完"


@pytest.mark.parametrize(
    "unit", ["https://a ", "超大附件 http://pan.baidu.com/s/1\n", "a.", "2022年", "1.1", "aaaa ", "文件名"]
)
def test_time_grows_with_the_text(unit: str) -> None:
    """No text makes the search slow."""
    text = unit * (200_000 // len(unit)) + " https://pan.baidu.com/s/1"
    begun = time.process_time()
    links.find(text)
    assert time.process_time() - begun < 2
