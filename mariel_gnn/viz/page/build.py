"""The page as one self-contained HTML file: scenes, style and script, without network access."""

from __future__ import annotations

import base64
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
from mariel_gnn.viz.page.encoding import STEP_M
from mariel_gnn.viz.page.scenes import Scene, scenes_as_data

# One scope in this order: at load time a script uses only constants of the scripts before it.
SCRIPTS = (
    *("player", "camera", "figure", "stage", "between"),
    *("controls", "kinds", "timeline", "audio"),
)
FRAME_HEIGHT_PX = 640


def page(
    scenes: Sequence[Scene],
    title: str,
    subtitle: str = "",
    *,
    above: str = "",
    beside: str = "",
    below: str = "",
    audio: bytes = b"",
    autoplay: bool = True,
) -> str:
    """Return a page that plays scenes, as HTML.

    Args:
        scenes: the scenes; the page opens with the first.
        title: the page's heading.
        subtitle: a line below the heading.
        above: HTML of what the reader is to see first, for example warnings.
        beside: HTML of a column beside the stage (below it on a phone), for example a map of
            latents; a click on an element with `data-scene="N"` plays scene N.
        below: HTML of further sections.
        audio: an MP3 that plays with every scene, from its first frame on.
        autoplay: whether the page plays when it opens. It does not play where the reader's system
            asks for reduced motion.

    Raises:
        UserError: there is no scene, or one without a body.
    """
    if not scenes or not all(scene.bodies for scene in scenes):
        raise UserError("a page needs scenes with a body in each: give recordings or phrases")
    data = scenes_as_data(scenes) | {"step_m": STEP_M, "autoplay": autoplay}
    return _fill(
        _asset("page.html"),
        {
            "title": html.escape(title),
            "subtitle": html.escape(subtitle),
            "style": theme_css() + "\n" + _asset("style.css"),
            "kind": "with-map" if beside else "",
            "above": above,
            "audio": _audio(audio),
            "beside": beside,
            "below": below,
            "data": _as_json(data),
            "script": "\n".join(_asset(f"{name}.js") for name in SCRIPTS),
        },
    )


def write_page(
    path: str | Path,
    scenes: Sequence[Scene],
    title: str,
    subtitle: str = "",
    *,
    above: str = "",
    below: str = "",
    audio: bytes = b"",
) -> Path:
    """Write a page that plays scenes to `path` and return the path.

    The other arguments are the same as in `page`.

    Raises:
        UserError: the path does not end with .html, or there is nothing to play.
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"{path}: a page is an HTML file: give a name that ends with .html")
    write_text(path, page(scenes, title, subtitle, above=above, below=below, audio=audio))
    return path


def framed(content: str, height_px: int = FRAME_HEIGHT_PX) -> str:
    """Return a page as an iframe that a notebook displays in a cell."""
    return (
        f'<iframe srcdoc="{html.escape(content)}" sandbox="allow-scripts" loading="lazy" '
        f'style="width:100%;height:{height_px}px;border:0"></iframe>'
    )


def section(title: str, *parts: str) -> str:
    """Return a section with a heading."""
    return f"<section><h2>{html.escape(title)}</h2>{''.join(parts)}</section>"


def unfolding(title: str, text: str) -> str:
    """Return a preformatted text that opens when its title is clicked."""
    return (
        f"<details><summary>{html.escape(title)}</summary><pre>{html.escape(text)}</pre></details>"
    )


def paragraph(text: str) -> str:
    """Return a paragraph in small grey letters."""
    return f'<p class="quiet">{html.escape(text)}</p>'


def warning_list(warnings: Sequence[tuple[str, str]]) -> str:
    """Return warnings, each with what to try, as a list; "" for none."""
    items = [
        f"<li>{html.escape(text)}. <strong>Try</strong> {html.escape(advice)}.</li>"
        for text, advice in warnings
    ]
    return f'<ul class="warnings">{"".join(items)}</ul>' if items else ""


def _audio(content: bytes) -> str:
    """Return the audio element, with the file in it; "" for none."""
    if not content:
        return ""
    return (
        f'<audio id="audio" preload="auto" src="data:audio/mpeg;base64,{base64.b64encode(content).decode()}">'
        "</audio>"
    )


@cache
def _asset(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _as_json(data: Mapping[str, object]) -> str:
    """Return JSON for a script element; without `<` no text in it can end the element."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")


def _fill(template: str, values: Mapping[str, str]) -> str:
    """Replace each `{{name}}` of the template once; placeholders within a value stay as they are."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], template)
