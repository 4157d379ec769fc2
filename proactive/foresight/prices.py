"""What sending one text costs on a channel, as the assumptions of the day have it."""

from collections.abc import Mapping

from proactive.foresight.assumptions import Assumption
from rules.channels import channels
from rules.texts import size


def price(channel: str, text: str, reckoned: Mapping[str, Assumption]) -> int | None:
    """VND for this text: by the segment where a channel counts them, else by the message; None: nobody is billed."""
    about = channels()[channel]
    if about.price is None:
        return None
    each = reckoned[about.price].value
    return each if about.most_segments is None else each * size(text).segments
