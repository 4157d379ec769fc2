"""What a text may be on each channel: frauds are refused, our own texts are not, and nothing private is shown."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rules
from rules import forbidden
from rules.channels import channels, read
from rules.forbidden import prohibitions
from rules.texts import plain, size

SCAMS = (Path(__file__).with_name("scams.txt")).read_text(encoding="utf-8").splitlines()
OURS = (
    "TP Da Nang, dich vu cong chu dong: GPLX hang B2 so ***4567 het han 15/03/2027. Ho so doi da duoc chuan bi. "
    "Nhap ma tai trang dich vu cong TP hoac tai trung tam bat ky xa, phuong. Khong thu tien, khong hoi OTP qua dien "
    "thoai. Hoi 1022. Ma kiem tra: K7Q4 M2XD"
)


def why(channel: str, text: str) -> list[str]:
    return [fault for fault, _ in channels()[channel].faults(text)]


@pytest.mark.parametrize("scam", SCAMS)
def test_what_frauds_write_may_not_go_out(scam: str) -> None:
    """Also where the channel's own alphabet would refuse it: the reason must be the fraud."""
    kinds = ("links", "phone_numbers", "pressure", "money", "secrets", "installing", "luring")

    for text in (scam, plain(scam), scam.upper(), plain(scam).replace(" ", "  ")):
        assert any(list(prohibitions()[kind].check(text)) for kind in kinds), text


def test_our_own_text_may() -> None:
    assert why("sms", OURS) == []


def test_every_channel_is_a_file_of_its_own_and_can_be_read() -> None:
    assert {"sms", "viettel_sms", "zalo", "email", "call_list"} <= set(channels())


@pytest.mark.parametrize(
    ("channel", "text", "said"),
    [
        ("sms", "Giấy phép lái xe", "not plain GSM-7"),
        ("sms", "x" * 307, "3 segments"),
        ("sms", "", "says nothing"),
        ("sms", "so 048090000001", "12 digits"),
        ("sms", "goi 0236 3881 888", "number to call"),
        ("sms", "goi 1900 9095", "number to call"),
        ("sms", "xem dichvucong.gov.vn", "looks like a link"),
        ("sms", "xem dichvucong dot gov", "looks like a link"),
        ("sms", "a\u200bb", "cannot be seen"),
        ("zalo", "GPLX của ông Nguyễn Văn An", "abbreviation"),
        ("zalo", "Kính gửi anh/chị", "address"),
        ("zalo", "Nhận SMS", "another channel"),
        ("zalo", "x" * 401, "401 characters"),
        ("email", "Bấm https://danang.gov.vn", "looks like a link"),
        ("call_list", "Đọc mã OTP cho tôi", "asking for secrets"),
    ],
)
def test_what_a_channel_forbids_is_said(channel: str, text: str, said: str) -> None:
    assert any(said in one for one in why(channel, text)), why(channel, text)


def test_what_is_denied_may_be_said_but_a_threat_may_not() -> None:
    assert why("sms", "Can bo khong bao gio thu tien hay hoi mat khau qua dien thoai.") == []
    assert why("sms", "Neu khong nop tien, se bi khoa tai khoan") != []


@given(st.text(max_size=400))
def test_no_text_is_too_odd_to_be_judged(text: str) -> None:
    for channel in channels().values():
        list(channel.faults(text))


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=400))
def test_a_text_takes_no_less_for_having_accents(text: str) -> None:
    assert size(plain(text)).segments <= size(text).segments or size(plain(text)).encoding == "UCS-2"


def test_a_file_that_cannot_be_used_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "fax.yaml"
    path.write_text(
        "title: {vi: Fax, en: Fax}\nscript: plain\nforbids:\n  ink: {reference: x, confidence: V}\n", encoding="utf-8"
    )

    channel, problems = read(path)

    assert channel is None
    assert [(one.where, one.line) for one in problems] == [("forbids.ink", 4)]


def test_a_ladder_with_a_channel_that_nobody_described_is_not_published(rulebook: Path) -> None:
    place = rulebook / "driver_licence_renewal" / "service.yaml"
    said = place.read_text(encoding="utf-8")
    place.write_text(said.replace("[sms, zalo, email, call_list]", "[pigeon]", 1), encoding="utf-8")

    assert any("nothing says what a text on it may be" in problem.why for problem in rules.check(rulebook))


HIDDEN = "it has line breaks or characters that cannot be seen."


@pytest.mark.parametrize(
    ("letter", "hidden"),
    [("\n", True), ("\u200b", True), ("\ue000", True), ("\ud800", True), ("\u2028", True), ("\u2029", True),
     ("\u00a0", False), ("\u3000", False), ("\u0378", False), ("é", False)],
)  # fmt: skip
def test_what_cannot_be_seen_is_told(letter: str, hidden: bool) -> None:
    said = list(prohibitions()["control_characters"].check(f"a{letter}b"))

    assert said == ([(HIDDEN, "Take them out.")] if hidden else [])


def test_what_can_be_forbidden_is_called_in_both_languages() -> None:
    said = {name: (one.says.vi, one.says.en) for name, one in prohibitions().items()}

    assert list(said.items())[:4] == [
        ("links", ("đường dẫn", "links")),
        ("phone_numbers", ("số điện thoại", "phone numbers")),
        ("long_numbers", ("dãy từ năm chữ số", "five digits or more in a row")),
        ("control_characters", ("ký tự không nhìn thấy", "characters that cannot be seen")),
    ]
    assert len(said) > 4 and all(vi and en for vi, en in said.values())


@given(st.from_regex(forbidden._LINK, alphabet=st.characters(max_codepoint=126)), st.text("ab .", max_size=6))
def test_what_looks_like_a_link_is_found_wherever_it_stands(link: str, before: str) -> None:
    text = f"{before}{link}"
    assert bool(list(prohibitions()["links"].check(text))) == bool(forbidden._LINK.search(forbidden.seen(text)))
