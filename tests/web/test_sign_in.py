"""Signing in at a certified provider of identities: who comes back is who it says, and opens only their own."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from proactive.domain.acting import Proof
from proactive.domain.dossier import Dossier, State
from proactive.store.store import Store
from proactive.web.citizen import entrance
from rules import Catalogue
from tests.web.browsing import HERE, Person
from tests.web.conftest import House, build, emptied
from tests.web.identity.certified import NONE, Certified, certified, citizen, there_is_one
from tests.web.people import MORNING, person_of

pytestmark = pytest.mark.skipif(not there_is_one(), reason=NONE)

MINE, OTHERS, STRANGER, WEAK = "048190000001", "048190000002", "001190999999", "048190000003"
ACCOUNTS = {
    "anh": citizen(MINE),
    "stranger": citizen(STRANGER),
    "weak": citizen(WEAK, acr="urn:vn:ial:1"),
    "nobody": {"acr": "urn:vn:ial:2", "claims": {"name": "Không có số định danh"}},
}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certified]:
    with certified(ACCOUNTS, public_url=HERE, folder=tmp_path_factory.mktemp("identity")) as found:
        yield found


@pytest.fixture(scope="module")
async def built_with(store: Store, catalogue: Catalogue, provider: Certified) -> AsyncIterator[House]:
    async with build(store, catalogue, public_url=HERE, clients=[provider.client()]) as house:
        yield house


@pytest.fixture
async def house(built_with: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(entrance, "SAME_TIME", 0.01)
    built_with.clock.at, built_with.people.count = MORNING, 0
    await emptied(built_with.store)
    yield built_with
    while built_with.visitors:
        await built_with.visitors.pop().client.aclose()


async def asks(person: Person) -> str:
    """Press the button on the first page; where the browser is sent."""
    await person.opens("/")
    answer = await person.client.post("/sign-in", data=person.hidden("/sign-in"))
    assert answer.status_code == 303
    return answer.headers["location"]


async def comes_back(person: Person, provider: Certified, account: str) -> str:
    """Away and back; the address that the provider sent the browser to."""
    back = await provider.log_in(await asks(person), account, back=HERE)
    await person.opens(back)
    return back


async def test_the_provider_is_asked_with_all_that_protects_the_answer(house: House) -> None:
    asked = parse_qs(urlsplit(await asks(house.person())).query)

    assert asked["response_type"] == ["code"] and asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{HERE}/sign-in/return"] and set(asked["scope"][0].split()) >= {"openid"}
    assert all(len(asked[name][0]) >= 20 for name in ("state", "nonce", "code_challenge"))


async def test_who_signed_in_sees_their_own_dossiers_and_nobody_elses(house: House, provider: Certified) -> None:
    mine = await house.people.dossier(name="NGUYỄN THỊ HOÀNG ANH")
    other = await house.people.dossier(name="NGƯỜI KHÁC")
    person = house.person()

    await comes_back(person, provider, "anh")

    assert person.page is not None and person.page.url.path == "/mine"
    assert "Đổi giấy phép lái xe khi đến hạn" in person.text and person.text.count('name="dossier"') == 1
    own = await person.sends("/mine")
    assert own.status_code == 303 and "NGUYỄN THỊ HOÀNG ANH" in person.text
    await person.opens("/mine")
    foreign = await person.posts("/mine", {**person.hidden("/mine"), "dossier": str(other.id)})
    nowhere = await person.posts("/mine", {**person.hidden("/mine"), "dossier": "khong-co"})
    assert foreign.status_code == nowhere.status_code == 404
    assert person_of(mine) == MINE and "NGƯỜI KHÁC" not in foreign.text


async def test_the_answer_is_kept_with_the_proof_of_who_gave_it(house: House, provider: Certified) -> None:
    dossier = await house.people.dossier()
    person = house.person()
    await comes_back(person, provider, "anh")
    await person.sends("/mine")

    await person.sends("/dossier", answer="confirm", **{"choice-new_class": "B", "return_to": "centre-20242"})

    token = house.keys.token_hash(person.client.cookies["citizen"])
    acting = await house.store.sign_ons.acting(token)
    assert (await house.people.again(dossier.id)).state is State.CONFIRMED
    assert (acting.proof, acting.provider, acting.level) == (Proof.IDENTITY, "vneid", "urn:vn:ial:2")


async def test_nobody_who_signs_in_keeps_the_session_that_they_came_with(house: House, provider: Certified) -> None:
    await house.people.dossier()
    person = house.person()
    await person.opens("/")
    person.client.cookies.set("person", "planted", domain="pages.test")
    person.client.cookies.set("citizen", "planted", domain="pages.test")

    await comes_back(person, provider, "anh")
    first = person.client.cookies["person"]
    await comes_back(person, provider, "anh")

    assert first != "planted" and person.client.cookies["person"] != first
    assert person.client.cookies.get("citizen") is None
    thief = house.person()
    thief.client.cookies.set("person", first, domain="pages.test")
    assert (await thief.opens("/mine")).url.path == "/"


async def test_coming_back_twice_or_in_another_browser_opens_nothing(house: House, provider: Certified) -> None:
    await house.people.dossier()
    person, other = house.person(), house.person(address="198.51.100.9")
    back = await provider.log_in(await asks(person), "anh", back=HERE)
    await other.opens("/")

    elsewhere = await other.opens(back)
    first = await person.opens(back)
    again = await person.opens(back)

    assert elsewhere.status_code == 400 and "trình duyệt khác" in other.text
    assert first.status_code == 200 and again.status_code == 400
    assert other.client.cookies.get("person") is None


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?state=x&code=y", "?state=x&error=access_denied", "?error=login_required"]
)
async def test_an_answer_that_nobody_asked_for_changes_nothing(house: House, query: str) -> None:
    person = house.person()
    await person.opens("/")
    before = await house.counts()

    answer = await person.opens(f"/sign-in/return{query}")

    after = await house.counts()
    assert answer.status_code == 400 and {t for t in after if after[t] != before[t]} <= {"counter"}


async def test_an_attempt_lasts_ten_minutes(house: House, provider: Certified) -> None:
    person = house.person()
    back = await provider.log_in(await asks(person), "anh", back=HERE)
    house.clock.at = MORNING + timedelta(minutes=11)

    assert (await person.opens(back)).status_code == 400


async def test_a_code_of_one_attempt_is_no_use_in_another(house: House, provider: Certified) -> None:
    """Whoever catches a code cannot put it into their own attempt: it belongs to the verifier of the first."""
    victim, thief = house.person(), house.person(address="198.51.100.9")
    caught = parse_qs(urlsplit(await provider.log_in(await asks(victim), "anh", back=HERE)).query)
    own = parse_qs(urlsplit(await asks(thief)).query)

    answer = await thief.opens(
        f"/sign-in/return?state={own['state'][0]}&code={caught['code'][0]}&iss={provider.issuer}"
    )

    assert answer.status_code == 400 and "không xác nhận được" in thief.text
    assert thief.client.cookies.get("person") is None


async def test_an_answer_of_another_provider_is_not_taken(house: House, provider: Certified) -> None:
    person = house.person()
    back = await provider.log_in(await asks(person), "anh", back=HERE)

    answer = await person.opens(back.replace(str(urlsplit(provider.issuer).port), "1"))

    assert answer.status_code == 400 and person.client.cookies.get("person") is None


@pytest.mark.parametrize(
    ("account", "status", "says"),
    [("deny", 400, "không đồng ý"), ("weak", 403, "mức 2"), ("nobody", 400, "không xác nhận được")],
)
async def test_who_is_not_surely_known_is_told_why(
    house: House, provider: Certified, account: str, status: int, says: str
) -> None:
    person = house.person()

    await comes_back(person, provider, account)

    assert person.page is not None and person.page.status_code == status and says in person.text
    assert person.client.cookies.get("person") is None


async def test_somebody_for_whom_nothing_was_prepared_is_told_so(house: House, provider: Certified) -> None:
    await house.people.dossier()
    person = house.person()

    await comes_back(person, provider, "stranger")

    assert "Chưa có hồ sơ nào" in person.text


async def test_signing_out_ends_both_sessions_and_leads_to_the_providers_own_sign_out(
    house: House, provider: Certified
) -> None:
    await house.people.dossier()
    person = house.person()
    await comes_back(person, provider, "anh")
    await person.sends("/mine")
    tokens = {kind: person.client.cookies[kind] for kind in ("person", "citizen")}

    left = await person.client.post("/sign-out", data=person.hidden("/sign-out"))

    asked = urlsplit(left.headers["location"])
    assert asked.path == "/session/end" and left.status_code == 303
    assert parse_qs(asked.query)["post_logout_redirect_uri"] == [f"{HERE}/signed-out"]
    assert "id_token_hint" not in asked.query and MINE not in asked.query
    for kind, token in tokens.items():
        person.client.cookies.set(kind, token, domain="pages.test")
    assert (await person.opens("/mine")).url.path == "/" and (await person.opens("/dossier")).url.path == "/"
    assert "Ông/bà đã đăng xuất" in (await person.opens("/signed-out")).text


async def test_a_page_of_one_dossier_answers_for_no_other(house: House, provider: Certified) -> None:
    first = await house.people.dossier()
    person = house.person()
    await comes_back(person, provider, "anh")
    await person.sends("/mine")
    open_elsewhere = person.hidden("/dossier")
    second = await _also(house, first)
    await person.opens("/mine")
    await person.posts("/mine", {**person.hidden("/mine"), "dossier": str(second.id)})

    answer = await person.posts("/dossier", {**open_elsewhere, "answer": "not_now"})

    assert answer.status_code == 403
    assert {(await house.people.again(one.id)).state for one in (first, second)} == {State.OFFERED}


async def _also(house: House, first: Dossier) -> Dossier:
    """Another dossier of the same person."""
    other = await house.people.dossier()
    return await house.people.moved(other, subject=first.subject)


async def test_no_form_of_another_site_begins_a_sign_in(house: House) -> None:
    person = house.person()
    await person.opens("/")
    fields = person.hidden("/sign-in")

    foreign = await person.posts("/sign-in", fields, origin="https://elsewhere.example")
    bare = await person.posts("/sign-in", {"provider": "vneid"})
    unknown = await person.posts("/sign-in", {**fields, "provider": "khac"})
    read = await person.opens("/sign-in")

    assert (foreign.status_code, bare.status_code, unknown.status_code, read.status_code) == (403, 403, 400, 405)


async def test_only_providers_may_be_led_to_by_a_form(house: House, provider: Certified) -> None:
    page = await house.person().opens("/")

    assert f"form-action 'self' {provider.issuer};" in page.headers["content-security-policy"]


async def test_a_service_that_asks_for_an_identity_sends_no_one_time_code(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    dossier = await house.people.dossier()
    service = house.parts.catalogue.services[dossier.service]
    monkeypatch.setitem(
        service.text.__dict__, "opens_by", type(service.text.opens_by)("identity")
    )  # rule texts are frozen: the test alone looks behind
    person = house.person()
    await person.opens("/")
    await person.sends("/", code=dossier.code)

    await person.sends("/identify", digits=person_of(dossier)[-4:])

    assert "Nhập mã một lần" in person.text and "Có việc chỉ mở được bằng định danh điện tử" in person.text
    assert await house.store.passcodes.latest(dossier.id) is None
