"""Hostile office files (T24 to T28, T34): valid containers written part by part, with one trap each."""

from __future__ import annotations

import struct
from functools import lru_cache
from random import Random

from tests.hostile.generators.material import AWKWARD, File, Generator, with_files, zipped
from tests.hostile.generators.packed import raw_zip

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_LINES = (
    "夏县财政局2022年8月份工作情况报告",
    "一、留抵退税工作。本月办理23户，累计187户。",
    "县财政局",
    "2022年9月5日",
)


def docx_parts(*paragraphs: str) -> dict[str, str]:
    """Parts of a small docx."""
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in (*_LINES, *paragraphs))
    return {
        "[Content_Types].xml": _HEAD + '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override '
        'PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.'
        'styles+xml"/></Types>',
        "_rels/.rels": _HEAD
        + '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
        f'Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": _HEAD
        + '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
        f'Id="rId1" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "word/styles.xml": _HEAD + f"<w:styles {_W}/>",
        "word/document.xml": _HEAD + f"<w:document {_W} {_R}><w:body>{body}</w:body></w:document>",
    }


def xlsx_parts(rows: str, *, sheets: int = 1, more: str = "") -> dict[str, str]:
    """Parts of a small xlsx; every sheet holds the same rows."""
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="application/vnd.openxmlformats-'
        'officedocument.spreadsheetml.worksheet+xml"/>'
        for number in range(1, sheets + 1)
    )
    listed = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="rId{n}"/>' for n in range(1, sheets + 1))
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, sheets + 1)
    )
    sheet = _HEAD + f"<worksheet {_S} {_R}>{more}<sheetData>{rows}</sheetData></worksheet>"
    return {
        "[Content_Types].xml": _HEAD
        + '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.'
        f'openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>{types}</Types>',
        "_rels/.rels": _HEAD
        + '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
        f'Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": _HEAD
        + '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f"{relations}</Relationships>",
        "xl/workbook.xml": _HEAD + f"<workbook {_S} {_R}><sheets>{listed}</sheets></workbook>",
        **{f"xl/worksheets/sheet{number}.xml": sheet for number in range(1, sheets + 1)},
    }


def packed(parts: dict[str, str]) -> bytes:
    """Parts as a package."""
    return zipped({name: text.encode("utf-8", "replace") for name, text in parts.items()})


def _cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def row(number: int, *texts: str) -> str:
    """One row of inline texts."""
    cells = "".join(_cell(f"{chr(65 + column)}{number}", text) for column, text in enumerate(texts))
    return f'<row r="{number}">{cells}</row>'


_ROWS = row(1, "序号", "事项", "进展情况") + row(2, "1", "留抵退税", "本月办理23户，累计187户")

_BOMBS: tuple[str, ...] = (
    "<!DOCTYPE lolz ["
     '<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY l{n} "{"&" + (f"l{n - 1}" if n else "lol") + ";"}{("&" + (f"l{n - 1}" if n else "lol") + ";") * 9}">' for n in range(9))
    + "]>",
    '<!DOCTYPE q [<!ENTITY l8 "' + "a" * 60_000 + '">]>',
    '<!DOCTYPE x [<!ENTITY l8 SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:47809/x.dtd"> %p; <!ENTITY l8 "x">]>',
    '<!DOCTYPE x SYSTEM "http://127.0.0.1:47809/x.dtd" [<!ENTITY l8 "x">]>',
)  # fmt: skip


def entities(rng: Random) -> bytes:
    """T24: entity bombs and external entities in any part of a docx or xlsx, sometimes not in UTF-8."""
    parts = (
        docx_parts("&l8;" * rng.choice((1, 50))) if rng.random() < 0.5 else xlsx_parts(_ROWS.replace("留抵", "&l8;"))
    )
    name = rng.choice(tuple(parts))
    text = parts[name].replace(_HEAD, _HEAD + rng.choice(_BOMBS))
    blob = {other: content.encode() for other, content in parts.items()}
    coding = rng.choice(("utf-8", "utf-8", "utf-16", "utf-7"))
    blob[name] = text.replace("UTF-8", coding).replace(' standalone="yes"', "").encode(coding)
    return with_files(rng, File("8月报告" + (".docx" if "word/document.xml" in parts else ".xlsx"), zipped(blob)))


@lru_cache(maxsize=4)
def _huge(millions: int) -> bytes:
    text = docx_parts("")["word/document.xml"].replace("<w:t></w:t>", "<w:t>" + "a" * millions * 1_000_000 + "</w:t>")
    return packed({**docx_parts(), "word/document.xml": text})


def huge_text(rng: Random) -> bytes:
    """T25: one text node of many megabytes in a small file."""
    return with_files(rng, File("8月报告.docx", _huge(rng.choice((5, 60)))))


def lying_size(rng: Random) -> bytes:
    """T25: parts that declare another size than they have."""
    parts = docx_parts() if rng.random() < 0.5 else xlsx_parts(_ROWS)
    entries = [
        (name.encode(), text.encode(), 0, rng.choice((0, len(text.encode()), 4_000_000_000)), 0)
        for name, text in parts.items()
    ]
    return with_files(rng, File("8月报告.docx", raw_zip(entries)))


def far_cells(rng: Random) -> bytes:
    """T26: far cells, false dimensions, empty styled rows, merges and sheets without end."""
    match rng.randrange(6):
        case 0:
            parts = xlsx_parts(_ROWS + f'<row r="1048576">{_cell("XFD1048576", "远")}</row>')
        case 1:
            dimension = rng.choice(("A1", "A1:XFD1048576", "A1:A1048576", "B99", "", "x"))
            parts = xlsx_parts(_ROWS, more=f'<dimension ref="{dimension}"/>')
        case 2:
            parts = xlsx_parts(_ROWS + "".join(f'<row r="{n}" s="1" customFormat="1"/>' for n in range(3, 60_000)))
        case 3:
            merges = "".join(f'<mergeCell ref="A{n}:C{n}"/>' for n in range(1, 100_001))
            parts = xlsx_parts(_ROWS)
            parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(
                "</sheetData>", f'</sheetData><mergeCells count="100000">{merges}</mergeCells>'
            )
        case 4:
            parts = xlsx_parts(_ROWS, sheets=rng.choice((60, 800)))
        case _:
            cells = "".join(f'<c r="{_letters(column)}1"><v>1</v></c>' for column in range(16_384))
            parts = xlsx_parts(f'<row r="1">{cells}</row>' + _ROWS.replace('r="1"', 'r="3"'))
    return with_files(rng, File("8月台账.xlsx", packed(parts)))


def _letters(column: int) -> str:
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def odd_cells(rng: Random) -> bytes:
    """T26, T34: cells out of order, twice, of unknown types; shared strings out of range; formulas without value."""
    place = rng.choice(("A0", "A-1", "ZZZZZ1", "A99999999999", "1A", "", "A2", "a2"))
    kind = rng.choice(("s", "e", "b", "d", "str", "x", "n", "inlineStr"))
    value = rng.choice(("99999", "-1", "NaN", "1e999", "", "#REF!", "2022-99-99", "9" * 400, "true"))
    rows = (
        _ROWS
        + f'<row r="{rng.choice(("0", "2", "-5", "x", "9999999"))}"><c r="{place}" t="{kind}" s="99"><f>1/0</f><v>{value}</v></c></row>'
    )
    parts = xlsx_parts(rows)
    if rng.random() < 0.4:
        parts["xl/styles.xml"] = (
            _HEAD
            + f'<styleSheet {_S}><numFmts><numFmt numFmtId="99" formatCode="{"0" * 5000};[{"x" * 99}"/></numFmts></styleSheet>'
        )
    return with_files(rng, File("8月台账.xlsx", packed(parts)))


def tables(rng: Random) -> bytes:
    """T26: tables in tables, huge spans, a hundred thousand paragraphs."""
    match rng.randrange(4):
        case 0:
            inner = "<w:p/>"
            for _ in range(rng.choice((20, 200, 2000))):
                inner = f"<w:tbl><w:tr><w:tc>{inner}<w:p/></w:tc></w:tr></w:tbl>"
        case 1:
            span = rng.choice((10**4, 10**9, -1))
            cell = f'<w:tc><w:tcPr><w:gridSpan w:val="{span}"/></w:tcPr><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc>'
            inner = f"<w:tbl><w:tr>{cell}</w:tr></w:tbl>"
        case 2:
            inner = "<w:p><w:r><w:t>一、本月办理23户。</w:t></w:r></w:p>" * 30_000
        case _:
            inner = '<w:p><w:pPr><w:numPr><w:ilvl w:val="99"/><w:numId w:val="-7"/></w:numPr></w:pPr></w:p>' * 50
    parts = docx_parts()
    parts["word/document.xml"] = parts["word/document.xml"].replace("</w:body>", inner + "</w:body>")
    return with_files(rng, File("8月报告.docx", packed(parts)))


def outward(rng: Random) -> bytes:
    """T27, T28: remote templates, linked pictures, DDE, macros: nothing may be fetched or run."""
    target = rng.choice(
        ("http://127.0.0.1:47809/t.dotm", "file:///etc/passwd", "\\\\127.0.0.1\\share\\t.dotm", "ftp://127.0.0.1/x")
    )
    if rng.random() < 0.5:
        parts = docx_parts()
        kind = rng.choice(("attachedTemplate", "image", "oleObject", "frame", "subDocument", "hyperlink"))
        parts["word/_rels/document.xml.rels"] = parts["word/_rels/document.xml.rels"].replace(
            "</Relationships>",
            f'<Relationship Id="rId9" Type="{_OFFICE}/{kind}" Target="{target}" TargetMode="External"/></Relationships>',
        )
        code = rng.choice(
            (
                'DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc"',
                f'INCLUDEPICTURE "{target}" \\d',
                f'INCLUDETEXT "{target}"',
            )
        )
        parts["word/document.xml"] = (
            parts["word/document.xml"]
            .replace(
                "</w:body>",
                f"<w:p><w:r><w:instrText>{code.replace('&', '')}</w:instrText></w:r></w:p></w:body>".replace(
                    '"', "&quot;"
                ),
            )
            .replace(f"{_W.replace(chr(34), '&quot;')}", _W)
        )
        data = packed({**parts, "word/vbaProject.bin": "x" * 200})
        return with_files(rng, File("8月报告" + rng.choice((".docx", ".docm")), data))
    formula = rng.choice(("cmd|'/c calc'!A0", f'WEBSERVICE("{target}")'.replace('"', "&quot;"), "HYPERLINK(A1)"))
    rows = _ROWS + f'<row r="3"><c r="A3"><f>{formula}</f><v>1</v></c></row>'
    parts = xlsx_parts(rows)
    parts["xl/externalLinks/externalLink1.xml"] = _HEAD + f"<externalLink {_S}/>"
    parts["xl/externalLinks/_rels/externalLink1.xml.rels"] = (
        _HEAD + '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
        f'Id="rId1" Type="{_OFFICE}/externalLinkPath" Target="{target}" TargetMode="External"/></Relationships>'
    )
    return with_files(
        rng, File("8月台账" + rng.choice((".xlsx", ".xlsm")), packed({**parts, "xl/vbaProject.bin": "x"}))
    )


def old_office(rng: Random) -> bytes:
    """T23, T29, T33: OLE heads with nonsense behind them; rtf, html, mht and xml under office names."""
    match rng.randrange(7):
        case 0:
            head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
            data = head + rng.randbytes(rng.choice((20, 480, 3000)))
        case 1:
            loop = struct.pack("<I", 0) * 128
            head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
            tail = (
                struct.pack("<6x7I", 0, 1, 0, 0, 4096, 0, 0)
                + struct.pack("<2I", 0xFFFFFFFE, 0)
                + struct.pack("<I", 0) * 109
            )
            data = (head + tail)[:512].ljust(512, b"\0") + loop * 3
        case 2:
            data = b"{\\rtf1" + b"{" * rng.choice((50, 5000)) + "留抵退税".encode("gb18030") + b"\\bin99999999 x"
        case 3:
            data = (
                b"<html><meta http-equiv=refresh content='0;url=http://127.0.0.1:47809/'><iframe src=file:///etc/passwd>"
                + b"<table>" * rng.choice((10, 3000))
            )
        case 4:
            data = b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Location: file:///etc/passwd\r\n\r\n"
        case 5:
            data = (
                _HEAD.encode()
                + b'<?mso-application progid="Word.Document"?>'
                + rng.choice(_BOMBS).encode()
                + b"<w:wordDocument>&l8;</w:wordDocument>"
            )
        case _:
            data = b"\x09\x08\x10\x00\x00\x06\x05\x00" + rng.randbytes(400)
    return with_files(rng, File("8月报告" + rng.choice((".doc", ".xls", ".wps", ".et", ".docx")), data))


def two_truths(rng: Random) -> bytes:
    """T34: hidden sheets, rows and text, comments and text boxes, tracked changes inside one another."""
    awkward = rng.choice(AWKWARD).replace("&", "&amp;").replace("<", "&lt;")
    clean = "".join(sign for sign in awkward if sign.isprintable())[:500]
    body = (
        f'<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>{clean}</w:t></w:r></w:p><w:p><w:ins w:id="1"><w:del w:id="2"><w:r>'
        f"<w:delText>{clean}</w:delText></w:r></w:del></w:ins></w:p>"
    )
    parts = docx_parts()
    parts["word/document.xml"] = parts["word/document.xml"].replace("</w:body>", body + "</w:body>")
    hidden = xlsx_parts(_ROWS + f'<row r="4" hidden="1">{_cell("A4", clean)}</row>', sheets=2)
    hidden["xl/workbook.xml"] = hidden["xl/workbook.xml"].replace('name="S2"', 'name="S2" state="veryHidden"')
    return with_files(rng, File("8月报告.docx", packed(parts)), File("8月台账.xlsx", packed(hidden)))


def missing_parts(rng: Random) -> bytes:
    """Packages without their parts, with parts twice, with relations in a circle."""
    parts = docx_parts() if rng.random() < 0.5 else xlsx_parts(_ROWS)
    names = list(parts)
    for name in rng.sample(names, rng.randint(1, 3)):
        match rng.randrange(4):
            case 0:
                del parts[name]
            case 1:
                parts[name] = ""
            case 2:
                parts[name] = parts[name][: rng.randint(0, len(parts[name]))]
            case _:
                parts[name] = (
                    parts[name].replace("document.xml", "../_rels/.rels").replace("sheet1.xml", "../workbook.xml")
                )
    entries = [(name.encode(), text.encode(), 0, len(text.encode()), 0) for name, text in parts.items()]
    data = raw_zip(entries * rng.choice((1, 2))) if rng.random() < 0.5 else packed(parts)
    return with_files(rng, File("8月报告.docx", data))


def empty_stream(rng: Random) -> bytes:
    """Other formats in the zip family: ods, odt, pptx, ofd, xlsb, epub, with traps for whoever opens them."""
    kind = rng.choice(
        (
            "application/vnd.oasis.opendocument.spreadsheet",
            "application/vnd.oasis.opendocument.text",
            "application/epub+zip",
        )
    )
    cells = '<table:table-cell table:number-columns-repeated="1000000000" office:value="1"/>'
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><office:body><office:spreadsheet><table:table>'
        f'<table:table-row table:number-rows-repeated="1000000000">{cells}</table:table-row></table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    out = {"mimetype": kind.encode(), "content.xml": content.encode(), "META-INF/manifest.xml": b"<x/>"}
    if rng.random() < 0.3:
        out = {"OFD.xml": b"<OFD/>", "Doc_0/Document.xml": rng.choice(_BOMBS).encode() + b"<a>&l8;</a>"}
    if rng.random() < 0.2:
        out = {"ppt/presentation.xml": b"<p/>", "[Content_Types].xml": b"<Types/>", "ppt/slides/slide1.xml": b"<a"}
    return with_files(rng, File("8月报告" + rng.choice((".ods", ".odt", ".ofd", ".pptx", ".xlsb")), zipped(out)))


GENERATORS: tuple[tuple[str, Generator], ...] = (
    ("T24/entities", entities),
    ("T25/huge", huge_text),
    ("T25/lying", lying_size),
    ("T26/far", far_cells),
    ("T26/cells", odd_cells),
    ("T26/tables", tables),
    ("T27/outward", outward),
    ("T33/old", old_office),
    ("T34/truths", two_truths),
    ("T25/missing", missing_parts),
    ("T26/others", empty_stream),
)

__all__ = ["GENERATORS", "docx_parts", "packed", "row", "xlsx_parts"]
