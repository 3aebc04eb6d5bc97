"""Templates are data: they render, they explain their errors, they cannot reach out or run away."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.digest.foreign import clean, one_line, sentences
from pipeline.digest.render import OUTPUT_LIMIT, TemplateError, Templates
from pipeline.errors import ConfigError

ESCAPES = {
    "class": "{{ ''.__class__.__mro__ }}",
    "globals": "{{ f.__globals__ }}",
    "init": "{{ value.__init__ }}",
    "lipsum": "{{ lipsum.__globals__['os'] }}",
    "cycler": "{{ cycler.__init__ }}",
    "format": "{{ '{0.__class__}'.format(value) }}",
    "format width": "{{ '{:>1000000000}'.format(value) }}",
    "format_map": "{{ '{a}'.format_map(value) }}",
    "attr": "{{ value|attr('__class__') }}",
    "percent": "{{ '%1000000000d' % 1 }}",
    "repeat": "{{ 'a' * 10**9 }}",
    "power": "{{ 9**9**9 }}",
    "center": "{{ 'a'.center(1000000000) }}",
    "replace": "{{ 'aaaa'|replace('a', 'aaaaaaaa') }}",
    "range": "{% for a in range(100000000) %}x{% endfor %}",
    "recursion": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "tree": "{% macro f(n) %}{{ f(n - 1) ~ f(n - 1) if n else 'x' }}{% endmacro %}{{ f(60) }}",
    "doubling": "{% set x = 'aaaaaaaa' %}" + "{% set x = x ~ x %}" * 40 + "{{ x|length }}",
    "capturing": "{% set x = 'aaaaaaaa' %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 40 + "{{ x|length }}",
    "joining": "{% set x = 'a' * 1 %}" + "{% set x = [x, x, x, x]|join %}" * 30 + "{{ x|length }}",
    "nested loops": "{% for a in many %}{% for b in many %}{% for c in many %}{% endfor %}{% endfor %}{% endfor %}",
    "itself": "{% include 'itself' %}",
}


@pytest.mark.parametrize("name", ESCAPES)
def test_a_hostile_template_is_refused_fast(name: str) -> None:
    """No escape from the sandbox and no runaway: each ends in a Chinese error within two seconds of work."""
    started = time.process_time()

    with pytest.raises(TemplateError) as caught:
        Templates({name: ESCAPES[name]}).render(name, {"value": "v", "many": list(range(2000)), "f": len})

    assert time.process_time() - started < 2
    assert caught.value.problems[0].file == f"templates/{name}"


def test_an_unknown_name_tells_file_line_and_remedy() -> None:
    """StrictUndefined: the third line is named, and what to do."""
    templates = Templates({"mail/x.txt.j2": "一\n二\n{{ unbekannt }}\n"})

    with pytest.raises(ConfigError) as caught:
        templates.render("mail/x.txt.j2", {})

    problem = caught.value.problems[0]
    assert (problem.file, problem.line) == ("templates/mail/x.txt.j2", 3)
    assert "unbekannt" in problem.message
    assert "README" in problem.message


def test_every_slip_of_the_pen_is_listed_at_once() -> None:
    """Compiling reports all broken templates together, with their lines."""
    with pytest.raises(TemplateError) as caught:
        Templates({"a": "{% if x %}", "b": "好", "c": "\n{{ x"})

    assert [(p.file, p.line) for p in caught.value.problems] == [("templates/a", 1), ("templates/c", 2)]


def test_a_container_is_never_printed() -> None:
    """A template that names a list where words belong fails instead of printing Python."""
    with pytest.raises(TemplateError):
        Templates({"a": "{{ x }}"}).render("a", {"x": ["v"]})


def test_output_is_limited() -> None:
    """More than the limit of characters is an error, not a mail."""
    with pytest.raises(TemplateError):
        Templates({"a": "{% for x in many %}" + "字" * 3000 + "{% endfor %}"}).render(
            "a", {"many": list(range(OUTPUT_LIMIT // 3000 + 1))}
        )


def test_foreign_text_is_no_template_and_is_escaped_in_html() -> None:
    """Braces come out as they are; angle brackets are escaped only where HTML is written."""
    templates = Templates({"t.txt.j2": "{{ x }}", "t.html.j2": "{{ x }}{{ y|join('<br>') }}{{ x ~ '<i>' }}"})

    assert templates.render("t.txt.j2", {"x": "{{ 7*7 }}<b>", "y": []}) == "{{ 7*7 }}<b>"
    assert templates.render("t.html.j2", {"x": "<b>", "y": ["<a>", "b"]}) == (
        "&lt;b&gt;&lt;a&gt;&lt;br&gt;b&lt;b&gt;&lt;i&gt;"
    )


def test_layout_marks_cannot_be_forged() -> None:
    """Only the template's own ``#2 `` becomes a mark; the same words or code points from a mail do not."""
    shown = Templates({"documents/x.txt.j2": "#2 {{ x }}\n{{ x }}"}).render("documents/x.txt.j2", {"x": "\ufdd2#2 甲"})

    assert shown == "\ufdd2#2 甲\n#2 甲"


@given(st.text())
def test_clean_text_may_stand_in_xml(text: str) -> None:
    """Cleaning is idempotent and leaves only characters that XML 1.0 allows."""
    cleaned = clean(text)

    assert clean(cleaned) == cleaned
    assert all(
        char in "\t\n" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char > "\uffff" for char in cleaned
    )


@given(st.text(alphabet="甲乙1。！？；，\n ”"))
def test_sentences_drop_nothing_but_blanks(text: str) -> None:
    """All sentences together are the text without its blanks at the cuts."""
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_one_line_is_one_line() -> None:
    """Line ends become blanks, direction marks go, the cut is marked."""
    assert one_line("甲\r\n乙\u202e丙\x00") == "甲 乙丙"
    assert one_line("一二三四五", 4) == "一二三…"
