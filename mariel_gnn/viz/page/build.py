"""One self-contained HTML file: scenes, style and a small script of our own; it asks no network."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from mariel_gnn.errors import UserError
from mariel_gnn.files import write_text
from mariel_gnn.viz.colors import theme_css
from mariel_gnn.viz.page.scenes import STEP_M, Scene, scenes_as_data

SCRIPTS = ("player", "camera", "figure", "stage", "start")
FRAME_HEIGHT_PX = 640


def page(
    scenes: Sequence[Scene],
    title: str,
    subtitle: str = "",
    *,
    beside: str = "",
    below: str = "",
    autoplay: bool = True,
) -> str:
    """Return a page that plays scenes, as HTML.

    Args:
        scenes: what it plays; the first is shown at first.
        title: what the page is, over everything.
        subtitle: what more there is to say of it.
        beside: HTML of a column beside the stage (under it on a phone), such as a map of latents;
            whatever in it has a `data-scene="N"` plays scene N on click.
        below: HTML of further sections.
        autoplay: whether it plays when it opens (not where the reader wants less motion).

    Raises:
        UserError: there is no scene, or one without a body.
    """
    if not scenes or not all(scene.bodies for scene in scenes):
        raise UserError("a page needs scenes with a body in each: give recordings or phrases")
    data = scenes_as_data(scenes) | {"step_m": STEP_M, "autoplay": autoplay}
    return _filled(
        _asset("page.html"),
        {
            "title": html.escape(title),
            "subtitle": html.escape(subtitle),
            "style": theme_css() + "\n" + _asset("style.css"),
            "kind": "with-map" if beside else "",
            "beside": beside,
            "below": below,
            "data": _as_json(data),
            "script": "\n".join(_asset(f"{name}.js") for name in SCRIPTS),
        },
    )


def write_page(
    path: str | Path, scenes: Sequence[Scene], title: str, subtitle: str = "", *, below: str = ""
) -> Path:
    """Write a page that plays scenes to `path`, aside and renamed, and return the path.

    The other arguments are those of `page`.

    Raises:
        UserError: the path is not of an HTML file, or there is nothing to play.
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"{path}: a page is an HTML file: give a name that ends with .html")
    write_text(path, page(scenes, title, subtitle, below=below))
    return path


def framed(content: str, height_px: int = FRAME_HEIGHT_PX) -> str:
    """Return a page as a frame that a notebook shows in a cell."""
    return (
        f'<iframe srcdoc="{html.escape(content)}" sandbox="allow-scripts" loading="lazy" '
        f'style="width:100%;height:{height_px}px;border:0"></iframe>'
    )


@cache
def _asset(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _as_json(data: Mapping[str, object]) -> str:
    """JSON that may stand in a script element: no `<` in it can end the element."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")


def _filled(template: str, values: Mapping[str, str]) -> str:
    """Put each value in its place, once; what looks like a place within a value stays as it is."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], template)


def section(title: str, *parts: str) -> str:
    """Return a section with a heading."""
    return f"<section><h2>{html.escape(title)}</h2>{''.join(parts)}</section>"


def unfolding(title: str, text: str) -> str:
    """Return a text as it is, shown when its title is clicked."""
    return (
        f"<details><summary>{html.escape(title)}</summary><pre>{html.escape(text)}</pre></details>"
    )


def paragraph(text: str) -> str:
    """Return a quiet paragraph."""
    return f'<p class="quiet">{html.escape(text)}</p>'
