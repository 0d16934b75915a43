"""The colours of all pictures and of the browser page, safe for every type of colour vision."""

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

SHADES = 6  # steps of a colour from near to far
EDGE_STEPS = 5  # steps of a colour from full to almost white


@dataclass(frozen=True)
class BodyColours:
    """The colours of one body: left side, right side and middle."""

    left: Colour
    right: Colour
    middle: Colour

    def ramps(self, near: float, far: float, background: Colour = WHITE) -> Colours:
        """Return the colours `[3, SHADES, 3]` of left, right and middle, from near to far.

        Args:
            near: paleness of the nearest step, 0 (full colour) to 1 (the background).
            far: paleness of the farthest step.
            background: the colour that far parts fade to.
        """
        paleness = np.linspace(near, far, SHADES)
        sides = (self.left, self.right, self.middle)
        return np.stack([blend(colour, paleness, background) for colour in sides])


def blend(colour: Colour, paleness: npt.NDArray[np.float64], background: Colour = WHITE) -> Colours:
    """Return `colour` blended with the background `[N, 3]`, once for each paleness `[N]` from 0 to 1."""
    share = paleness[:, None]
    mixed = np.asarray(colour) * (1 - share) + np.asarray(background) * share
    return np.rint(mixed).astype(np.uint8)


def blend_colours(colour: Colour, other: Colour, share: float) -> Colour:
    """Return `colour` with a share of another colour, 0 to 1."""
    red, green, blue = blend(colour, np.array([share]), other)[0].tolist()
    return red, green, blue


# By body of a panel: full colours, dark colours, pale colours.
BODY_COLOURS: tuple[BodyColours, ...] = (
    BodyColours(left=(0, 114, 178), right=(230, 130, 0), middle=(95, 100, 110)),
    BodyColours(left=(0, 45, 80), right=(110, 50, 0), middle=(20, 20, 24)),
    BodyColours(left=(140, 190, 225), right=(250, 205, 140), middle=(190, 194, 200)),
)


GENERATED = 1  # the body colours of generated frames beside those of input frames


def side_legend(colours: BodyColours = BODY_COLOURS[0]) -> list[tuple[str, Colour]]:
    """Return the legend of a body's sides: label and colour."""
    return [
        ("dancer's left", colours.left),
        ("dancer's right", colours.right),
        ("middle", colours.middle),
    ]


@dataclass(frozen=True)
class Theme:
    """The colours of a page: background, text, attention edges, kinds of edges between bodies, bodies."""

    background: Colour
    raised: Colour
    ink: Colour
    faint: Colour
    grid: Colour
    shadow: Colour
    attention: Colour
    between: tuple[Colour, ...]
    body_colours: tuple[BodyColours, ...]

    def colours_of_body(self, number: int) -> BodyColours:
        """Return the colours of body `number` of a panel, counted from 0; after the last they repeat."""
        return self.body_colours[number % len(self.body_colours)]

    def variables(self) -> str:
        """Return the theme as CSS declarations, for example `--ink:40 44 52;`."""
        plain = ("background", "raised", "ink", "faint", "grid", "shadow", "attention")
        named = {name: getattr(self, name) for name in plain}
        for number, colours in enumerate(self.body_colours):
            named |= {f"body-{number}-{side}": getattr(colours, side) for side in _SIDES}
        named |= {f"between-{number}": colour for number, colour in enumerate(self.between)}
        named |= {f"kind-{number}": colour for number, colour in enumerate(KINDS)}
        return "".join(f"--{name}:{r} {g} {b};" for name, (r, g, b) in named.items())


_SIDES = ("left", "right", "middle")
# The kinds of points on a map: eight colours for light and dark backgrounds (Okabe and Ito).
KINDS: tuple[Colour, ...] = (
    (0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167),
    (86, 180, 233), (213, 94, 0), (150, 150, 40), (128, 132, 140),
)  # fmt: skip
LIGHT = Theme(
    background=WHITE,
    raised=FLOOR,
    ink=INK,
    faint=FAINT_INK,
    grid=GRID,
    shadow=SHADOW,
    attention=(160, 60, 125),
    between=((0, 170, 110), (170, 0, 110), (120, 70, 230), (0, 0, 0)),
    body_colours=BODY_COLOURS,
)
# On dark the second body is light and the third is dark; the first has full colours on both.
DARK = Theme(
    background=(20, 22, 26),
    raised=(29, 32, 37),
    ink=(230, 232, 236),
    faint=(152, 158, 168),
    grid=(50, 54, 61),
    shadow=(17, 19, 22),
    attention=(226, 140, 196),
    between=((60, 220, 120), (230, 70, 150), (150, 110, 255), (255, 240, 100)),
    body_colours=(
        BodyColours(left=(70, 165, 230), right=(240, 150, 40), middle=(158, 164, 174)),
        BodyColours(left=(195, 226, 250), right=(255, 220, 165), middle=(232, 234, 238)),
        BodyColours(left=(40, 88, 124), right=(130, 82, 24), middle=(86, 90, 98)),
    ),
)


def theme_css() -> str:
    """Return the variables of both themes; the reader's choice overrides the system's."""
    dark = DARK.variables()
    return (
        f":root{{{LIGHT.variables()}color-scheme:light}}\n"
        "@media (prefers-color-scheme:dark){"
        f":root:not([data-theme=light]){{{dark}color-scheme:dark}}}}\n"
        f":root[data-theme=dark]{{{dark}color-scheme:dark}}"
    )


def shared_palette(theme: Theme = LIGHT) -> Colours:
    """Return the palette `[N, 3]`, N <= 256, of every GIF: all colours and their antialiasing steps."""
    # The steps end before the background: a step close to it would replace the background.
    # More steps make the files larger and the edges hardly smoother.
    paleness = np.linspace(0.0, 0.88, EDGE_STEPS)
    bodies = [
        c for colours in theme.body_colours for c in (colours.left, colours.right, colours.middle)
    ]
    ramps = [blend(c, paleness, theme.background) for c in (*bodies, theme.ink)]
    flat = (theme.background, theme.faint, theme.raised, theme.grid, theme.shadow)
    return np.concatenate([np.array(flat, dtype=np.uint8), *ramps])
