"""The colours of all pictures: told apart with every kind of colour vision (Okabe and Ito)."""

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
class Tone:
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


# The first body of a panel is drawn in full colours, the next ones in these tones.
TONES: tuple[Tone, ...] = (
    Tone(left=(0, 114, 178), right=(230, 130, 0), middle=(95, 100, 110)),
    Tone(left=(0, 45, 80), right=(110, 50, 0), middle=(20, 20, 24)),
    Tone(left=(140, 190, 225), right=(250, 205, 140), middle=(190, 194, 200)),
)


def tone_of(number: int) -> Tone:
    """Return the tone of a panel's body `number`, counted from 0; tones repeat after the last."""
    return TONES[number % len(TONES)]


def side_legend() -> list[tuple[str, Colour]]:
    """Return what the legend of a picture says of the colours of a body's sides."""
    tone = TONES[0]
    return [("dancer's left", tone.left), ("dancer's right", tone.right), ("middle", tone.middle)]


def shared_palette() -> Colours:
    """Return the palette `[N, 3]`, N <= 256, of every GIF: all colours and their soft edges."""
    # Not up to white: an almost white would be taken for the white of the page.
    # Few steps: each one more makes the files larger and the edges hardly softer.
    paleness = np.linspace(0.0, 0.88, EDGE_STEPS)
    bodies = [c for tone in TONES for c in (tone.left, tone.right, tone.middle)]
    ramps = [blend(c, paleness) for c in (*bodies, INK)]
    plain = np.array([WHITE, FAINT_INK, FLOOR, GRID, SHADOW], dtype=np.uint8)
    return np.concatenate([plain, *ramps])
