"""Any bytes give a letter, the same one each time, and unpacking it never raises."""

from __future__ import annotations

import email
import email.policy
import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.mail.parse import parse
from pipeline.mail.quote import own_words, split_html
from pipeline.mail.screen import screen
from pipeline.mail.unpack import unpack
from pipeline.model import Letter

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
MAILS = sorted(CORPUS.glob("*/mails/*.eml"))
#: Heads of mails without the bulk of their attachments, so that mutations hit what is parsed.
SHORT = [path.read_bytes()[:6000] for path in MAILS]
QUIET = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def all_of_it(data: bytes) -> Letter:
    """Everything the room does with a mail; every piece of text must be storable."""
    letter = parse(data, digest=hashlib.sha256(data).hexdigest())
    found = unpack(letter)
    screen(letter, own=frozenset({"a@b.example"}), own_ids=frozenset())
    own_words(letter.body)
    split_html(letter.body)
    texts = [letter.subject, letter.body, letter.message_id, *letter.defects, *(part.name for part in found.parts)]
    texts += [each for pair in letter.headers for each in pair] + [each.message for each in found.unreadable]
    for text in texts:
        text.encode("utf-8")
        assert "\x00" not in text
    assert len({part.path for part in found.parts}) == len(found.parts)
    return letter


@QUIET
@given(st.binary(max_size=3000))
def test_random_bytes(data: bytes) -> None:
    """Random bytes are a letter."""
    assert all_of_it(data) == all_of_it(data)


PIECES = st.sampled_from(
    [
        *(
            b"From: a@b.example",
            b"Content-Type: multipart/mixed; boundary=B",
            b"--B",
            b"--B--",
            b"\n",
            b"\r\n",
            b"\n\n",
            b" ",
        ),
        *(
            b"Content-Type: message/rfc822",
            b"Content-Transfer-Encoding: base64",
            b"=?gbk?B?",
            b"?=",
            b"=?utf-8?Q?=E6",
            b"UEsDBA==",
        ),
        *(
            b"Content-Disposition: attachment; filename*0*=",
            b"''%E6%9C",
            b"begin 644 a\n",
            b"end",
            b"<html><div>",
            b"</div>",
        ),
        *(
            b"\xd6\xd0",
            b"\xe4\xb8",
            b"\x00",
            b"\xff\xfe",
            b";",
            b'"',
            b"\\",
            b":",
            b"Date: 2022",
            b"Received: ;",
            b"----",
            b"> ",
        ),
        *(
            "写道：".encode(),
            "发件人：".encode(),
            b"http://pan.baidu.com/s/1",
            b"(" * 30,
            b"charset=utf-7",
            b"charset=hz",
            b"~{",
            b"+",
        ),
    ]
)


@QUIET
@given(st.lists(PIECES, max_size=60))
def test_broken_pieces_of_mails(pieces: list[bytes]) -> None:
    """The words of mails in any disorder are a letter."""
    all_of_it(b"".join(pieces))


@QUIET
@given(st.sampled_from(SHORT), st.data())
def test_mutated_mails(data: bytes, draw: st.DataObject) -> None:
    """Real mails cut, flipped, doubled and mixed stay letters."""
    mutant = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 6))):
        at = draw.draw(st.integers(0, max(len(mutant) - 1, 0)))
        act = draw.draw(st.sampled_from(["flip", "cut", "insert", "copy"]))
        if act == "flip" and mutant:
            mutant[at] = draw.draw(st.integers(0, 255))
        elif act == "cut":
            del mutant[at : at + draw.draw(st.integers(1, 300))]
        elif act == "insert":
            mutant[at:at] = draw.draw(PIECES)
        else:
            mutant[at:at] = mutant[: draw.draw(st.integers(1, 400))]
    all_of_it(bytes(mutant))


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_attachments_are_byte_identical_to_the_standard_librarys(path: Path) -> None:
    """Our splitting gives the same octets as the standard library where that gives any."""
    data = path.read_bytes()
    ours = [part.data for part in parse(data, digest="0" * 64).parts if part.path not in {"body", "body-html"}]
    theirs = []
    for part in _leaves(email.message_from_bytes(data, policy=email.policy.compat32)):
        bare = part.get_content_type() in {"text/plain", "text/html"} and not part.get_filename()
        if part.get_content_type().startswith("message/"):
            continue
        if not bare or part.get_content_disposition() == "attachment":
            theirs.append(part.get_payload(decode=True))
    assert theirs == [each for each in ours if each in theirs]
    assert len(ours) >= len(theirs)


def _leaves(message: email.message.Message) -> list[email.message.Message]:
    """Leaves of a message, an enclosed mail being one."""
    if message.get_content_type().startswith("message/") or not message.is_multipart():
        return [message]
    return [leaf for child in message.get_payload() for leaf in _leaves(child)]
