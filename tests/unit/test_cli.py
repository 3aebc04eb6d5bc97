"""Every command answers in Chinese, with the promised exit code, from any folder."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pipeline.cli import yuebao
from tests.support.plan_notices import ARTICLES

ROOT = Path(__file__).resolve().parents[2]
MAIL = ROOT / "tests" / "corpus" / "first" / "mails" / "A05.eml"


def run(*words: str | Path, at: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """``yuebao WORDS`` in a folder."""
    command = [sys.executable, "-m", "pipeline", *map(str, words)]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "LANG": "C"}
    return subprocess.run(
        command, cwd=at, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home made by ``init``."""
    target = tmp_path_factory.mktemp("home") / "office"
    made = run("init", target)
    assert made.returncode == 0, made.stderr
    assert "新建：config/office.yaml" in made.stdout
    return target


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command by its words."""
    found = []
    for name, command in group.commands.items():
        found += commands(command, (*path, name)) if isinstance(command, click.Group) else [(*path, name)]
    return found


@pytest.mark.parametrize("words", commands(yuebao), ids=" ".join)
def test_every_command_says_what_it_does(words: tuple[str, ...]) -> None:
    """Each command carries a Chinese sentence."""
    group: click.Command = yuebao
    for word in words:
        assert isinstance(group, click.Group)
        group = group.commands[word]
    assert any("\u4e00" <= sign <= "\u9fff" for sign in group.help or ""), words


def test_init_overwrites_nothing(home: Path) -> None:
    """A second ``init`` keeps what is there and says so."""
    office = home / "config" / "office.yaml"
    edited = office.read_text(encoding="utf-8").replace('phone: ""', "phone: 0359-1234567")
    office.write_text(edited, encoding="utf-8")
    again = run("init", home)
    assert "保留：config/office.yaml" in again.stdout
    assert office.read_text(encoding="utf-8") == edited


def test_the_home_may_stand_anywhere(home: Path, tmp_path: Path) -> None:
    """``--home`` before or behind the command is the same."""
    before = run("--home", home, "plan", "show", "--json", at=tmp_path)
    behind = run("plan", "show", "--json", "--home", home, at=tmp_path)
    assert before.returncode == behind.returncode == 0
    assert before.stdout == behind.stdout
    assert len(json.loads(before.stdout)) == 64


def test_read_prints_the_labelled_shape(tmp_path: Path) -> None:
    """``read --json`` is a list with one object a mail."""
    home = tmp_path / "fresh"
    run("init", home)
    done = run("--home", home, "read", MAIL, "--json")
    assert done.returncode == 0, done.stderr
    (mail,) = json.loads(done.stdout)
    assert (mail["mail"], mail["kind"], mail["unit"], mail["period"]) == ("A05.eml", "report", "县交通局", "2022-08")
    assert {"stamped", "items", "problems", "next_steps", "off_plan"} <= set(mail)
    assert {"item", "progress", "status", "quantities"} <= set(mail["items"][0])
    assert {"value", "unit", "of"} <= set(mail["items"][0]["quantities"][0])
    assert not (home / "ledger.db").exists(), "reading changes nothing"


def test_read_shows_a_person_figures_in_their_own_words(tmp_path: Path) -> None:
    """Without ``--json`` a figure stands in its clause; a passage that is cut ends in an ellipsis."""
    home = tmp_path / "fresh"
    run("init", home)
    done = run("--home", home, "read", MAIL)
    assert "数据：接入车辆189台；在线率99.1%" in done.stdout
    assert "…  数据：" in done.stdout


def test_an_exempt_unit_is_listed_with_its_reason(tmp_path: Path) -> None:
    """Who owes nothing this month is shown as 免报, not left out; a decision that fails says so once."""
    home = tmp_path / "fresh"
    run("init", home)
    done = run("--home", home, "review", "exempt", "县统计局", "--period", "2022-08", "--note", "机构改革")
    assert done.returncode == 0, done.stderr
    shown = run("--home", home, "status", "--period", "2022-08").stdout
    assert "未报 30  免报 1" in shown
    assert "免报  县统计局：机构改革" in shown
    wrong = run("--home", home, "review", "extend", "县火星局", "2022-09-20")
    assert (wrong.returncode, wrong.stderr.count("县火星局")) == (1, 1)


def test_a_letter_is_shown_with_its_state_in_words(home: Path, tmp_path: Path) -> None:
    """``outbox show`` speaks Chinese and ends its lines as a screen does."""
    mails = tmp_path / "mails"
    mails.mkdir()
    shutil.copy(MAIL, mails)
    out = tmp_path / "sim"
    done = run(
        *("--home", home, "simulate", "--mails", mails, "--from", "2022-09-05", "--to", "2022-09-05", "--out", out)
    )
    assert done.returncode == 0, done.stderr
    listed = run("--home", out / "home", "outbox", "list").stdout
    key = next(line.split()[1] for line in listed.splitlines() if "receipt:" in line)
    shown = run("--home", out / "home", "outbox", "show", key).stdout
    assert "状态：已发" in shown
    assert not any(line != line.rstrip() for line in shown.splitlines())


def test_status_of_an_empty_home(home: Path) -> None:
    """Before anything came, every unit stands at none, and the due day is explained."""
    done = run("--home", home, "status", "--period", "2022-08", "--at", "2022-09-05T10:00", "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert (data["period"], data["due"]) == ("2022-08", "2022-09-12")
    assert {unit["standing"] for unit in data["units"]} == {"none"}
    assert "中秋" in run("--home", home, "status", "--period", "2022-08", "--at", "2022-09-05").stdout


def test_a_broken_configuration_is_refused_with_every_problem(home: Path, tmp_path: Path) -> None:
    """Exit code 1, one line a problem, with file and line."""
    broken = tmp_path / "broken"
    assert run("init", broken).returncode == 0
    office = broken / "config" / "office.yaml"
    text = office.read_text(encoding="utf-8").replace("mailbox: ", "mialbox: ").replace("day: 12", "day: 42")
    office.write_text(text, encoding="utf-8")
    done = run("--home", broken, "status")
    assert done.returncode == 1
    assert done.stderr.count("config/office.yaml 第 ") >= 2
    assert "mialbox" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words", [("status", "--period", "2022-13"), ("review", "decide", "x"), ("nonsense",), ("simulate",)]
)
def test_wrong_usage_is_two(home: Path, words: tuple[str, ...]) -> None:
    """Words that the command line does not know end with 2."""
    assert run("--home", home, *words).returncode == 2


@pytest.mark.parametrize("words", [(), *commands(yuebao)], ids=" ".join)
def test_help_speaks_chinese(words: tuple[str, ...]) -> None:
    """No English sentence in the help of any command."""
    done = CliRunner().invoke(yuebao, [*words, "--help"], prog_name="yuebao")
    assert done.exit_code == 0
    assert not re.search(r"\b(?:Usage|Options|Commands|Show|required|default|Error|Try)\b", done.output)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nonsense",), "没有“nonsense”这个命令"),
        (("tick", "--att", "3"), "没有“--att”这个选项。 是不是 '--at'？"),
        (("tick", "extra"), "多写了：extra"),
        (("simulate",), "没有写选项 '--mails'"),
        (("review", "decide"), "没有写 'HANDLE'"),
        (("review", "decide", "x", "--kind", "report2"), "“report2”不对，只能是 "),
        (("plan", "import", "nofile.docx"), "找不到文件“nofile.docx”"),
        (("simulate", "--mails", "nowhere"), "找不到文件夹“nowhere”"),
        (("review", "extend", "县财政局", "soon"), "“soon”不是日期，应写成 2022-09-08 的样子"),
        (("watch", "--minutes", "soon"), "“soon”不是整数"),
        (("watch", "--minutes", "0"), "0 超出范围（x>=1）"),
        (("status", "--period"), "选项 --period 后面要写内容"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else "",
)
def test_wrong_usage_is_told_in_chinese(words: tuple[str, ...], told: str) -> None:
    """What is wrong and where the help stands, exit code 2."""
    done = CliRunner().invoke(yuebao, words, prog_name="yuebao")
    assert done.exit_code == 2
    assert told in done.output
    assert not re.search(r"\b(?:Usage|Error|Invalid|No such|Try)\b", done.output)


def test_a_file_that_cannot_be_written_is_told_with_the_remedy(home: Path, tmp_path: Path) -> None:
    """A folder in the way of the exported book: a sentence and exit code 1, no traceback."""
    target = tmp_path / "通讯录.xlsx"
    (tmp_path / f".{target.name}.tmp").mkdir()
    done = run("--home", home, "units", "export", target)
    assert done.returncode == 1
    assert done.stderr.startswith("✗ ")
    assert "请先关闭" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("review", "decide", "deadbeef-1", "--accept"),
        ("outbox", "release", "remind:2022-08:某局:1"),
        ("review", "revoke", "feed"),
        ("review", "extend", "某某局", "2022-09-15"),
        ("tick",),
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_is_one_with_a_sentence(home: Path, words: tuple[str, ...]) -> None:
    """Unknown numbers, units and a missing 授权码 are refused in Chinese, without a traceback."""
    done = run("--home", home, *words)
    assert done.returncode == 1
    assert done.stderr.startswith("✗ ")
    assert "Traceback" not in done.stderr


def test_plan_diff_and_units_round_trip(home: Path, tmp_path: Path) -> None:
    """An exported contact list imports without a change."""
    book = tmp_path / "通讯录.xlsx"
    assert run("--home", home, "units", "export", book).returncode == 0
    done = run("--home", home, "units", "import", book)
    assert done.returncode == 0, done.stderr
    assert "没有变化" in done.stdout


def test_plan_diff_compares_with_the_plan_as_amended(tmp_path: Path) -> None:
    """After an amendment took effect the amended notice is no change, and the old one is."""
    home, notice = tmp_path / "home", tmp_path / "通知.txt"
    run("init", home)
    notice.write_text(ARTICLES, encoding="utf-8")
    amended = tmp_path / "修订.txt"
    amended.write_text(ARTICLES.replace("新建产地冷库12座", "新建产地冷库20座"), encoding="utf-8")
    assert run("--home", home, "plan", "import", notice).returncode == 0
    assert run("--home", home, "plan", "import", amended, "--effective", "2023-06-01").returncode == 0
    same = run("--home", home, "plan", "diff", amended)
    assert (same.returncode, same.stdout.strip()) == (0, "没有变化。"), same.stderr
    assert "取消目标" in run("--home", home, "plan", "diff", notice).stdout


def test_a_document_that_is_no_plan_is_refused(home: Path, tmp_path: Path) -> None:
    """With reasons, and the plan stays as it was."""
    letter = tmp_path / "通知.txt"
    letter.write_text("各单位：\n明天上午九点开会，请准时参加。\n办公室\n", encoding="utf-8")
    before = (home / "config" / "plan.yaml").read_bytes()
    done = run("--home", home, "plan", "import", letter)
    assert done.returncode == 1
    assert "✗" in done.stderr
    assert (home / "config" / "plan.yaml").read_bytes() == before


def test_a_paper_copy_is_registered_by_the_number_in_its_corner(tmp_path: Path) -> None:
    """The receipt number names unit and month; status and a rebuilt ledger know the day; others are refused."""
    mails, out = tmp_path / "mails", tmp_path / "out"
    mails.mkdir()
    (mails / MAIL.name).write_bytes(MAIL.read_bytes())
    played = run("simulate", "--mails", mails, "--from", "2022-09-04", "--to", "2022-09-06", "--out", out)
    assert played.returncode == 0, played.stderr
    home = out / "home"
    number = f"HZ202208-{hashlib.sha256(MAIL.read_bytes()).hexdigest()[:6].upper()}"

    told = run("--home", home, "review", "paper", number, "--on", "2022-09-13")
    assert told.stdout.strip() == "已登记：县交通局 2022-08 月报的纸质盖章件于 2022-09-13 收到。", told.stderr

    shown = run("--home", home, "status", "--period", "2022-08", "--json")
    (unit,) = [one for one in json.loads(shown.stdout)["units"] if one["unit"] == "县交通局"]
    assert unit["paper_on"] == "2022-09-13"
    assert run("--home", home, "replay", "--check").returncode == 0

    wrong = run("--home", home, "review", "paper", "HZ202208-000000")
    assert wrong.returncode == 1
    assert "没有回执编号" in wrong.stderr + wrong.stdout
