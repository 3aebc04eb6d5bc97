"""What is composed is what is parsed, for any words."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.mail.compose import compose, message_id_for
from pipeline.mail.names import clean_name
from pipeline.mail.parse import parse
from pipeline.model import Address, Attachment, Notice, NoticeKind

WORDS = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")), max_size=120
)
NAMES = st.text(alphabet="总结报告县交通局8月（）()[]一二三abcXYZ019 -_.~'%&=?+,;䶮㙦", min_size=1, max_size=60)


@settings(deadline=None, max_examples=200)
@given(key=st.text(max_size=40), subject=WORDS, text=WORDS.filter(bool), name=NAMES, data=st.binary(max_size=200))
def test_compose_and_parse_are_inverse(key: str, subject: str, text: str, name: str, data: bytes) -> None:
    """Subject, body, file name and bytes come back; the bytes of the mail depend on nothing else."""
    label = f"{name}.docx"
    notice = Notice(
        key,
        NoticeKind.RECEIPT,
        "2022-08",
        "县文旅局",
        ("a@b.example",),
        (),
        subject,
        text,
        "<p>x</p>",
        (Attachment(label, "application/octet-stream", data),),
    )
    written = [
        compose(
            notice,
            sender=Address("office@163.example", "专班"),
            message_id=message_id_for(key, domain="163.example"),
            date=datetime(2022, 9, 8, tzinfo=UTC),
        )
        for _ in range(2)
    ]
    letter = parse(written[0], digest="0" * 64)
    files = [(part.name, part.data) for part in letter.parts if part.path == "1"]
    assert written[0] == written[1]
    assert subject.replace("=?", "= ?").strip() == letter.subject
    assert text.rstrip("\n") == letter.body.rstrip("\n")
    assert [(clean_name(label), data)] == files


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=300))
def test_clean_names_are_clean_and_stay_so(name: str) -> None:
    """Cleaning is idempotent, short, and leaves nothing that folders or terminals act on."""
    cleaned = clean_name(name)
    assert cleaned == clean_name(cleaned)
    assert len(cleaned) <= 120
    assert not set(cleaned) & set('/\\<>:"|?*\x00\n\r\x1b\u202e')
