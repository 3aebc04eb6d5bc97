"""The pages are true: every command, setting, error, room and picture stands there, and links lead somewhere."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import click
import pytest
from PIL import Image
from ruamel.yaml import YAML

import run
from pipeline import errors
from pipeline.cli import yuebao
from pipeline.model import NoticeKind

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / name for name in ("README.md", "README.zh.md", "CHANGELOG.md")] + list(DOCS.rglob("*.md")))
MANUAL = (DOCS / "操作手册.md").read_text(encoding="utf-8")
ARCHITECTURE = (DOCS / "architecture.md").read_text(encoding="utf-8")
READMES = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md")]

_LINK = re.compile(r"(?<!`)\[[^\]\n]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name_of(path: Path) -> str:
    """A page's name in the list of cases."""
    return path.relative_to(ROOT).as_posix()


def commands(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command and group below a group, as typed."""
    for name, command in sorted(group.commands.items()):
        yield " ".join((*words, name)), command
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))


COMMANDS = dict(commands(yuebao))


def keys_of(value: object, above: str = "") -> Iterator[tuple[str, str]]:
    """Every key of a configuration file with the key above it; rows of a list speak for each other."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key), above
            yield from keys_of(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner, above)


def settings() -> list[tuple[str, str, str]]:
    """(file, key, key above) of the files that an office edits by hand."""
    found = set()
    for name in ("office.yaml", "routing.yaml", "units.yaml", "calendar.yaml"):
        data = YAML(typ="safe").load((ROOT / "config" / name).read_text(encoding="utf-8"))
        found |= {(name, key, above) for key, above in keys_of(data)}
    return sorted(found)


@pytest.mark.parametrize("words", COMMANDS, ids=str)
def test_every_command_has_help_in_chinese(words: str) -> None:
    """A clerk who types --help after any command reads a Chinese sentence."""
    assert re.search(r"[\u4e00-\u9fff]", COMMANDS[words].help or ""), words


@pytest.mark.parametrize("words", [words for words, one in COMMANDS.items() if not isinstance(one, click.Group)])
def test_every_command_stands_in_the_manual(words: str) -> None:
    """The list of commands in the manual is whole."""
    assert f"| `yuebao {words}` |" in MANUAL


def test_the_manual_names_no_command_that_does_not_exist() -> None:
    """Whoever follows the manual never meets "no such command"."""
    told = set(re.findall(r"^\| `yuebao ([a-z ]+)` \|", MANUAL, re.MULTILINE))
    assert {words for words, one in COMMANDS.items() if not isinstance(one, click.Group)} == told


def test_every_option_in_the_manual_exists() -> None:
    """An option that the manual shows is one that some command takes."""
    known = {option for one in COMMANDS.values() for part in one.params for option in part.opts}
    known |= {option for part in yuebao.params for option in part.opts} | {"--help"}
    assert set(re.findall(r"(?<![\w-])--[a-z]+(?:-[a-z]+)*", MANUAL)) - known == set()


@pytest.mark.parametrize(("file", "key", "above"), settings())
def test_every_setting_stands_in_the_manual(file: str, key: str, above: str) -> None:
    """Each key of the files that the office edits is explained, in that file's section."""
    section = MANUAL.partition(f"### config/{file}")[2].partition("\n### ")[0]
    assert f"`{key}`" in section or f"`{above}.{key}`" in section or f"`{key}." in section or f"`{{{key}:" in section


@pytest.mark.parametrize("kind", [kind for kind in NoticeKind if (ROOT / f"templates/mail/{kind}.txt.j2").exists()])
def test_every_kind_of_letter_has_both_templates(kind: NoticeKind) -> None:
    """What the architecture says of letters holds: a text and an HTML template each."""
    assert (ROOT / f"templates/mail/{kind}.html.j2").exists()


@pytest.mark.parametrize(
    "name",
    [name for name, value in vars(errors).items() if isinstance(value, type) and value.__module__ == errors.__name__],
)
def test_every_error_stands_in_the_architecture(name: str) -> None:
    """The table of errors is whole."""
    assert f"`{name}`" in ARCHITECTURE


@pytest.mark.parametrize(
    "room",
    sorted(
        f"{path.name}/" if path.is_dir() else path.name
        for path in (ROOT / "pipeline").iterdir()
        if (path.is_dir() and (path / "__init__.py").exists()) or (path.suffix == ".py" and path.name != "__init__.py")
    ),
)
def test_every_room_stands_in_the_architecture(room: str) -> None:
    """The map of the house is whole."""
    assert room in ARCHITECTURE


def test_files_that_the_architecture_names_exist() -> None:
    """A path in the architecture leads to a file, from the root or from pipeline/."""
    named = set(
        re.findall(
            r"`((?:pipeline/|flows/|adapters/|readers/|understanding/|plan/|mail/|digest/|tests/)[\w./-]*)",
            ARCHITECTURE,
        )
    )
    assert [
        name for name in sorted(named) if not (ROOT / name).exists() and not (ROOT / "pipeline" / name).exists()
    ] == []


@pytest.mark.parametrize("page", READMES, ids=("README.md", "README.zh.md"))
def test_the_readme_names_commands_that_run_py_has(page: str) -> None:
    """The two commands, the wheelhouse and the demo are what run.py takes."""
    source = (ROOT / "run.py").read_text(encoding="utf-8")
    for words in ("python3 run.py ", "python3 run.py test", "--wheelhouse", "wheelhouse", "--require-all"):
        assert words in page, words
        assert words.strip() in source, words
    assert "python3 run.py test" in (run.__doc__ or "")


def test_both_readmes_show_and_link_the_same() -> None:
    """The twin says what the original says: same pictures, same links, as many headings."""
    one, other = ({link for link in _LINK.findall(page) if not link.startswith("README")} for page in READMES)
    assert one == other
    assert len(_HEADING.findall(READMES[0])) == len(_HEADING.findall(READMES[1]))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_and_pictures_resolve(page: Path) -> None:
    """Every link inside the repository leads to a file, and its anchor to a heading."""
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("http://", "https://")):
            continue
        place, _, anchor = unquote(link).partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            headings = {
                re.sub(r"[^\w-]", "", text.lower().replace(" ", "-"))
                for text in _HEADING.findall(target.read_text(encoding="utf-8"))
            }
            assert anchor in headings, link


def test_pictures_are_small_whole_and_used() -> None:
    """Each picture opens, is under 120 KB, and stands on some page."""
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    pictures = sorted((DOCS / "pictures").glob("*.png"))
    assert pictures
    for picture in pictures:
        with Image.open(picture) as opened:
            opened.load()
            assert min(opened.size) > 200, picture.name
        assert picture.stat().st_size < 120_000, picture.name
        assert f"pictures/{picture.name}" in pages, picture.name


def test_the_glossary_pairs_words_that_are_used() -> None:
    """Each row has an English and a Chinese name once, and the English one occurs in the values or on another page."""
    rows = re.findall(
        r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    pairs = [
        (english.strip(), chinese.strip()) for english, chinese in rows if english.strip() not in {"English", "---"}
    ]
    used = (ROOT / "pipeline" / "model.py").read_text(encoding="utf-8").lower()
    used += "".join(page.read_text(encoding="utf-8").lower() for page in PAGES if page.name != "glossary.md")
    used = " ".join(used.split())
    assert len(pairs) > 50
    assert len({english for english, _ in pairs}) == len(pairs)
    for english, chinese in pairs:
        assert re.search(r"[\u4e00-\u9fff]", chinese), english
        assert english.lower() in used, english


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_pages_speak_of_the_product_alone(page: Path) -> None:
    """No real mailbox, no path of a developer's machine, no talk of how the pages came about."""
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"[\w.+-]+@(?:\w+\.)*(?:163|126|qq|139|gov)\.(?:com|net|cn)", text) == []
    assert re.findall(r"/(?:work|root|home/\w+|Users/\w+)/[\w/.-]*", text) == []
    assert (
        re.findall(r"(?i)\b(?:TODO|FIXME|as an AI|chatgpt|copilot|claude|LLM|sprint|brief|issue #?\d+)\b", text) == []
    )


def test_the_changelog_knows_this_version() -> None:
    """The version of the package has its section, with a date."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE)


def test_decisions_are_numbered_without_gaps() -> None:
    """0001 onward, each with its number in the title, a decision and what was refused."""
    pages = sorted((DOCS / "decisions").glob("*.md"))
    assert [f"{number:04d}" for number in range(1, len(pages) + 1)] == [page.name[:4] for page in pages]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(page.name[:4])}. "), page.name
        assert "**Decision.**" in text, page.name
        assert "**Refused.**" in text, page.name


def test_the_licence_is_the_one_declared() -> None:
    """LICENSE holds the text that pyproject.toml names."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["license"]
    assert declared == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_names_in_the_architecture_are_in_the_code() -> None:
    """Tuples and protocols that it tells to extend exist under that name."""
    for file, name in (
        ("readers/reader.py", "READERS"),
        ("understanding/signs.py", "CLUES"),
        ("understanding/matching.py", "WEIGHTS"),
        ("adapters/source.py", "MailSource"),
        ("adapters/smtp.py", "Transport"),
        ("understanding/period.py", "_votes"),
        ("plan/agenda.py", "_doubted"),
        ("flows/ingest.py", "take_in"),
    ):
        tree = ast.parse((ROOT / "pipeline" / file).read_text(encoding="utf-8"))
        named = {
            node.target.id
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
            else getattr(node, "name", "")
            for node in tree.body
        }
        assert name in named, (file, name)
        assert name in ARCHITECTURE, name
