"""The colours of all pictures and of the page, distinguishable with every kind of colour vision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Colour = tuple[int, int, int]
Colours = npt.NDArray[np.uint8]

WHITE: Colour = (255, 255, 255)
INK: Colour = (40, 44, 52)
FAINT_INK: Colour = (110, 116, 126)
FLOOR: Colour = (246, 247, 249)
GRID: Colour = (222, 225, 230)
SHADOW: Colour = (206, 210, 216)

# How many steps a colour takes from near to far.
SHADES = 6
EDGE_STEPS = 5


@dataclass(frozen=True)
class BodyColours:
    """How one body is coloured: its left side, its right side and its middle."""

    left: Colour
    right: Colour
    middle: Colour

    def ramps(self, near: float, far: float) -> Colours:
        """Return the colours `[3, SHADES, 3]` of left, right and middle, from near to far.

        `near` and `far` are the first and the last paleness, 0 (full colour) to 1 (white).
        """
        paleness = np.linspace(near, far, SHADES)
        return np.stack([blend(c, paleness) for c in (self.left, self.right, self.middle)])


def blend(colour: Colour, paleness: npt.NDArray[np.float64]) -> Colours:
    """Return `colour` mixed with white `[N, 3]`, one for each paleness `[N]` of 0 to 1."""
    share = paleness[:, None]
    mixed = np.asarray(colour) * (1 - share) + np.asarray(WHITE) * share
    return np.rint(mixed).astype(np.uint8)


# The first body of a panel is drawn in full colours, the next ones in these body_colours.
BODY_COLOURS: tuple[BodyColours, ...] = (
    BodyColours(left=(0, 114, 178), right=(230, 130, 0), middle=(95, 100, 110)),
    BodyColours(left=(0, 45, 80), right=(110, 50, 0), middle=(20, 20, 24)),
    BodyColours(left=(140, 190, 225), right=(250, 205, 140), middle=(190, 194, 200)),
)


def colours_of_body(number: int) -> BodyColours:
    """Return the colours of a panel's body `number`, counted from 0; body_colours repeat after the last."""
    return BODY_COLOURS[number % len(BODY_COLOURS)]


def side_legend() -> list[tuple[str, Colour]]:
    """Return what the legend of a picture says of the colours of a body's sides."""
    colours = BODY_COLOURS[0]
    return [
        ("dancer's left", colours.left),
        ("dancer's right", colours.right),
        ("middle", colours.middle),
    ]


def shared_palette() -> Colours:
    """Return the palette `[N, 3]`, N <= 256, of every GIF: all colours and their soft edges."""
    # Not up to white: an almost white would be taken for the white of the page.
    # Few steps: each one more makes the files larger and the edges hardly softer.
    paleness = np.linspace(0.0, 0.88, EDGE_STEPS)
    bodies = [c for colours in BODY_COLOURS for c in (colours.left, colours.right, colours.middle)]
    ramps = [blend(c, paleness) for c in (*bodies, INK)]
    plain = np.array([WHITE, FAINT_INK, FLOOR, GRID, SHADOW], dtype=np.uint8)
    return np.concatenate([plain, *ramps])


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
    body_colours: tuple[BodyColours, ...]

    def variables(self) -> str:
        """Return the theme as CSS declarations such as `--ink:40 44 52;`."""
        plain = ("background", "raised", "ink", "faint", "grid", "shadow", "edge")
        named = {name: getattr(self, name) for name in plain}
        for number, colours in enumerate(self.body_colours):
            named |= {f"colours-{number}-{side}": getattr(colours, side) for side in _SIDES}
        named |= {f"kind-{number}": colour for number, colour in enumerate(KINDS)}
        return "".join(f"--{name}:{r} {g} {b};" for name, (r, g, b) in named.items())


_SIDES = ("left", "right", "middle")
# Kinds of points on a map; told apart on light and on dark, with every kind of colour vision
# (Okabe and Ito), as far as eight colours go.
KINDS: tuple[Colour, ...] = (
    (0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167),
    (86, 180, 233), (213, 94, 0), (150, 150, 40), (128, 132, 140),
)  # fmt: skip
LIGHT = Theme(WHITE, FLOOR, INK, FAINT_INK, GRID, SHADOW, (160, 60, 125), BODY_COLOURS)
# As in the light, the first body has full colours; the second stands out, the third steps back.
DARK = Theme(
    background=(20, 22, 26),
    raised=(29, 32, 37),
    ink=(230, 232, 236),
    faint=(152, 158, 168),
    grid=(50, 54, 61),
    shadow=(17, 19, 22),
    edge=(226, 140, 196),
    body_colours=(
        BodyColours(left=(70, 165, 230), right=(240, 150, 40), middle=(158, 164, 174)),
        BodyColours(left=(195, 226, 250), right=(255, 220, 165), middle=(232, 234, 238)),
        BodyColours(left=(40, 88, 124), right=(130, 82, 24), middle=(86, 90, 98)),
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
