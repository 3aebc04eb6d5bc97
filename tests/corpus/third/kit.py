# ruff: noqa: ANN001, ANN002, ANN201, ANN204, D102, D103, PLW2901, N806 -- a writer of test mails, read beside what it writes
"""Turn marked-up Chinese passages into office files, pictures and raw mails together with their labels.

A figure is marked in a passage as ``[6家|新办企业]`` or, where words differ from figures, ``[六家=6家|新办企业]``;
the mark is taken out of what the reader sees and becomes a quantity of the label.
"""

import io
import math
import random
import re
import subprocess
import tempfile
import zipfile
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import docx
import numpy as np
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt, RGBColor
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

MARK = re.compile(r"\[([^\[\]|]+?)(?:=([^\[\]|]+))?\|([^\[\]|]*)\]")
FIGURE = re.compile(r"^([\d.]+)(?:余|多)?(.*)$")
SONG = ("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc", 2)
SONGB = ("/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc", 2)
HEI = ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2)
HEIB = ("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc", 2)
KAI = ("/usr/share/fonts/truetype/arphic-gkai00mp/gkai00mp.ttf", 0)
WQY = ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 0)
CST = ZoneInfo("Asia/Shanghai")
BOX = "fwytzzx2022bs@163.example"


def show(text):
    """The passage as people see it."""
    return MARK.sub(r"\1", text)


def figures(text):
    """The quantities marked in the passage, in order."""
    found = []
    for seen, meant, of in MARK.findall(text):
        match = FIGURE.match(meant or seen)
        value = float(match[1])
        found.append({"value": int(value) if value == int(value) else value, "unit": match[2], "of": of})
    return found


def item(number, status, text, extra=""):
    """One item of a label; ``extra`` holds marked figures that stand in columns of their own."""
    return {"item": number, "progress": show(text), "status": status, "quantities": figures(text) + figures(extra)}


def point(text, *items):
    """A problem or a next step."""
    return {"text": show(text), "items": list(items)}


# ---------------------------------------------------------------- office files


def same_time(data):
    """Pack a zip file anew without the clock in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = old.read(name)
            if name == "docProps/core.xml":
                body = re.sub(rb"20\d\d-\d\d-\d\dT[\d:]+Z", b"2022-09-01T00:00:00Z", body)
            new.writestr(zipfile.ZipInfo(name, (2022, 9, 1, 0, 0, 0)), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()


class Doc:
    """A Word file being written."""

    def __init__(self, header=None, font="仿宋"):
        self.doc = docx.Document()
        self.font = font
        style = self.doc.styles["Normal"]
        style.font.name = font
        style.font.size = Pt(14)
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
        if header:
            self.doc.sections[0].header.paragraphs[0].text = header

    def title(self, text, *, red=False):
        p = self.doc.add_paragraph()
        p.alignment = WD_ALIGN_PARAGRAPH.CENTER
        r = p.add_run(text)
        r.bold = True
        r.font.size = Pt(26 if red else 20)
        if red:
            r.font.color.rgb = RGBColor(220, 0, 0)
        return self

    def p(self, text, *, bold=False, right=False, indent=True):
        p = self.doc.add_paragraph()
        if right:
            p.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        elif indent:
            p.paragraph_format.first_line_indent = Pt(28)
        p.add_run(show(text)).bold = bold
        return self

    def lead(self, head, text):
        p = self.doc.add_paragraph()
        p.paragraph_format.first_line_indent = Pt(28)
        p.add_run(head).bold = True
        p.add_run(show(text))
        return self

    def numbering(self, fmt, text):
        """A fresh numbering definition; the numbers exist only as Word's own."""
        part = self.doc.part.numbering_part.element
        n = 40 + len(part.findall(qn("w:abstractNum")))
        abstract = parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{n}"><w:multiLevelType w:val="singleLevel"/>'
            f'<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="{fmt}"/><w:suff w:val="nothing"/>'
            f'<w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/></w:lvl></w:abstractNum>'
        )
        part.insert(0, abstract)
        part.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="{n}"><w:abstractNumId w:val="{n}"/></w:num>'))
        return n

    def auto(self, num, text, head=""):
        p = self.doc.add_paragraph()
        p._p.get_or_add_pPr().append(
            parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="{num}"/></w:numPr>')
        )
        if head:
            p.add_run(head).bold = True
        p.add_run(show(text))
        return self

    def tracked(self, *parts):
        """A paragraph of ("", text), ("ins", text) and ("del", text)."""
        p = self.doc.add_paragraph()
        p.paragraph_format.first_line_indent = Pt(28)
        for i, (how, text) in enumerate(parts):
            text = show(text)
            if not how:
                p.add_run(text)
                continue
            tag = "delText" if how == "del" else "t"
            p._p.append(
                parse_xml(
                    f'<w:{how} {nsdecls("w")} w:id="{900 + i}" w:author="office" w:date="2022-09-08T09:00:00Z">'
                    f'<w:r><w:{tag} xml:space="preserve">{text}</w:{tag}></w:r></w:{how}>'
                )
            )
        return self

    def box(self, text):
        """A text box (VML, as old WPS writes it)."""
        p = self.doc.add_paragraph()
        p.add_run()._r.append(
            parse_xml(
                f'<w:pict {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml">'
                '<v:shape type="#_x0000_t202" style="width:400pt;height:70pt"><v:textbox><w:txbxContent>'
                f"<w:p><w:r><w:t>{show(text)}</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict>"
            )
        )
        return self

    def table(self, rows, merges=()):
        t = self.doc.add_table(rows=len(rows), cols=max(len(r) for r in rows))
        t.style = "Table Grid"
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if cell is not None:
                    t.cell(r, c).text = show(str(cell))
        for a, b in merges:
            t.cell(*a).merge(t.cell(*b))
        return self

    def bytes(self):
        out = io.BytesIO()
        self.doc.save(out)
        return same_time(out.getvalue())


def book_bytes(book):
    """An openpyxl workbook as bytes without the clock in them."""
    out = io.BytesIO()
    book.save(out)
    return same_time(out.getvalue())


def convert(data, old, new):
    """Let LibreOffice write the file in another format."""
    with tempfile.TemporaryDirectory() as tmp:
        source = Path(tmp) / f"a.{old}"
        source.write_bytes(data)
        subprocess.run(
            [
                "soffice",
                "-env:UserInstallation=file:///tmp/third_lo",
                "--headless",
                "--convert-to",
                new,
                "--outdir",
                tmp,
                str(source),
            ],
            check=True,
            capture_output=True,
            timeout=180,
        )
        made = (Path(tmp) / f"a.{new}").read_bytes()
    if new == "pdf":
        made = re.sub(rb"/CreationDate\(D:\d{14}", b"/CreationDate(D:20220901000000", made)
        made = re.sub(rb"<[0-9A-F]{32}>", b"<" + b"0" * 32 + b">", made)
        made = re.sub(rb"/DocChecksum /[0-9A-F]{32}", b"/DocChecksum /" + b"0" * 32, made)
    return made


def zipped(files, charset="gbk"):
    """A zip whose names are raw bytes of ``charset`` without the UTF-8 flag."""
    out = io.BytesIO()
    stand = {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for i, (name, data) in enumerate(files):
            raw = name.encode(charset)
            holder = f"{i:02d}".ljust(len(raw), "~")
            stand[holder.encode()] = raw
            z.writestr(zipfile.ZipInfo(holder, (2023, 2, 8, 9, 0, 0)), data)
    packed = out.getvalue()
    for holder, raw in stand.items():
        packed = packed.replace(holder, raw)
    return packed


# ---------------------------------------------------------------- pictures


def font(which, size):
    return ImageFont.truetype(which[0], size, index=which[1])


def wrap(text, face, width):
    """Lines of the text, at most ``width`` pixels wide, no mark at a line's head."""
    lines, line = [], ""
    for ch in text:
        if face.getlength(line + ch) > width and ch not in "，。；、：”）":
            lines.append(line)
            line = ""
        line += ch
    return [*lines, line]


def seal(name, size=330, seed=1):
    """A round red seal: ring, name along it, star, uneven ink."""
    big = size * 2
    img = Image.new("L", (big, big), 0)
    d = ImageDraw.Draw(img)
    d.ellipse((8, 8, big - 8, big - 8), outline=255, width=18)
    c, r = big / 2, big * 0.15
    d.polygon(
        [
            (
                c + (r if k % 2 == 0 else r * 0.39) * math.sin(math.pi * k / 5),
                c - (r if k % 2 == 0 else r * 0.39) * math.cos(math.pi * k / 5),
            )
            for k in range(10)
        ],
        fill=255,
    )
    face = font(SONGB, int(big * (0.13 if len(name) < 12 else 0.1)))
    span = min(270, 24 * len(name))
    for i, ch in enumerate(name):
        angle = -span / 2 + span * i / max(1, len(name) - 1)
        glyph = Image.new("L", (big, big), 0)
        ImageDraw.Draw(glyph).text((c, big * 0.125), ch, font=face, fill=255, anchor="mm")
        img = ImageChops.lighter(img, glyph.rotate(-angle, center=(c, c), resample=Image.Resampling.BICUBIC))
    img = img.resize((size, size), Image.Resampling.LANCZOS)
    ink = np.random.default_rng(seed).integers(150, 256, (size // 6, size // 6)).astype("uint8")
    ink = Image.fromarray(ink).resize((size, size), Image.Resampling.BICUBIC)
    return Image.merge(
        "RGBA", [Image.new("L", (size, size), v) for v in (205, 30, 35)] + [ImageChops.multiply(img, ink)]
    )


def page(blocks, *, stamp=None, red_head=None, body=SONG, size=34, seed=1, height=1754):
    """An A4 page of blocks ``(kind, text)``: title, p, head, right, plain."""
    img = Image.new("RGB", (1240, height), (253, 253, 251))
    d = ImageDraw.Draw(img)
    y, left, width = 110, 135, 970
    if red_head:
        d.text((620, y + 30), red_head, font=font(SONGB, 76), fill=(214, 20, 24), anchor="mm")
        d.line((left, y + 110, left + width, y + 110), fill=(214, 20, 24), width=5)
        y += 160
    last = None
    for kind, raw in blocks:
        text = show(raw)
        if kind == "title":
            face = font(SONGB, 46)
            for line in wrap(text, face, width):
                d.text((620, y), line, font=face, fill=(20, 20, 20), anchor="ma")
                y += 68
            y += 16
        elif kind == "right":
            d.text((left + width - 60, y), text, font=font(body, size), fill=(25, 25, 25), anchor="ra")
            last = (left + width - 60, y)
            y += int(size * 1.6)
        else:
            face = font(HEIB if kind == "head" else body, size)
            for line in wrap(("" if kind == "plain" else "　　") + text, face, width):
                d.text((left, y), line, font=face, fill=(25, 25, 25))
                y += int(size * 1.62)
    assert y < height - 20, y
    if stamp:
        mark = seal(stamp, seed=seed)
        x, y = last or (900, y)
        img.paste(mark, (x - 330, max(0, y - 230)), mark)
    return img


def scan(img, seed=1, angle=0.4):
    """What an office scanner makes of the page."""
    rng = np.random.default_rng(seed)
    img = img.rotate(angle, fillcolor=(250, 250, 250), resample=Image.Resampling.BICUBIC)
    a = np.asarray(img).astype("int16") + rng.normal(0, 5, (img.height, img.width, 1)).astype("int16")
    return Image.fromarray(a.clip(0, 255).astype("uint8")).filter(ImageFilter.GaussianBlur(0.5))


def photo(img, seed=1, lean=26):
    """What a phone makes of the page on a desk: perspective, uneven light, grain."""
    rng = np.random.default_rng(seed)
    w, h = img.size
    W, H = w + 220, h + 240
    corners = [
        (110 + rng.integers(0, lean), 110 + rng.integers(0, lean)),
        (110 + w - rng.integers(0, lean), 120 + rng.integers(0, lean)),
        (115 + w + rng.integers(0, lean), 110 + h + rng.integers(0, lean)),
        (100 - rng.integers(0, lean), 120 + h),
    ]
    rows, rhs = [], []
    for (X, Y), (x, y) in zip(corners, [(0, 0), (w, 0), (w, h), (0, h)], strict=True):
        rows += [[X, Y, 1, 0, 0, 0, -x * X, -x * Y], [0, 0, 0, X, Y, 1, -y * X, -y * Y]]
        rhs += [x, y]
    coeff = np.linalg.solve(np.array(rows, float), np.array(rhs, float))
    desk = np.full((H, W, 3), (120, 92, 66), "float64") + rng.normal(0, 6, (H, W, 1))
    desk = Image.fromarray(desk.clip(0, 255).astype("uint8"))
    flat = img.transform((W, H), Image.Transform.PERSPECTIVE, coeff, Image.Resampling.BICUBIC)
    mask = Image.new("L", (w, h), 255).transform((W, H), Image.Transform.PERSPECTIVE, coeff)
    desk.paste(flat, (0, 0), mask)
    yy, xx = np.mgrid[0:H, 0:W]
    light = 1.04 - 0.26 * (xx / W) * 0.7 - 0.14 * (yy / H)
    a = np.asarray(desk).astype("float64") * light[..., None] * np.array([1.0, 0.975, 0.92]) + rng.normal(
        0, 5, (H, W, 1)
    )
    return Image.fromarray(a.clip(0, 255).astype("uint8")).filter(ImageFilter.GaussianBlur(0.8))


def jpeg(img, quality=82):
    out = io.BytesIO()
    img.save(out, "JPEG", quality=quality)
    return out.getvalue()


def picture_pdf(*images):
    """A scanner's PDF: pictures only."""
    out = io.BytesIO()
    stamp = datetime(2022, 9, 1, tzinfo=CST).timetuple()
    images[0].save(
        out, "PDF", save_all=True, append_images=list(images[1:]), resolution=150, creationDate=stamp, modDate=stamp
    )
    return out.getvalue()


# ---------------------------------------------------------------- mails

KINDS = {
    "docx": ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "doc": ("application", "msword"),
    "xls": ("application", "vnd.ms-excel"),
    "pdf": ("application", "pdf"),
    "jpg": ("image", "jpeg"),
    "zip": ("application", "zip"),
    "csv": ("text", "csv"),
}


def when(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=CST)


def letter(sender, name, subject, date, *, text=None, html=None, files=(), charset="utf-8", ident="", extra=()):
    """A mail before it is sent."""
    m = EmailMessage(policy=policy.SMTP)
    m["From"] = f"{name} <{sender}>" if name else sender
    m["To"] = BOX
    m["Subject"] = subject
    m["Date"] = format_datetime(when(date))
    m["Message-ID"] = (
        f"<{ident or sender.split('@')[0]}.{date.replace(' ', '').replace(':', '')}@{sender.split('@')[1]}>"
    )
    for key, value in extra:
        m[key] = value
    if text is not None:
        m.set_content(text, charset=charset, cte="base64")
        if html is not None:
            m.add_alternative(html, subtype="html", charset=charset, cte="base64")
    elif html is not None:
        m.set_content(html, subtype="html", charset=charset, cte="base64")
    elif files:
        m.make_mixed()
    for fname, data in files:
        if isinstance(data, EmailMessage):
            m.add_attachment(data)
            continue
        major, minor = KINDS.get(fname.rsplit(".", 1)[-1].lower(), ("application", "octet-stream"))
        m.add_attachment(data, maintype=major, subtype=minor, filename=fname)
    return m


def arrived(m, date, seed):
    """The mail's bytes with the collecting server's trace on top."""
    random.seed(seed)
    host = re.search(r"@([\w.]+)", m["From"] or "postmaster@mail.example")[1]
    stamp = when(date).strftime("%a, %d %b %Y %H:%M:%S +0800 (CST)")
    top = (
        f"Received: from mail.{host} (unknown [10.20.{seed % 250}.{seed * 7 % 250}])\r\n"
        f"\tby mx{seed % 9}.163.example (Coremail) with SMTP id wAC{seed:04d}xN9;\r\n\t{stamp}\r\n"
    )
    if m["Message-ID"] and "\n" in m["Message-ID"]:
        raise ValueError(m["Message-ID"])
    return top.encode() + m.as_bytes()


def label(kind, unit, period, tricky, *, items=(), problems=(), next_steps=(), off_plan=(), stamped=False):
    return {
        "kind": kind,
        "unit": unit,
        "period": period,
        "stamped": stamped,
        "items": sorted(items, key=lambda i: i["item"]),
        "problems": list(problems),
        "next_steps": list(next_steps),
        "off_plan": [show(o) for o in off_plan],
        "tricky": tricky,
    }
