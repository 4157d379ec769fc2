"""Seven ways to falsify the sealed log, at many places: the verifier names the first line that is not as it was.

The log is made by the product's arithmetic and read by the verifier's own: the two share no code.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from proactive.domain.audit import START, Leaf, Signer, chained
from proactive.verifier import Finding, Line, Seal, keys_by_name, verify_chain

LENGTH = 1000
EVERY = 200
STRIDE = int(os.environ.get("PROACTIVE_TEST_STRIDE", "37"))
"""Every so many places are tried; `make tamper` tries each of them."""

PLACES = range(0, LENGTH, STRIDE)
OURS = Signer(Ed25519PrivateKey.from_private_bytes(b"o" * 32))
THEIRS = Signer(Ed25519PrivateKey.from_private_bytes(b"t" * 32))
AT = datetime(2026, 11, 29, 2, 0, tzinfo=UTC)

Log = tuple[list[Line], list[Seal]]


def leaf(number: int, *, actor: str = "lan") -> Leaf:
    return Leaf(
        id=number * 3, at=AT + timedelta(milliseconds=number), actor=actor, role="proactive/worker", place="history",
        verb="insert", row_key=f"đường {number}", digest=hashlib.sha256(str(number).encode()).digest(),
    )  # fmt: skip


def log(leaves: Sequence[Leaf], signer: Signer = OURS) -> Log:
    lines = [
        Line(number=number, chain=chain, **one.model_dump())
        for one, (number, chain) in zip(leaves, chained(START, 0, leaves), strict=True)
    ]
    ends = [line for line in lines if line.number % EVERY == 0 or line.number == len(lines)]
    return lines, [seal(line, signer) for line in ends]


def seal(line: Line, signer: Signer) -> Seal:
    made = signer.sign(upto=line.number, chain=line.chain, at=AT)
    return Seal(upto=made.upto, chain=made.chain, at=made.at, key=made.key, signature=made.signature)


LEAVES = [leaf(number) for number in range(1, LENGTH + 1)]
LINES, SEALS = log(LEAVES)


def flipped(at: int) -> Log:
    """One bit of what a line says happened."""
    digest = bytearray(LINES[at].digest)
    digest[at % 32] ^= 1 << at % 8
    return [*LINES[:at], replace(LINES[at], digest=bytes(digest)), *LINES[at + 1 :]], SEALS


def deleted(at: int) -> Log:
    return [*LINES[:at], *LINES[at + 1 :]], SEALS


def deleted_and_numbered_anew(at: int) -> Log:
    behind = [replace(line, number=line.number - 1) for line in LINES[at + 1 :]]
    return [*LINES[:at], *behind], SEALS


def swapped(at: int) -> Log:
    """Two lines that follow each other, each with the number of the other."""
    lines = list(LINES)
    before = (at or 1) - 1
    one, two = lines[before], lines[before + 1]
    lines[before], lines[before + 1] = replace(two, number=one.number), replace(one, number=two.number)
    return lines, SEALS


def inserted(at: int) -> Log:
    """A line chained as it should be, and everything behind it numbered on."""
    [(number, chain)] = chained(LINES[at - 1].chain if at else START, at, [leaf(5000)])
    made = Line(number=number, chain=chain, **leaf(5000).model_dump())
    return [*LINES[:at], made, *(replace(line, number=line.number + 1) for line in LINES[at:])], SEALS


def cut_off(at: int) -> Log:
    """The end of the log, its seals with it, and a new seal at the new end by whoever has our key."""
    lines = LINES[:at]
    seals = [one for one in SEALS if one.upto <= at]
    if lines and (not seals or seals[-1].upto != at):
        seals.append(seal(lines[-1], OURS))
    return lines, seals


def written_anew(at: int) -> Log:
    """One line changed, and the whole log behind it chained and sealed again with our own key."""
    leaves = [*LEAVES[:at], leaf(at + 1, actor="nobody"), *LEAVES[at + 1 :]]
    return log(leaves)


ON_THE_LINE = [flipped, deleted, inserted]


def findings(tampered: Log, signer: Signer = OURS, witnessed: Sequence[Seal] = ()) -> list[Finding]:
    lines, seals = tampered
    return list(verify_chain(lines, seals, witnessed, keys_by_name([signer.public])))


def test_a_log_that_nobody_touched_is_whole() -> None:
    assert findings((LINES, SEALS), witnessed=SEALS) == []
    assert findings(log([])) == []


@pytest.mark.parametrize("tamper", ON_THE_LINE, ids=lambda one: one.__name__)
def test_the_very_line_is_named(tamper: Callable[[int], Log]) -> None:
    """A line that is put in with a right chain shows at the first true line behind it, or at a seal on itself."""
    named = {at: [one.line for one in findings(tamper(at))] for at in PLACES}

    def behind(at: int) -> int:
        return 1 if tamper is inserted and (at + 1) % EVERY else 0

    assert {at: lines for at, lines in named.items() if lines[:1] != [at + 1 + behind(at)]} == {}


def test_a_line_taken_out_of_renumbered_ones_is_named() -> None:
    assert [at for at in PLACES if [f.line for f in findings(deleted_and_numbered_anew(at))][:1] != [at + 1]] == []


def test_two_lines_that_changed_places_are_named() -> None:
    assert [at for at in PLACES[1:] if [f.line for f in findings(swapped(at))] != [at]] == []


def test_a_log_cut_off_and_sealed_again_is_found_by_the_witness() -> None:
    named = {at: [(one.kind, one.line) for one in findings(cut_off(at), witnessed=SEALS)] for at in PLACES}

    assert {at: one for at, one in named.items() if one != [("truncated", at + 1)]} == {}


def test_a_log_written_anew_with_our_own_key_is_found_by_the_witness_at_the_next_checkpoint() -> None:
    def first(at: int) -> int:
        return next(one.upto for one in SEALS if one.upto > at)

    named = {at: [(one.kind, one.line) for one in findings(written_anew(at), witnessed=SEALS)] for at in PLACES}

    assert {at: one for at, one in named.items() if one != [("rewritten", first(at))]} == {}


def test_a_log_written_anew_with_another_key_is_found_without_a_witness() -> None:
    found = findings(log(LEAVES, THEIRS))

    assert [one.kind for one in found[: len(SEALS)]] == ["signature"] * len(SEALS)


def test_a_line_that_is_numbered_and_under_no_seal_is_found() -> None:
    assert [one.kind for one in findings((LINES, SEALS[:-1]))] == ["unsigned"]
