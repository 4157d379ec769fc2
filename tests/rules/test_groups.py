"""Groups: channels of one kind that a ladder names as one."""

from pathlib import Path

import pytest

from rules.channels import channels
from rules.groups import groups, members, read, spelt_out, title


def test_a_word_of_a_ladder_is_a_channel_or_the_channels_of_a_group() -> None:
    assert members("any_sms") == ("sms", "viettel_sms")
    assert spelt_out(["any_sms", "email"]) == ["sms", "viettel_sms", "email"]
    assert title("any_sms") is not None and title("nothing") is None


def test_every_channel_of_a_group_is_one_and_no_group_is_called_like_one() -> None:
    for group in groups().values():
        assert set(group.either) <= set(channels())
        assert group.name not in channels()


@pytest.mark.parametrize(
    ("either", "said"),
    [
        ("{sms: 1}", "at least 2"),
        ("{sms: 1, pigeon: 1}", "no channel 'pigeon'"),
        ("{sms: 1, email: 1}", "do not say the same"),
        ("{sms: 0, viettel_sms: 1}", "greater than 0"),
    ],
)
def test_a_group_that_cannot_be_used_says_why(tmp_path: Path, either: str, said: str) -> None:
    path = tmp_path / "some.yaml"
    path.write_text(f"title: {{vi: Tin nhắn, en: Message}}\neither: {either}\n", encoding="utf-8")

    group, problems = read(path)

    assert group is None
    assert any(said in str(problem) for problem in problems), problems
