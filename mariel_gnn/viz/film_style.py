"""The look of a film: size, camera and background."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import radians

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.viz.colors import DARK, LIGHT, Colour, Theme, blend_colours

SMALLEST_PX, LARGEST_PX = 320, 3840
# View -> degrees from the dancer's front towards the dancer's left, and above the horizon. The front quarter
# shows the front and both sides, from slightly above the dancer.
VIEWS: dict[str, tuple[float, float]] = {
    "quarter": (28, 14), "front": (0, 14), "left": (90, 14), "back": (180, 14), "right": (-90, 14),
    "top": (0, 90),
}  # fmt: skip
BACKGROUNDS = ("light", "dark", "transparent")


@dataclass(frozen=True)
class FilmStyle:
    """The look of a film.

    Attributes:
        size: width and height in pixels, even numbers; None for a size that fits the dance.
        azimuth_deg: direction of the camera, from the dancer's front towards the dancer's left.
        elevation_deg: of the camera above the horizon, 0 to 90.
        theme: the colours.
        is_transparent: whether the film has no background.
    """

    size: tuple[int, int] | None = None
    azimuth_deg: float = VIEWS["quarter"][0]
    elevation_deg: float = VIEWS["quarter"][1]
    theme: Theme = LIGHT
    is_transparent: bool = False

    @property
    def azimuth_rad(self) -> float:
        """Direction of the camera from the dancer's front, radians."""
        return radians(self.azimuth_deg)

    @property
    def elevation_rad(self) -> float:
        """Elevation of the camera, radians."""
        return radians(self.elevation_deg)


def film_style(size: str | None, view: str, background: str) -> FilmStyle:
    """Return the look that a user asks for.

    Args:
        size: WIDTHxHEIGHT, such as 1280x720; None for a size that fits the dance.
        view: a name of `VIEWS`, or degrees.
        background: a name of `BACKGROUNDS`, or a colour such as #203040.

    Raises:
        UserError: one of them cannot be used.
    """
    azimuth, elevation = _view(view)
    return FilmStyle(
        None if size is None else _size(size),
        azimuth,
        elevation,
        _theme(background),
        background == "transparent",
    )


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)\s*[x×*]\s*(\d+)", text.strip(), re.IGNORECASE)
    if not found:
        raise UserError(f"film_size is '{text}'; give WIDTHxHEIGHT in pixels, such as 1280x720")
    width, height = int(found[1]), int(found[2])
    for name, number in (("width", width), ("height", height)):
        if not SMALLEST_PX <= number <= LARGEST_PX:
            raise UserError(
                f"film_size: the {name} is {number}; it must be {SMALLEST_PX} to {LARGEST_PX} pixels"
            )
        if number % 2:
            raise UserError(
                f"film_size: the {name} is {number}; video needs even numbers: give {number + 1}"
            )
    return width, height


def _view(text: str) -> tuple[float, float]:
    if text in VIEWS:
        return VIEWS[text]
    try:
        degrees = float(text)
    except ValueError:
        degrees = float("nan")
    if not -360 <= degrees <= 360:
        raise UserError(
            f"film_view is '{text}'; give {', '.join(VIEWS)}, or degrees from -360 to 360."
            f"{nearest_match(text, VIEWS)}".rstrip(".")
        )
    return degrees, VIEWS["quarter"][1]


def _theme(text: str) -> Theme:
    if text in ("light", "transparent"):
        return LIGHT
    if text == "dark":
        return DARK
    if found := re.fullmatch(r"#?([0-9a-fA-F]{6})", text):
        red, green, blue = bytes.fromhex(found[1])
        return theme_on((red, green, blue))
    raise UserError(
        f"film_background is '{text}'; give {', '.join(BACKGROUNDS)}, or a colour, such as #203040."
        f"{nearest_match(text, BACKGROUNDS)}".rstrip(".")
    )


def theme_on(background: Colour) -> Theme:
    """Return the light or the dark theme, whichever is readable, on another background."""
    red, green, blue = (value / 255 for value in background)
    is_light = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.45
    theme = LIGHT if is_light else DARK
    ink = theme.ink
    return replace(
        theme,
        background=background,
        raised=blend_colours(background, ink, 0.04),
        grid=blend_colours(background, ink, 0.18),
        shadow=blend_colours(background, (0, 0, 0), 0.22),
        faint=blend_colours(background, ink, 0.65),
    )
