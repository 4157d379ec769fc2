"""The short form of `make fuzz-push`, and what Hypothesis finds against the strict reader."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proactive.store.store import opened
from proactive.web.push.strict import Malformed, read
from tests.web.push.fuzz import fuzz


async def test_whatever_comes_is_answered_by_the_contract_and_no_neighbour_is_lost(database_url: str) -> None:
    async with opened(database_url) as store:
        result = await fuzz(store, database_url, number=400, seed=20261125)

    assert result.faults == []
    assert result.statuses[202] > 50
    assert result.statuses[400] > 50
    assert result.kept > 50


SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
)  # fmt: skip
NAMES = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8)
DOCUMENTS = st.recursive(SCALARS, lambda below: st.lists(below, max_size=4) | st.dictionaries(NAMES, below, max_size=4),
                         max_leaves=12)  # fmt: skip


@settings(max_examples=300, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=DOCUMENTS, escaped=st.booleans())
def test_sound_documents_are_read_as_everybody_reads_them(document: Any, escaped: bool) -> None:
    body = json.dumps(document, ensure_ascii=escaped).encode()

    assert read(body) == document
    assert msgspec.json.decode(msgspec.json.encode(read(body))) == msgspec.json.decode(body)


@settings(max_examples=500, deadline=None, database=None)
@given(body=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass"))
       | st.text('[]{}",:\\u0dc8-+.eE19 naNIftrls', max_size=40).map(str.encode))  # fmt: skip
def test_any_bytes_are_read_or_refused_and_what_is_read_can_be_written_again(body: bytes) -> None:
    try:
        found = read(body)
    except Malformed as error:
        assert error.why
        assert error.mend
        return

    again = msgspec.json.encode(found)
    assert b"\x00" not in again
    assert msgspec.json.decode(again) == msgspec.json.decode(body)


@pytest.mark.parametrize("depth", [10, 15])
def test_some_nesting_is_fine(depth: int) -> None:
    assert read(b"[" * depth + b"]" * depth) is not None
