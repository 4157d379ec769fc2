"""What one occasion of a service costs at least and at most: its messages in segments, and an officer's minutes."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import jinja2

from proactive.foresight.assumptions import Assumption
from rules import Service, messages
from rules.channels import channels
from rules.groups import spelt_out
from rules.texts import size

PASSCODE_SEGMENTS = 1
"""The citizen who opens the dossier gets one text with a one-time code."""


@dataclass(frozen=True)
class Cost:
    """For one occasion. At least: the first message, and nobody answers. At most: every rung, opened and decided."""

    messages_least: int
    messages_most: int
    segments_least: int
    segments_most: int
    vnd_least: int
    vnd_most: int
    officer_minutes: int


def cost(service: Service, reckoned: Mapping[str, Assumption]) -> Cost:
    """What one occasion costs. Channels other than SMS are counted as messages; nobody knows their price yet."""
    price = reckoned["sms_segment_vnd"].value
    texts = {rung.name: _segments(service, rung.name) for rung in service.ladder if "sms" in spelt_out(rung.channels)}
    first = min(texts.get(service.ladder[0].name, [0]))
    most = sum(max(sizes) for sizes in texts.values()) + (PASSCODE_SEGMENTS if texts else 0)
    return Cost(
        messages_least=1,
        messages_most=len(service.ladder) + (1 if texts else 0),
        segments_least=first,
        segments_most=most,
        vnd_least=first * price,
        vnd_most=most * price,
        # At level 1 the citizen comes in person: nobody decides a dossier that was prepared for them.
        officer_minutes=reckoned["officer_minutes_per_dossier"].value if service.level > 1 else 0,
    )


def _segments(service: Service, rung: str) -> list[int]:
    """How long the text of a rung can be, for every variant, in time and late."""
    text = messages.template(Path(service.messages_dir) / "sms.vi.j2")
    registers = service.judged
    letters = {name: messages.sample(fact, service.form, registers) for name, fact in service.text.letters.items()}
    found = []
    for variant, late in product(service.variants, (0, 30)):
        values = {**letters, "variant": variant, "rung": rung, "days_late": late, "code": "WXYZ WXYZ"}
        try:
            found.append(size(messages.render(text, values, channels()["sms"])).segments)
        except jinja2.TemplateError:  # this variant never meets this rung
            continue
    return found or [0]
