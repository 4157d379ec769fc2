"""Pseudonyms: the same person has the same one, nobody is read without the key, and no id is taken for one."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proactive.domain.pseudonym import KEY_BYTES, PLAIN, Pseudonyms, Unopened, like, read_key
from proactive.errors import Unusable

KEY, OTHER = bytes(range(KEY_BYTES)), bytes(range(1, KEY_BYTES + 1))
OURS = Pseudonyms(KEY, by_person=["residents"])
AN = "048157731946"
IDS = st.text("0123456789", min_size=12, max_size=12)
ANYTHING = st.text(min_size=1, max_size=40)


@given(IDS)
def test_an_id_opens_again_and_is_not_to_be_seen(personal_id: str) -> None:
    kept = OURS.of(personal_id)

    assert OURS.open(kept) == personal_id and personal_id not in kept
    assert like(kept) and kept.isascii() and kept.isprintable() and len(kept) == 43
    assert OURS.of(personal_id) == kept


@given(ANYTHING)
def test_so_does_whatever_else_a_register_names_somebody_by(subject: str) -> None:
    assert OURS.open(OURS.of(subject)) == subject
    assert OURS.of(OURS.of(subject)) == OURS.of(subject)


@given(IDS, IDS)
def test_two_people_never_have_one_pseudonym_and_end_alike_only_where_their_ids_do(one: str, other: str) -> None:
    first, second = OURS.of(one), OURS.of(other)

    assert (first == second) == (one == other)
    assert (first[-4:] == second[-4:]) == (one[-4:] == other[-4:])
    assert first[-4:] == OURS.ends(one[-4:])


@given(ANYTHING)
def test_no_personal_id_is_taken_for_a_pseudonym(text: str) -> None:
    assert not like(AN) and not like(OURS.of(AN)[1:]) and not like("~") and OURS.open(AN) == AN
    assert like(text) or OURS.open(text) == text


def test_the_last_digits_are_each_four_other_digits_once() -> None:
    ends = [OURS.ends(f"{number:04d}") for number in range(10_000)]

    assert sorted(ends) == [f"{number:04d}" for number in range(10_000)]
    assert sum(end == f"{number:04d}" for number, end in enumerate(ends)) < 10


def test_it_is_the_same_under_this_key_for_ever_and_another_under_another() -> None:
    ours = Pseudonyms(KEY, by_person=["residents"])  # made anew, as every process does

    assert ours.of(AN) == "~uq-gu7R6UEW2J6q5v9xERAIr4Y7QT0WKwo_ANA6266"
    assert (ours.name, ours.hides) == ("99e39754", True)
    assert [ours.ends(digits) for digits in ("0000", "1946", "9999", "none")] == ["9246", "6266", "9174", "none"]
    assert ours.key("residents", AN) == ours.of(AN)
    assert Pseudonyms(OTHER).of(AN) != OURS.of(AN)
    assert Pseudonyms(OTHER).name != OURS.name
    with pytest.raises(Unopened, match="PROACTIVE_LOOKUP_KEY is not the key that it was made under"):
        Pseudonyms(OTHER).open(OURS.of(AN))


def test_one_that_was_changed_does_not_open() -> None:
    kept = OURS.of(AN)
    other = kept[:5] + ("A" if kept[5] != "A" else "B") + kept[6:]

    with pytest.raises(Unopened):
        OURS.open(other)


@pytest.mark.parametrize("typed", ["~", "~~~", "~" + "A" * 38 + "1234", "~" + "A" * 40 + "----", AN, ""])
def test_whatever_somebody_types_is_shown_as_they_typed_it(typed: str) -> None:
    assert OURS.shown(typed) == PLAIN.shown(typed) == typed
    assert OURS.shown(OURS.of(AN)) == AN


def test_what_only_looks_like_a_pseudonym_is_hidden_as_everything_is() -> None:
    for sent in ("~", "~" + "A" * 38 + "1234", Pseudonyms(OTHER).of(AN)):
        assert OURS.open(OURS.of(sent)) == sent != OURS.of(sent)


def test_many_threads_make_the_same_ones() -> None:
    ids = [f"048{number:09d}" for number in range(2000)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda one: [OURS.open(OURS.of(id)) for id in one], [ids] * 8))

    assert found == [ids] * 8


def test_only_keys_of_registers_that_name_their_rows_by_a_person_are_hidden() -> None:
    assert OURS.key("residents", AN) == OURS.of(AN)
    assert OURS.key("driver_licences", AN) == AN
    assert OURS.of("") == OURS.key("residents", "") == ""


def test_without_a_key_an_id_stands_for_itself_and_nothing_is_opened() -> None:
    for plain in (PLAIN, Pseudonyms(by_person=["residents"])):
        assert plain.of(AN) == plain.open(AN) == plain.key("residents", AN) == AN
        assert (plain.ends("1946"), plain.hides, plain.name) == ("1946", False, "")
        with pytest.raises(Unopened):
            plain.open(OURS.of(AN))


SHORT = "PROACTIVE_LOOKUP_KEY must be 32 bytes in base64. Make one: openssl rand -base64 32"
GUESSED = "PROACTIVE_LOOKUP_KEY is one that anybody can guess. Make one: openssl rand -base64 32"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (b"", SHORT), (b"short", SHORT), (bytes(range(KEY_BYTES + 1)), SHORT), (bytes(KEY_BYTES), GUESSED),
        (b"ab" * 16, GUESSED), (bytes(range(7)) * 4 + b"\0" * 4, GUESSED),
    ],
)  # fmt: skip
def test_a_key_that_protects_nothing_is_refused(key: bytes, said: str) -> None:
    with pytest.raises(Unusable) as refused:
        Pseudonyms(key)
    assert str(refused.value) == said


def test_a_key_of_eight_different_bytes_is_taken() -> None:
    assert Pseudonyms(bytes(range(8)) * 4).hides


def test_a_key_is_written_as_base64() -> None:
    assert read_key(" AQID\n") == b"\x01\x02\x03"
    for written in ("no!", "AQ!ID"):
        with pytest.raises(Unusable) as refused:
            read_key(written)
        assert str(refused.value) == "PROACTIVE_LOOKUP_KEY is not base64. Make one: openssl rand -base64 32"
