"""breach: who is concerned, since when, and which fields, as lines for the file that the authority is given."""

from collections.abc import AsyncIterator, Sequence

from proactive.domain.dossier import Dossier
from proactive.ports.clock import DA_NANG
from proactive.store.concerned import FIRST, Concerned, Span
from proactive.store.store import Store
from rules import Catalogue

HEADING = (
    "Số định danh", "Số điện thoại", "Thư điện tử", "Dịch vụ", "Cơ quan", "Giữ từ", "Lộ từ", "Số lần", "Các mục",
)  # fmt: skip
PAGE = 500


async def concerned(span: Span, *, store: Store, catalogue: Catalogue) -> AsyncIterator[Sequence[object]]:
    """A line a dossier, in the order of `HEADING`."""
    after = FIRST
    while page := await store.breaches.concerned(span, after=after, limit=PAGE):
        found = {one.id: one for one in await store.dossiers.many([line.dossier for line in page])}
        emails = {subject: await store.addressees.email(subject) for subject in {one.subject for one in found.values()}}
        for line in page:
            dossier = found[line.dossier]
            personal_id = store.pseudonyms.open(dossier.subject)
            yield _line(line, dossier, personal_id, emails[dossier.subject], span, catalogue)
        after = page[-1].dossier


def _line(
    line: Concerned, dossier: Dossier, personal_id: str, email: str | None, span: Span, catalogue: Catalogue
) -> Sequence[object]:
    service = catalogue.services.get(dossier.service)
    titles = {one.name: one.label.vi for one in service.form.fields} if service else {}
    fields = [titles.get(one.name, one.name) for one in dossier.fields if one.value is not None]
    fields += ["Số điện thoại"] if dossier.phone else []
    shown = line.shown or max(line.since, span.since)
    return (
        personal_id, dossier.phone, email, dossier.service, dossier.office, line.since.astimezone(DA_NANG),
        shown.astimezone(DA_NANG), line.times or None, ", ".join(fields),
    )  # fmt: skip
