"""Plans which support strategy comes next, and takes the preference bias out of any scores."""

from emoplug_strategy._corrector import Corrector
from emoplug_strategy._plugin import Strategies
from emoplug_strategy._preference import bias, confusion, preferences, proficiency

Options = Strategies.Options

__all__ = [
    "Corrector",
    "Options",
    "Strategies",
    "bias",
    "confusion",
    "preferences",
    "proficiency",
]
