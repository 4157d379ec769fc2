"""The journey of an occasion, as one line. Read this first.

    watch -> recognise -> draft -> offer -> confirm -> decide -> forward -> follow

watch      reads the registers' changes and puts them on Kafka (`proactive.changes`); relay does so with pushed ones,
           and compare with what a source deleted without saying so
recognise  keeps the records and works out who owes what to which service, and on which day
draft      turns what has fallen due into dossiers, filled in from the records
offer      tells the citizen on the service's ladder; reconcile explains what became of each notice
confirm    the citizen says yes, no, or "that is wrong"                            (on a page)
decide     an officer of the competent office approves, returns or refuses         (on a page)
forward    hands the approved dossier to the boundary-free intake, exactly once
follow     brings the statuses back until the result is in the citizen's hands

PostgreSQL remembers, Kafka carries word: each step picks up what rests in its states, asks again whether it is still
true, does the one outside thing it is there for, and keeps the next state with its news in one transaction. Every step
takes many, may be asked twice, and may die at any moment. When the law changes, rework looks at everybody again; replay
takes refused changes once more. Beside the line, files of offices are read, shown and applied; measure says how far
each register can be trusted, and by one that is not good enough nobody new is told. renew buys the next token of a
provider before the one in use ends; tally and look_ahead count what pages show; erase forgets what is kept no longer
and what people ask to have forgotten.
"""

from collections.abc import Mapping

from proactive.domain.dossier import State
from proactive.foresight.year import look_ahead
from proactive.steps.approve import approve_many
from proactive.steps.calls import called
from proactive.steps.case_clock import keep_time
from proactive.steps.collect import collect
from proactive.steps.compare import Compare
from proactive.steps.complain import complain, complain_of_record
from proactive.steps.confirm import confirm
from proactive.steps.decide import decide, prepare
from proactive.steps.differences import differences
from proactive.steps.draft import draft
from proactive.steps.erase import erase
from proactive.steps.follow import follow
from proactive.steps.forward import forward
from proactive.steps.measure import measure
from proactive.steps.mend import mend
from proactive.steps.offer import offer
from proactive.steps.office_files import apply_files, read_files
from proactive.steps.passcodes import send_passcodes
from proactive.steps.receive import take_queued
from proactive.steps.recognise import recognise
from proactive.steps.reconcile import reconcile
from proactive.steps.reconcile_intake import nightly
from proactive.steps.relay import relay
from proactive.steps.renew import renew
from proactive.steps.replay import replay, try_out
from proactive.steps.rework import rework
from proactive.steps.rights import answer_right, ask_right, put_off
from proactive.steps.seal import seal
from proactive.steps.tally import tally
from proactive.steps.tell import tell
from proactive.steps.tidy import tidy
from proactive.steps.watch import Watch

__all__ = [
    "PICKS_UP",
    "Compare",
    "Watch",
    "answer_right",
    "apply_files",
    "approve_many",
    "ask_right",
    "called",
    "collect",
    "complain",
    "complain_of_record",
    "confirm",
    "decide",
    "differences",
    "draft",
    "erase",
    "follow",
    "forward",
    "keep_time",
    "look_ahead",
    "measure",
    "mend",
    "nightly",
    "offer",
    "prepare",
    "put_off",
    "read_files",
    "recognise",
    "reconcile",
    "relay",
    "renew",
    "replay",
    "rework",
    "seal",
    "send_passcodes",
    "take_queued",
    "tally",
    "tell",
    "tidy",
    "try_out",
]

PICKS_UP: Mapping[str, frozenset[State]] = {
    "offer": frozenset({State.DRAFTED, State.OFFERED, State.UNREACHED}),
    "forward": frozenset({State.APPROVED}),
    "follow": frozenset({State.FORWARDED}),
}
"""Word of a dossier in one of these states wakes the step at once; without word it looks by itself every second."""
