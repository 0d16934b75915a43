"""The colours of the page, on light and on dark, as CSS variables that style and script both use."""

from __future__ import annotations

from dataclasses import dataclass

from mariel_gnn.viz.palette import FAINT_INK, FLOOR, GRID, INK, SHADOW, TONES, WHITE, Colour, Tone


@dataclass(frozen=True)
class Theme:
    """What a page is coloured with: its paper, what is written on it, and its bodies."""

    background: Colour
    raised: Colour
    ink: Colour
    faint: Colour
    grid: Colour
    shadow: Colour
    edge: Colour
    tones: tuple[Tone, ...]

    def variables(self) -> str:
        """Return the theme as CSS declarations such as `--ink:40 44 52;`."""
        plain = ("background", "raised", "ink", "faint", "grid", "shadow", "edge")
        named = {name: getattr(self, name) for name in plain}
        for number, tone in enumerate(self.tones):
            named |= {f"tone-{number}-{side}": getattr(tone, side) for side in _SIDES}
        named |= {f"kind-{number}": colour for number, colour in enumerate(KINDS)}
        return "".join(f"--{name}:{r} {g} {b};" for name, (r, g, b) in named.items())


_SIDES = ("left", "right", "middle")
# Kinds of points on a map; told apart on light and on dark, with every kind of colour vision
# (Okabe and Ito), as far as eight colours go.
KINDS: tuple[Colour, ...] = (
    (0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167),
    (86, 180, 233), (213, 94, 0), (150, 150, 40), (128, 132, 140),
)  # fmt: skip
LIGHT = Theme(WHITE, FLOOR, INK, FAINT_INK, GRID, SHADOW, (160, 60, 125), TONES)
# As in the light, the first body has full colours; the second stands out, the third steps back.
DARK = Theme(
    background=(20, 22, 26),
    raised=(29, 32, 37),
    ink=(230, 232, 236),
    faint=(152, 158, 168),
    grid=(50, 54, 61),
    shadow=(17, 19, 22),
    edge=(226, 140, 196),
    tones=(
        Tone(left=(70, 165, 230), right=(240, 150, 40), middle=(158, 164, 174)),
        Tone(left=(195, 226, 250), right=(255, 220, 165), middle=(232, 234, 238)),
        Tone(left=(40, 88, 124), right=(130, 82, 24), middle=(86, 90, 98)),
    ),
)


def theme_css() -> str:
    """Return the variables of both themes: the reader's choice, or else that of the system."""
    dark = DARK.variables()
    return (
        f":root{{{LIGHT.variables()}color-scheme:light}}\n"
        "@media (prefers-color-scheme:dark){"
        f":root:not([data-theme=light]){{{dark}color-scheme:dark}}}}\n"
        f":root[data-theme=dark]{{{dark}color-scheme:dark}}"
    )
