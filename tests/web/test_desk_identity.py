"""Officers who sign in at a certified provider: role and office come with them, and no account is taken over."""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import pytest

from proactive.store.people import Officer, Role
from proactive.store.store import Store
from rules import Catalogue
from tests.web.browsing import HERE, Person
from tests.web.conftest import House, build, emptied
from tests.web.identity.certified import NONE, Certified, certified, there_is_one
from tests.web.people import MORNING, OFFICE

pytestmark = pytest.mark.skipif(not there_is_one(), reason=NONE)


def staff(username: str, unit: str | None, *roles: str) -> dict[str, object]:
    claims = {"username": username, "name": "Trần Văn Hòa", "roles": list(roles), "unit_code": unit}
    return {"acr": "urn:city:2", "claims": {name: value for name, value in claims.items() if value is not None}}


ACCOUNTS = {
    "hoa": staff("hoa", "H17.33", "khach", "can-bo"),
    "steward": staff("dung", "centre-20242", "quan-tri-du-lieu", "can-bo"),
    "stranger": staff("xa", "H99.01", "can-bo"),
    "unplaced": staff("moi", None, "can-bo"),
    "guest": staff("khach", "H17.33", "khach"),
    "nameless": staff(" ", "H17.33", "can-bo"),
}
CLAIMS = {"username": "username", "name": "name", "roles": "roles", "office": "unit_code"}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certified]:
    with certified(ACCOUNTS, public_url=HERE, folder=tmp_path_factory.mktemp("identity")) as found:
        yield found


@pytest.fixture(scope="module")
async def built_with(store: Store, catalogue: Catalogue, provider: Certified) -> AsyncIterator[House]:
    desk = provider.client(
        "city", audience="officer", scope="openid profile staff", claims=CLAIMS, level=None,
        roles={"quan-tri-du-lieu": "data", "can-bo": "officer"}, offices={"H17.33": OFFICE},
    )  # fmt: skip
    async with build(store, catalogue, public_url=HERE, clients=[desk]) as house:
        yield house


@pytest.fixture
async def house(built_with: House) -> AsyncIterator[House]:
    built_with.clock.at, built_with.people.count = MORNING, 0
    await emptied(built_with.store)
    yield built_with
    while built_with.visitors:
        await built_with.visitors.pop().client.aclose()


async def comes(house: House, provider: Certified, account: str) -> tuple[Person, str]:
    """Away by the button of the desk's door, and back as this account."""
    person = house.person()
    await person.opens("/desk/sign-in")
    answer = await person.client.post("/desk/sign-in/away", data=person.hidden("/desk/sign-in/away"))
    assert answer.status_code == 303
    back = await provider.log_in(answer.headers["location"], account, back=HERE)
    assert urlsplit(back).path == "/desk/sign-in/return"
    await person.opens(back)
    return person, back


async def test_an_officer_comes_with_role_and_office_and_sees_that_office_alone(
    house: House, provider: Certified
) -> None:
    await house.people.dossier(name="CỦA MÌNH")
    officer, _ = await comes(house, provider, "hoa")

    await officer.opens("/desk?show=unreached")

    kept = await house.store.officers.get("hoa@city")
    assert kept is not None and (kept.office, kept.role, kept.full_name) == (OFFICE, Role.OFFICER, "Trần Văn Hòa")
    assert officer.page is not None and officer.page.status_code == 200 and "Trần Văn Hòa" in officer.text
    await officer.opens("/desk/files")
    assert officer.page is not None and officer.page.status_code == 403


async def test_the_first_role_of_the_file_counts_and_our_own_codes_of_offices_need_no_line(
    house: House, provider: Certified
) -> None:
    officer, _ = await comes(house, provider, "steward")

    kept = await house.store.officers.get("dung@city")
    await officer.opens("/desk/files")
    assert (
        kept is not None
        and (kept.office, kept.role) == ("centre-20242", Role.DATA)
        and officer.page is not None
        and officer.page.status_code == 200
    )


@pytest.mark.parametrize(
    ("account", "says"),
    [
        ("stranger", "đơn vị “H99.01”, chưa nối với cơ quan nào"),
        ("unplaced", "chưa ghi đơn vị nào"),
        ("guest", "không có vai trò nào"),
        ("nameless", "không cho biết tên đăng nhập"),
        ("deny", "đã không đồng ý"),
    ],
)
async def test_who_does_not_work_here_is_told_why_in_one_sentence(
    house: House, provider: Certified, account: str, says: str
) -> None:
    person, _ = await comes(house, provider, account)

    assert says in person.text and person.page is not None and person.page.status_code in {400, 403}
    await person.opens("/desk")
    assert "Đăng nhập của cán bộ" in person.text and not await house.store.officers.all()


async def test_a_provider_never_takes_over_an_account_of_the_office_nor_opens_a_closed_one(
    house: House, provider: Certified
) -> None:
    for account in (
        {"password_hash": "$argon2id$of-the-office", "active": True},
        {"password_hash": "", "active": False},
    ):
        kept = Officer(username="hoa@city", full_name="Của cơ quan", office="centre-20194", **account)
        await house.store.officers.put(kept)

        person, _ = await comes(house, provider, "hoa")

        assert "đã bị khóa ở đây" in person.text and await house.store.officers.get("hoa@city") == kept


async def test_no_password_opens_an_account_of_a_provider(house: House, provider: Certified) -> None:
    await comes(house, provider, "hoa")
    person = house.person()
    for password in ("", " ", "hoa"):
        await person.opens("/desk/sign-in")
        await person.sends("/desk/sign-in", username="hoa@city", password=password)
        assert "không đúng" in person.text


async def test_an_answer_is_good_once_and_in_its_own_browser(house: House, provider: Certified) -> None:
    officer, back = await comes(house, provider, "hoa")
    thief = house.person()
    await thief.opens("/desk/sign-in")
    for person in (officer, thief):
        await person.opens(back)
        assert "đã quá 10 phút, đã dùng một lần" in person.text


async def test_other_rights_at_the_next_sign_in_end_what_was_begun_with_the_old_ones(
    house: House, provider: Certified
) -> None:
    first, _ = await comes(house, provider, "hoa")
    kept = await house.store.officers.get("hoa@city")
    assert kept is not None
    await house.store.officers.put(kept.model_copy(update={"office": "centre-20194"}))

    second, _ = await comes(house, provider, "hoa")

    await first.opens("/desk")
    await second.opens("/desk")
    assert "Đăng nhập của cán bộ" in first.text and "Trần Văn Hòa" in second.text


async def test_signing_out_leads_to_the_providers_own_sign_out(house: House, provider: Certified) -> None:
    officer, _ = await comes(house, provider, "hoa")

    answer = await officer.client.post("/desk/sign-out", data=officer.hidden("/desk/sign-out"))

    assert answer.headers["location"].startswith(provider.issuer)
    assert "post_logout_redirect_uri=" in answer.headers["location"]
    await officer.opens("/desk")
    assert "Đăng nhập của cán bộ" in officer.text
