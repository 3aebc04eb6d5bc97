"""Awkward strings in every field of otherwise good reports (T9, T40, T41, T42, T47, T48)."""

from __future__ import annotations

import base64
from random import Random

from tests.hostile.generators.material import AWKWARD, REGISTERED, File, Generator, headers, with_files
from tests.hostile.generators.office import docx_parts, packed, row, xlsx_parts


def _xml(text: str) -> str:
    """Text for XML; what XML cannot hold is left out, as every writer of such files must."""
    kept = "".join(
        sign
        for sign in text
        if sign in "\t\n\r" or (sign >= " " and sign not in "\ufffe\uffff" and not "\ud800" <= sign <= "\udfff")
    )
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def report(text: str, rng: Random) -> bytes:
    """A good report of a registered unit with one awkward string in subject, names, sheets, progress and problems."""
    subject = b"=?utf-8?B?" + base64.b64encode(f"县财政局8月份工作情况 {text}"[:300].encode("utf-8", "replace")) + b"?="
    shown = b"=?utf-8?B?" + base64.b64encode(f"县财政局{text}"[:100].encode("utf-8", "replace")) + b"?="
    progress = f"一、留抵退税工作。本月办理留抵退税23户，{text}，累计187户。"
    problem = f"存在问题：{text}，人手不足。"
    next_step = f"下一步打算：{text}，继续推进。"
    parts = docx_parts(_xml(progress), _xml(problem), _xml(next_step))
    sheet = xlsx_parts(
        row(1, "序号", "事项", "进展情况", "存在问题") + row(2, "1", "留抵退税", _xml(progress), _xml(text))
    )
    sheet["xl/workbook.xml"] = sheet["xl/workbook.xml"].replace('name="S1"', f'name="{_xml(text)[:200]}"')
    name = text[:150].replace("\ud800", "")
    return with_files(
        rng,
        File(f"县财政局8月报告{name}.docx", packed(parts)),
        File(f"台账{name}.xlsx", packed(sheet)),
        body=f"{progress}\r\n{problem}\r\n{next_step}\r\n",
        subject=subject,
        sender=shown + b" <" + REGISTERED.encode() + b">",
    )


def everywhere(rng: Random) -> bytes:
    """One string in all fields at once."""
    return report(rng.choice(AWKWARD), rng)


def pages(rng: Random) -> bytes:
    """HTML bodies with live content and hidden text."""
    text = rng.choice(AWKWARD)
    html = (
        f"<html><body style='display:none'><p>{text}</p></body><body><table><tr><td>1</td><td>留抵退税</td><td>{text}本月23户"
        f"</td></tr></table><img src=http://127.0.0.1:47809/x><script>{text}</script><form action=http://127.0.0.1:47809/><input>"
    ) * rng.choice((1, 40))
    return b"\r\n".join(
        [*headers(rng), b"Content-Type: text/html; charset=utf-8", b"", html.encode("utf-8", "replace")]
    )


def repeated(rng: Random) -> bytes:
    """T32: the food of slow expressions, in the body: long runs that almost match."""
    piece = rng.choice(
        (
            "一、",
            "第",
            "1.",
            "8月",
            "2022年",
            "（一）",
            "a@",
            "累计",
            "：",
            "\u3000",
            "1,",
            "万元",
            "｜",
            "——",
            ">",
            "发件人：",
            "县",
            "0" * 9,
        )
    )
    body = piece * rng.choice((2_000, 30_000)) + rng.choice(("", "!", "\n", "户", "\u2028"))
    lines = body if rng.random() < 0.5 else "\r\n".join(body[at : at + 900] for at in range(0, len(body), 900))
    return with_files(rng, File("8月报告.txt", lines.encode()), body=lines[:20_000])


GENERATORS: tuple[tuple[str, Generator], ...] = (
    ("T40/everywhere", everywhere),
    ("T9/pages", pages),
    ("T32/repeated", repeated),
)
