"""What sending one text costs on a channel, as the assumptions of a day have it."""

from collections.abc import Callable
from datetime import date

from proactive.foresight.assumptions import assumptions
from rules.channels import Channel
from rules.texts import size


def price(channel: Channel, day: date) -> Callable[[str], int | None]:
    """VND for a text: by the segment where the channel counts them, else by the message; None: nobody is billed."""
    if channel.price is None:
        return lambda text: None
    each = assumptions(day, names=(channel.price,))[channel.price].value
    return lambda text: each if channel.most_segments is None else each * size(text).segments
