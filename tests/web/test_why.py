""" "Why am I being told this?": what holds, with its law, and nothing as certain that is not."""

from datetime import date

from proactive.domain.dossier import Reason
from proactive.prefill import DISPUTED, UNSURE, why
from rules import Catalogue
from rules.base import Confidence
from tests.web.conftest import House

SERVICE = "driver_licence_renewal"
LAW = "Luật 36/2024/QH15, Điều 57"
CIRCULAR = "Thông tư 108/2026/TT-BCA, Điều 22"
FEE = "Thông tư 154/2025/TT-BTC"


def reason(reference: str | None, *, holds: bool = True) -> Reason:
    return Reason(condition="Hạng có thời hạn", condition_en="It expires", holds=holds, value="B", reference=reference)


def test_what_was_read_in_the_law_is_told_as_it_is(catalogue: Catalogue) -> None:
    [told] = why([reason(LAW), reason(LAW, holds=False)], catalogue.services[SERVICE])

    assert (told.says.vi, told.value, told.reference, told.caution) == ("Hạng có thời hạn", "B", LAW, None)


def test_what_is_not_sure_is_told_with_a_caution(catalogue: Catalogue) -> None:
    service = catalogue.services[SERVICE]

    assert service.confidence(CIRCULAR) is Confidence.V2
    assert [one.caution for one in why([reason(CIRCULAR)], service)] == [UNSURE]
    assert [one.caution for one in why([reason("Không còn trong quy định")], service)] == [UNSURE]
    assert [one.caution for one in why([reason(CIRCULAR)], None)] == [UNSURE]


def test_where_sources_disagree_only_that_is_told(catalogue: Catalogue) -> None:
    service = catalogue.services[SERVICE]

    [told] = why([reason(FEE)], service)

    assert service.confidence(FEE) is Confidence.CONFLICT
    assert (told.says, told.value, told.reference) == (DISPUTED, None, FEE)


async def test_the_page_says_why_with_the_article_and_how_sure_that_is(house: House) -> None:
    dossier = await house.people.dossier(expires=date(2026, 12, 20))
    person = await house.citizen(dossier)

    page = person.text

    assert "Vì sao tôi được báo việc này?" in page
    assert "Luật 36/2024/QH15, Điều 62.2" in page
    assert UNSURE.vi in page
    assert "chưa giải quyết xong" not in page.split("Thông tin đã điền sẵn")[0]
