"""HTML with a style sheet -> HTML that web mail shows: every style inline, nothing fetched, bars made of cells."""

from __future__ import annotations

import base64

import css_inline

from pipeline.digest.render import Templates
from pipeline.digest.summary import Summary
from pipeline.digest.views import summary_values
from pipeline.digest.wording import month_name

_INLINER = css_inline.CSSInliner(keep_style_tags=False, keep_link_tags=False, load_remote_stylesheets=False)


def inlined(page: str) -> str:
    """Move the page's own style sheet into the elements; QQ and 163 drop ``<style>``."""
    return _INLINER.inline(page)


def page(summary: Summary, *, templates: Templates, chart: bytes | None = None) -> str:
    """The month as one HTML file for the office's disk; the chart is carried inside as data."""
    picture = "data:image/png;base64," + base64.b64encode(chart).decode("ascii") if chart else ""
    title = f"{summary.plan_title}{month_name(summary.period)}任务完成情况"
    return inlined(
        templates.render(
            "documents/summary.html.j2", {**summary_values(summary), "picture": picture, "tag": "", "title": title}
        )
    )
