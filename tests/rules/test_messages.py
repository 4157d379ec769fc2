"""The texts of a service: what is said of one that cannot go out, with the file, the reason and the way to mend it."""

import shutil
from pathlib import Path

import jinja2
import pytest

from rules import messages
from rules.channels import channels
from rules.grammar import Fact, Form, ServiceText
from rules.messages import LANGUAGES, Fault, filled_in, sample, template
from tests.rules.conftest import ROOT
from tests.rules.sense import changed, registers

NAMES = "licence_class, last4, expires_on, variant, days_late, code, rung"
"""What a text of this service may use, as it is told."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "driver_licence_renewal" / "messages", tmp_path / "messages")
    return tmp_path


def faults(folder: Path, *on: str) -> list[Fault]:
    """What is wrong with the folder's texts where the ladder tells on these channels; on the service's own if none."""
    ladder = {"ladder": [{"name": "first", "offset_days": -60, "channels": on}]} if on else {}
    text = ServiceText.model_validate(changed("service.yaml", ladder))
    return list(messages.faults(folder, text, form(), registers()))


def form() -> Form:
    return Form.model_validate(changed("form.yaml", {}))


def write(folder: Path, name: str, text: str) -> None:
    (folder / "messages" / name).write_text(text, encoding="utf-8")


def test_nothing_is_said_of_texts_that_may_go_out(folder: Path) -> None:
    assert faults(folder) == []


def test_a_channel_that_nobody_described_is_named_with_those_that_are_and_the_others_are_looked_at(
    folder: Path,
) -> None:
    (folder / "messages" / "sms.en.j2").unlink()

    assert faults(folder, "pigeon", "sms") == [
        (
            "pigeon.vi.j2", "The ladder uses pigeon, and nothing says what a text on it may be.",
            f"Write rules/channels/pigeon.yaml, or use one of: {', '.join(channels())}.",
        ),
        ("sms.en.j2", "The ladder uses sms, but this text is missing.", "Write it into messages/."),
    ]  # fmt: skip


def test_each_text_that_is_missing_is_named_and_the_other_language_is_looked_at(folder: Path) -> None:
    (folder / "messages" / "email.vi.j2").unlink()
    write(folder, "email.en.j2", "{{ nothing }}")

    missing, broken = faults(folder)

    assert missing == ("email.vi.j2", "The ladder uses email, but this text is missing.", "Write it into messages/.")
    assert broken[0] == "email.en.j2"


def test_a_text_that_no_rung_uses_is_looked_at_as_any_other(folder: Path) -> None:
    write(folder, "sms.vi.j2", "{{ nothing }}")

    assert [name for name, _, _ in faults(folder, "email")] == ["sms.vi.j2"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{ nothing }}", "It cannot be rendered: 'nothing' is undefined."),
        ("{{ days_late + 'x' }}", "It cannot be rendered: TypeError: unsupported operand"),
        ("{% if %}", "It cannot be rendered: Expected an expression"),
    ],
)
def test_a_text_that_cannot_be_rendered_is_told_once_with_what_it_may_use(folder: Path, text: str, why: str) -> None:
    write(folder, "sms.vi.j2", text)

    [(name, said, mend)] = faults(folder)

    assert (name, mend) == ("sms.vi.j2", f"It may use: {NAMES}.")
    assert said.startswith(why) and said.endswith(".")


def test_a_file_that_is_no_utf_8_is_told_as_any_other_that_cannot_be_rendered(folder: Path) -> None:
    (folder / "messages" / "sms.vi.j2").write_bytes("Giấy phép".encode("utf-16"))

    [(name, said, mend)] = faults(folder)

    assert name == "sms.vi.j2" and said.startswith("It cannot be rendered: 'utf-8' codec can't decode")
    assert mend == f"It may use: {NAMES}."


def test_what_its_channel_forbids_is_told_once_for_each_variant(folder: Path) -> None:
    write(folder, "sms.vi.j2", "{% if variant == 'renew' %}Xem tai http://vi.du.vn{% else %}Xin xem ho so{% endif %}")

    assert [(name, why.split(":")[0]) for name, why, _ in faults(folder)] == [("sms.vi.j2", "For renew")]


@pytest.mark.parametrize(
    ("name", "length"),
    {"licence_class": 2, "last4": 4, "expires_on": 10, "days_late": 3, "code": 9, "variant": 20, "rung": 20}.items(),
)
@pytest.mark.parametrize("kind", channels()["zalo"].parameters)
def test_a_parameter_is_tried_with_the_longest_value_it_can_get(
    folder: Path, name: str, length: int, kind: str
) -> None:
    write(folder, "zalo.yaml", f"parameters: {{so: {{value: {name}, kind: {kind}}}}}")
    for language in LANGUAGES:
        write(folder, f"zalo.{language}.j2", "Thong bao")

    most = channels()["zalo"].parameters[kind]
    long = ("zalo.yaml", f"so: {length} characters, and a {kind} has {most}.", "Choose another kind.")
    assert [one for one in faults(folder) if one[0] == "zalo.yaml"] == ([long] if length > most else [])


def test_a_text_goes_out_in_plain_letters_and_nothing_of_it_is_turned_into_marks(tmp_path: Path) -> None:
    (tmp_path / "sms.vi.j2").write_text("{{ who }} & con", encoding="utf-8")

    assert filled_in(template(tmp_path / "sms.vi.j2"), {"who": "Bố < mẹ"}) == "Bố < mẹ & con"


def test_a_text_that_reckons_with_words_fails_as_one_that_cannot_be_rendered() -> None:
    with pytest.raises(jinja2.TemplateRuntimeError, match=r"^ZeroDivisionError: division by zero$"):
        filled_in(jinja2.Template("{{ 1 / 0 }}"), {})


def test_a_fact_is_tried_as_long_as_it_can_get() -> None:
    def longest(**said: str) -> str:
        return sample(Fact.model_validate(said), form(), registers())

    assert longest(field="expires_on", shown="date") == "29/02/2028"
    assert longest(field="licence_no", shown="last4") == "4567"
    codes = registers()["driver_licences"].columns["class"].kind("class").codes
    assert longest(field="licence_class") == max(codes, key=len)
    assert longest(field="full_name") == longest(field="no_such_field") == "X" * 20
