"""The phrases: each writes a few seconds of dance into a score.

A phrase starts and ends with both feet on the floor, moves the score's clock on, and draws its
side, size, tempo and direction from the score's own source of randomness.
"""

from collections.abc import Callable

from mariel_gnn.data.made_up.gestures import arm_wave, leg_lift, plie, reach
from mariel_gnn.data.made_up.jumps import jump, leap
from mariel_gnn.data.made_up.score import Score
from mariel_gnn.data.made_up.turning import pirouette
from mariel_gnn.data.made_up.walking import turning_steps, walk

Phrase = Callable[[Score], None]

# Phrase and how often it is danced, relative to the others.
PHRASES: dict[str, tuple[Phrase, float]] = {
    "walk": (walk, 2.2),
    "turning_steps": (turning_steps, 1.1),
    "pirouette": (pirouette, 1.2),
    "reach": (reach, 1.2),
    "plie": (plie, 0.8),
    "leg_lift": (leg_lift, 1.3),
    "arm_wave": (arm_wave, 0.8),
    "jump": (jump, 1.0),
    "leap": (leap, 0.8),
}
