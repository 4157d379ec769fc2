"""What sending one text costs on a channel, by the prices of a day."""

from collections.abc import Callable
from datetime import date

from rules.channels import Channel
from rules.prices import cost


def price(channel: Channel, day: date) -> Callable[[str], int | None]:
    """VND for a text, as `rules.prices.cost` has it."""
    return lambda text: cost(channel, text, day)
