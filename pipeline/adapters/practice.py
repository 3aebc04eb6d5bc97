"""A small mail with a Word file, a workbook and a body in two forms, made from nothing: the keeper warms up on it.

Contains no business logic.
"""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _package(main: str, content: str, **others: str) -> bytes:
    """An office file of a main part and its neighbours."""
    folder, _, name = main.partition("/")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", f'<Types xmlns="{_PACKAGE}/content-types"/>')
        arrow = f'<Relationship Id="r0" Type="{_OFFICE}/officeDocument" Target="{main}"/>'
        package.writestr("_rels/.rels", _relations(arrow))
        arrows = "".join(
            f'<Relationship Id="{key}" Type="{_OFFICE}/{key.rstrip("0123456789")}" Target="{key}.xml"/>'
            for key in others
        )
        package.writestr(f"{folder}/_rels/{name}.rels", _relations(arrows))
        package.writestr(main, content)
        for key, text in others.items():
            package.writestr(f"{folder}/{key}.xml", text)
    return stream.getvalue()


def _relations(arrows: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{arrows}</Relationships>'


def _word() -> bytes:
    look = '<w:rPr><w:rFonts w:eastAsia="仿宋"/><w:b/></w:rPr>'
    cell = "<w:tc><w:tcPr/><w:p><w:r><w:t>累计11个</w:t></w:r></w:p></w:tc>"
    listed = '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    return _package(
        "word/document.xml",
        f'<w:document xmlns:w="{_WORD}"><w:body><w:p>{listed}<w:r>{look}<w:t>八月进展</w:t></w:r></w:p>'
        f"<w:tbl><w:tr>{cell}{cell}</w:tr></w:tbl><w:sectPr/></w:body></w:document>",
        styles=f'<w:styles xmlns:w="{_WORD}"><w:style w:type="paragraph" w:default="1" w:styleId="a"/></w:styles>',
        numbering=f'<w:numbering xmlns:w="{_WORD}"><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0">'
        '<w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>',
    )


def _workbook() -> bytes:
    return _package(
        "xl/workbook.xml",
        f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets><sheet name="表" sheetId="1" r:id="worksheet1"/>'
        "</sheets></workbook>",
        worksheet1=f'<worksheet xmlns="{_SHEET}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>累计</t></is></c>'
        '<c r="B1" s="1"><v>0.886</v></c></row></sheetData></worksheet>',
        styles=f'<styleSheet xmlns="{_SHEET}"><cellXfs><xf numFmtId="0"/><xf numFmtId="10"/></cellXfs></styleSheet>',
    )


def practice_mail() -> bytes:
    """The mail."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "科长 <a@unit.example>", "b@office.example", "八月工作进展"
    mail["Date"] = "Mon, 05 Sep 2022 09:00:00 +0800"
    mail.set_content("领导好：现将本月进展报上。\n", charset="gb18030", cte="base64")
    mail.add_alternative("<p>领导好：现将本月进展报上。</p>", subtype="html", cte="base64")
    for data, name in ((_word(), "报告.docx"), (_workbook(), "报表.xlsx")):
        mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return bytes(mail)
