"""Templates (name -> source) and values -> text, in a sandbox whose every step and character is counted.

Administrators edit the templates, so they are treated as data: no access to Python, no call but a listed few,
a budget of steps and characters instead of a clock. Text from mails is only ever a value, never a template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from jinja2 import DictLoader, StrictUndefined, TemplateNotFound, Undefined, nodes
from jinja2.exceptions import SecurityError, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import TemplateError as JinjaError
from jinja2.runtime import Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from pipeline.digest.foreign import MARK_BASE, clean, one_line
from pipeline.digest.wording import chinese_number
from pipeline.errors import ConfigError, Problem

#: Characters that one rendering may write; a letter with 151 duties has about 60,000.
OUTPUT_LIMIT = 2_000_000
#: Characters that all expressions of one rendering may produce on the way.
WORK_LIMIT = 8_000_000
#: Loop rounds, macro calls and function calls of one rendering.
STEP_LIMIT = 400_000
SOURCE_LIMIT = 200_000

#: Functions of Jinja that a letter has use for; the others can grow text or reach into objects.
_FILTERS = frozenset(
    {
        *("e", "escape", "length", "count", "first", "last", "default", "d", "trim", "upper", "lower", "list"),
        *("sort", "unique", "reverse", "select", "reject", "selectattr", "rejectattr", "map", "groupby", "batch"),
        *("sum", "min", "max", "round", "int", "float", "abs", "string", "truncate", "items", "dictsort", "urlencode"),
    }
)
_METHODS = frozenset({"startswith", "endswith", "strip", "items", "keys", "values", "get"})
#: ``#1 `` at the start of a template line marks a heading; foreign text cannot forge the mark it becomes.
_MARKS = re.compile(r"(?m)^#([0-9a-f]) ")


class TemplateError(ConfigError):
    """A template cannot be rendered; ``problems`` names file and line."""


class _Budget:
    """What one rendering may still spend."""

    __slots__ = ("characters", "steps")

    def __init__(self) -> None:
        self.steps = STEP_LIMIT
        self.characters = WORK_LIMIT

    def spend(self, characters: int = 0) -> None:
        self.steps -= 1
        self.characters -= characters
        if self.steps < 0 or self.characters < 0:
            raise SecurityError("模板的循环或文字量超出上限")


_budget: ContextVar[_Budget] = ContextVar("budget")


def _spend(characters: int = 0) -> str:
    budget = _budget.get(None)
    if budget is not None:
        budget.spend(characters)
    return ""


def _glue(*parts: object) -> str:
    """The ``~`` of templates, counted."""
    texts = [part if isinstance(part, str) else str(part) for part in parts]
    _spend(sum(map(len, texts)))
    if any(isinstance(part, Markup) for part in texts):
        return Markup("").join(texts)
    return "".join(texts)


def _join(values: Any, between: str = "", attribute: str | None = None) -> str:  # noqa: ANN401 - any iterable of a template
    """Like Jinja's ``join``, counted; escapes unless every piece is markup."""
    pieces = [getattr(value, attribute) if attribute else value for value in values]
    texts = [piece if isinstance(piece, str) else str(piece) for piece in pieces]
    _spend(sum(map(len, texts)) + len(between) * len(texts))
    if any(isinstance(text, Markup) for text in (between, *texts)):
        return Markup.escape(between).join(texts)  # markup stays, plain text is escaped
    return between.join(texts)


def _number(value: float | None) -> str:
    """A figure as papers print it: 187, 3.2, 1,386.5 stays 1386.5; nothing for nothing."""
    if value is None:
        return ""
    return f"{value:.4f}".rstrip("0").rstrip(".")


class _Counted(NodeTransformer):
    """Puts a step into every loop and macro and counts every concatenation."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - named by jinja2's visitor
        self.generic_visit(node)
        if node.recursive:
            raise TemplateSyntaxError("不支持 recursive 循环", node.lineno)
        node.body.insert(0, _step(node))
        return node

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:  # noqa: N802 - named by jinja2's visitor
        self.generic_visit(node)
        node.body.insert(0, _step(node))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - named by jinja2's visitor
        self.generic_visit(node)
        call = nodes.Call(nodes.EnvironmentAttribute("glue"), list(node.nodes), [], None, None)
        return call.set_lineno(node.lineno)


def _step(node: nodes.Node) -> nodes.Node:
    call = nodes.Call(nodes.EnvironmentAttribute("step"), [], [], None, None)
    statement: nodes.Node = nodes.ExprStmt(call).set_lineno(node.lineno)
    return statement


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, narrowed: listed filters and methods only, counted operators."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})
    glue = staticmethod(_glue)
    step = staticmethod(_spend)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _Counted().visit(tree)
        return tree

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ANN401 - signature of the base class
        if not super().is_safe_attribute(obj, attr, value):
            return False
        return not callable(value) or isinstance(value, Macro) or (isinstance(obj, str | Mapping) and attr in _METHODS)

    def wrap_str_format(self, value: Any) -> None:  # noqa: ANN401, ARG002 - signature of the base class
        """No ``str.format``: a width of a milliard is one call."""
        return

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - the same
        if operator == "**":
            raise SecurityError("模板中不能使用乘方")
        if operator == "%" and isinstance(left, str):
            raise SecurityError("模板中不能用 % 拼接文字")
        if operator == "*":
            if not (isinstance(left, int | float) and isinstance(right, int | float)):
                raise SecurityError("模板中只能对数字做乘法")
            if abs(left) > 1e15 or abs(right) > 1e15:
                raise SecurityError("模板中的数字过大")
        _spend(len(left) + len(right) if isinstance(left, str | list) and isinstance(right, str | list) else 0)
        return super().call_binop(context, operator, left, right)


def _finalize(value: object) -> object:
    """Last touch of every printed value: foreign control characters never leave."""
    if value is None or type(value) is Undefined:  # the empty half of an inline if; unknown names are StrictUndefined
        return ""
    if isinstance(value, Markup):
        _spend(len(value))
        return Markup(clean(value))  # noqa: S704 - it was markup before; cleaning only takes characters out
    if not isinstance(value, str | int | float | StrictUndefined):
        raise TypeError(f"这里要打印的不是文字或数字，而是{type(value).__name__}")
    text = _number(value) if isinstance(value, float) else str(value)
    _spend(len(text))
    return clean(text)


class Templates:
    """A set of templates, compiled once; the mapping goes from names such as ``mail/opening.txt.j2`` to sources."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        """Compile every template, so that a slip of the pen shows at once.

        Raises:
            TemplateError: with every template that does not compile, file and line.
        """
        self.sources = MappingProxyType(dict(sources))
        self._environment = _compiled(tuple(sorted(self.sources.items())))

    def __contains__(self, name: str) -> bool:
        return name in self.sources

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """Text of template ``name`` filled with ``values``.

        Raises:
            TemplateError: unknown name, unknown variable, forbidden step or too much output; with file and line.
        """
        token = _budget.set(_Budget())
        pieces: list[str] = []
        size = 0
        try:
            for piece in self._environment.get_template(name).generate(**values):
                size += len(piece)
                if size > OUTPUT_LIMIT:
                    raise SecurityError(f"模板输出超过{OUTPUT_LIMIT}字")
                pieces.append(piece)
        except (JinjaError, RecursionError, TypeError, ValueError, AttributeError, ArithmeticError, KeyError) as error:
            problem = _problem(name, error)
            raise TemplateError(f"信函没有生成：{problem}", problems=(problem,)) from error
        finally:
            _budget.reset(token)
        return "".join(pieces)


@lru_cache(maxsize=4)
def _compiled(sources: tuple[tuple[str, str], ...]) -> _Sandbox:
    """All templates of a set; compiled once a process, as the office's own set is mostly the shipped one.

    Raises:
        TemplateError: with every template that does not compile, file and line.
    """
    environment = _environment(dict(sources))
    problems = []
    for name, source in sources:
        if len(source) > SOURCE_LIMIT:
            problems.append(Problem(_file(name), 0, f"模板超过{SOURCE_LIMIT}字，请精简"))
            continue
        try:
            environment.get_template(name)
        except JinjaError as error:
            problems.append(_problem(name, error))
    if problems:
        message = "信函模板有误，已列出位置；请改正后保存，改正之前沿用上一次有效的模板。\n"
        raise TemplateError(message + "\n".join(map(str, problems)), problems=tuple(problems))
    return environment


def _environment(sources: Mapping[str, str]) -> _Sandbox:
    marked = {
        name: _MARKS.sub(lambda found: chr(MARK_BASE + int(found[1], 16)), source)
        if name.startswith("documents/")
        else source
        for name, source in sources.items()
    }
    environment = _Sandbox(
        loader=DictLoader(marked),
        undefined=StrictUndefined,
        autoescape=lambda name: bool(name) and ".html" in str(name),
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.globals.clear()
    environment.globals["dict"] = _pairs
    own: dict[str, Callable[..., Any]] = {"join": _join, "number": _number, "line": one_line, "chinese": chinese_number}
    environment.filters = {name: call for name, call in environment.filters.items() if name in _FILTERS} | own
    return environment


def _pairs(**pairs: object) -> Mapping[str, object]:
    """``dict(a=1)`` of templates."""
    return pairs


def _file(name: str) -> str:
    return f"templates/{name}"


def _problem(name: str, error: Exception) -> Problem:
    """Where in which template, what it means and what to do."""
    file, line = _place(name, error)
    if isinstance(error, TemplateNotFound):
        return Problem(_file(name), 0, f"找不到模板“{error.name}”，请从安装包的 templates 目录恢复这个文件")
    if isinstance(error, TemplateSyntaxError):
        return Problem(file, line, f"模板写法有误（{error.message}），请检查大括号、百分号和 endif/endfor 是否成对")
    if isinstance(error, UndefinedError):
        return Problem(
            file, line, f"模板用了不存在的名字（{error.message}），请对照 templates/mail/README.md 的名字表改正"
        )
    if isinstance(error, SecurityError | RecursionError):
        reason = str(error) if isinstance(error, SecurityError) else "模板互相引用没有尽头"
        return Problem(file, line, f"模板中有不允许的写法（{reason}），请删去该处")
    return Problem(file, line, f"模板计算出错（{error}），请检查该行")


def _place(name: str, error: Exception) -> tuple[str, int]:
    """File and line of an error: from the syntax error itself or from the deepest template frame."""
    if isinstance(error, TemplateSyntaxError):
        return _file(error.name or name), error.lineno
    file, line = _file(name), 0
    trace = error.__traceback__
    while trace is not None:
        found = trace.tb_frame.f_globals.get("__jinja_template__")
        if found is not None:
            file, line = _file(found.name or name), found.get_corresponding_lineno(trace.tb_lineno)
        elif trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return file, line
