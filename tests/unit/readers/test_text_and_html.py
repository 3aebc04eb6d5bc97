"""Plain text, csv, HTML and saved web pages."""

from __future__ import annotations

import base64
import io
import struct
import zipfile

import pytest

from pipeline.model import Document, Paragraph, Part, Table, Trouble, Unreadable
from pipeline.readers import Tools, read


def document(data: bytes, name: str = "文件") -> Document:
    """The document, which must be readable."""
    result = read(Part("1", name, "", data), Tools())
    assert isinstance(result, Document), result
    return result


def lines(found: Document) -> list[str]:
    """Labels and texts of the paragraphs."""
    return [block.label + block.text for block in found.blocks if isinstance(block, Paragraph)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_of_every_charset(encoding: str) -> None:
    """Chinese text is read in every charset that offices save in."""
    assert lines(document("八月新开通5G基站11个\r\n\r\n朱镕喆".encode(encoding))) == ["八月新开通5G基站11个", "朱镕喆"]


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_csv(separator: str) -> None:
    """Separated values are a table, numbers and quotes understood."""
    text = "\n".join(
        separator.join(row) for row in (("事项", "本月", "累计"), ("基站", '"1,011"', "96.3%"), ("贷款", "2", "3"))
    )
    (block,) = document(text.encode("gb18030"), "表.csv").blocks
    assert isinstance(block, Table)
    assert (block.height, block.width) == (3, 3)
    assert [(cell.text, cell.number) for cell in block.cells[4:6]] == [("1,011", 1011.0), ("96.3%", 96.3)]


def test_prose_is_no_csv() -> None:
    """Sentences with commas stay sentences."""
    assert isinstance(
        document("今年以来，完成投资3,200万元。\n新增主体12家，增长5%。\n下一步，继续推进。".encode()).blocks[0],
        Paragraph,
    )


def test_html_tables_and_hidden() -> None:
    """Spans make one cell; hidden elements and struck words are out."""
    page = (
        "<html><body><p>正文<span style='display:none'>隐藏</span><s>划掉</s></p>"
        "<table><tr><td rowspan=2>1</td><td>甲</td></tr>"
        "<tr><td>乙</td></tr></table></body></html>"
    )
    found = document(page.encode(), "台账.xls")
    paragraph, table = found.blocks
    assert isinstance(paragraph, Paragraph)
    assert isinstance(table, Table)
    assert paragraph.text == "正文"
    assert [(c.text, c.row, c.column, c.rows) for c in table.cells] == [
        ("1", 0, 0, 2),
        ("甲", 0, 1, 1),
        ("乙", 1, 1, 1),
    ]
    assert len(found.warnings) == 1


def test_html_lists_are_numbered() -> None:
    """Ordered lists show their numbers, in Chinese where the style says so."""
    page = (
        "<html><ol><li>甲</li><li>乙</li></ol>"
        "<ol style='list-style-type:cjk-ideographic' start=3><li>丙</li></ol></html>"
    )
    assert lines(document(page.encode())) == ["1.甲", "2.乙", "三、丙"]


@pytest.mark.parametrize("fold", [b" ", b'\r\n\ttype="text/html";\r\n\t'])
def test_mht_called_doc(fold: bytes) -> None:
    """A web page saved in one file reads like the page, the line of its boundary folded or not."""
    body = base64.encodebytes("<html><p>县局报告</p></html>".encode("gb18030"))
    data = (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related;" + fold + b'boundary="b"\r\n\r\n--b\r\n'
        b'Content-Type: text/html; charset="gb2312"\r\nContent-Transfer-Encoding: base64\r\n\r\n' + body + b"\r\n--b--"
    )
    assert lines(document(data, "报告.doc")) == ["县局报告"]


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        (b"", Trouble.EMPTY),
        (b"MZ\x90\x00" + bytes(200), Trouble.UNSUPPORTED),
        (b"PK\x03\x04garbage word/document", Trouble.DAMAGED),
        (b"%PDF-1.4 broken", Trouble.DAMAGED),
        (b"\x89PNG\r\n\x1a\nbroken", Trouble.DAMAGED),
        (bytes(range(256)) * 20, Trouble.DAMAGED),
    ],
)
def test_refusals_name_the_file_and_the_remedy(data: bytes, trouble: Trouble) -> None:
    """What cannot be read is refused in a Chinese sentence with the file's name and what to do."""
    result = read(Part("1", "报告.docx", "", data), Tools())
    assert isinstance(result, Unreadable)
    assert trouble is result.trouble
    assert "报告.docx" in result.message
    assert "请" in result.message


def compound(*names: str) -> bytes:
    """A compound file (MS-CFB) of empty streams with these names, as many as a sector holds."""
    free, end = 0xFFFFFFFF, 0xFFFFFFFE
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<9I", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<109I", 0, *[free] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, end, *[free] * 126)
    entries = b""
    for number, name in enumerate(("Root Entry", *names)):
        stored = name.encode("utf-16-le")
        below, beside = (1, free) if number == 0 else (free, number + 1 if number < len(names) else free)
        entries += stored.ljust(64, b"\0") + struct.pack(
            "<HBB3I", len(stored) + 2, 5 if number == 0 else 2, 1, free, beside, below
        )
        entries += bytes(36) + struct.pack("<IQ", end, 0)
    return head + table + entries.ljust(512, b"\0")


@pytest.mark.parametrize(
    ("streams", "trouble", "asked"),
    [
        (("EncryptionInfo", "EncryptedPackage"), Trouble.ENCRYPTED, "请取消密码后重新发送"),
        (("__substg1.0_0037001F", "__nameid_version1.0"), Trouble.UNSUPPORTED, "请把报告文件作为附件直接发送"),
    ],
)
def test_what_is_locked_or_a_mail_asks_for_what_helps(streams: tuple[str, ...], trouble: Trouble, asked: str) -> None:
    """An office file with a password asks for one without, a mail saved by Outlook for the report that it holds."""
    result = read(Part("1", "报告.dat", "", compound(*streams)), Tools())
    assert isinstance(result, Unreadable)
    assert (result.trouble, asked in result.message) == (trouble, True)


@pytest.mark.parametrize(
    ("name", "what", "ending"),
    [("报告.docx", "Word文档", "docx"), ("总结.WPS", "Word文档", "docx"), ("报表.xlsx", "Excel表格", "xlsx")],
)
def test_a_damaged_office_file_is_called_what_it_is_to_its_sender(name: str, what: str, ending: str) -> None:
    """Cut short, without its head, without its contents: no word of archives and parts, but what to send again."""
    for data in (b"PK\x03\x04garbage", b"PK\x03\x04garbage word/document", bytes(range(256)) * 20):
        result = read(Part("1", name, "", data), Tools())
        assert isinstance(result, Unreadable)
        assert result.trouble is Trouble.DAMAGED
        assert f"{what}已损坏" in result.message
        assert f"另存为{ending}后重新发送" in result.message
        assert "压缩" not in result.message


def test_empty_body_is_no_trouble() -> None:
    """A mail without words of its own is nothing to ask about."""
    assert Document("2/body", "正文.txt", "text", ()) == read(Part("2/body", "正文.txt", "", b"\n"), Tools())


def ofd(content: str) -> bytes:
    """An OFD file of one page."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr(
            "OFD.xml", '<o:OFD xmlns:o="http://www.ofdspec.org/2016"><o:DocRoot>Doc_0/Document.xml</o:DocRoot></o:OFD>'
        )
        archive.writestr(
            "Doc_0/Document.xml", '<o:D xmlns:o="http://www.ofdspec.org/2016"><o:Page BaseLoc="Pages/0.xml"/></o:D>'
        )
        archive.writestr("Doc_0/Pages/0.xml", f'<o:P xmlns:o="http://www.ofdspec.org/2016">{content}</o:P>')
    return stored.getvalue()


def test_ofd_text_is_read_by_its_places() -> None:
    """Text objects of an OFD page are lines at their places; without any the file is refused with a remedy."""
    line = '<o:TextObject Boundary="{0}"><o:TextCode>{1}</o:TextCode></o:TextObject>'
    content = line.format("32 60 40 5", "第二行") + line.format("20 30 90 5", "夏县示例局八月份总结")
    assert lines(document(ofd(content))) == ["夏县示例局八月份总结", "第二行"]
    refused = read(Part("1", "公文.ofd", "", ofd("")), Tools())
    assert isinstance(refused, Unreadable)
    assert Trouble.UNSUPPORTED is refused.trouble
