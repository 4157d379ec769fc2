"""Papers from a phone: known by content, freed of what they carry unseen, shown to their office alone and logged."""

import hashlib
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from sqlalchemy import text

from proactive.domain.document import DocumentKind
from proactive.domain.dossier import Answer, Dossier, State
from proactive.steps.erase import erase
from proactive.store.scope import Scope, within
from proactive.web import uploads
from proactive.web.citizen import documents
from proactive.web.uploads import NotTaken, Wrong, taken
from tests.web.browsing import Person
from tests.web.conftest import House
from tests.web.people import OFFICE

NEED = "health_certificate"
GPS = 34853


def photo(size: tuple[int, int] = (640, 480), kind: str = "JPEG", *, colour: str = "teal", mode: str = "RGB") -> bytes:
    """As a phone takes it: with the place, the camera, and a note of which way was up."""
    exif = Image.Exif()
    exif[271], exif[274] = "Dien thoai cua toi", 6
    exif.get_ifd(GPS).update({1: "N", 2: (16.0, 4.0, 0.0), 3: "E", 4: (108.0, 13.0, 0.0)})
    out = BytesIO()
    Image.new(mode, size, colour).save(out, kind, exif=exif)
    return out.getvalue()


def pdf(pages: int = 2, **do: object) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    if "script" in do:
        script = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject("app.alert(1)")}
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
            {NameObject(key): value for key, value in script.items()}
        )
    if "attached" in do:
        writer.add_attachment("evil.exe", b"MZ")
    if "password" in do:
        writer.encrypt("matkhau")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_picture_loses_its_place_and_camera_and_stands_upright() -> None:
    found = taken(photo() + b"<script>alert(1)</script>")

    with Image.open(BytesIO(found.content)) as kept:
        assert kept.format == "JPEG" and kept.size == (480, 640) and not dict(kept.getexif())
    assert found.kind is DocumentKind.JPEG and b"Dien thoai" not in found.content and b"script" not in found.content
    assert found.hash == hashlib.sha256(found.content).hexdigest()


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "L"), ("JPEG", "CMYK")])
def test_every_kind_of_picture_becomes_a_plain_one_of_bounded_size(kind: str, mode: str) -> None:
    out = BytesIO()
    Image.new(mode, (4000, 1000)).save(out, kind)

    found = taken(out.getvalue())

    with Image.open(BytesIO(found.content)) as kept:
        assert kept.format == "JPEG" and max(kept.size) <= uploads.LONGEST_EDGE


def bomb() -> bytes:
    out = BytesIO()
    Image.new("1", (40_000, 40_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", Wrong.EMPTY),
        (b"<html><script>alert(1)</script>", Wrong.KIND),
        (b"MZ" + bytes(100), Wrong.KIND),
        (b"\xff\xd8\xff" + bytes(uploads.MOST_BYTES), Wrong.BIG),
        (photo()[:400], Wrong.BROKEN),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 99, Wrong.BROKEN),
        (bomb(), Wrong.HUGE),
        (b"%PDF-1.7 that is none", Wrong.BROKEN),
        (pdf(31), Wrong.HUGE),
        (pdf(password=True), Wrong.LOCKED),
        (pdf(script=True), Wrong.ACTIVE),
        (pdf(attached=True), Wrong.ACTIVE),
    ],
)
def test_what_is_no_paper_to_look_at_is_not_taken(content: bytes, why: Wrong) -> None:
    with pytest.raises(NotTaken) as no:
        taken(content)

    assert no.value.why is why


def test_a_plain_pdf_is_kept_as_it_is() -> None:
    content = pdf(3)

    found = taken(content)

    assert (found.content, found.kind, found.pages) == (content, DocumentKind.PDF, 3)
    assert len(PdfReader(BytesIO(found.content)).pages) == 3


async def sends(person: Person, content: bytes, *, need: str = NEED, name: str = "anh.jpg") -> int:
    """Choose a file on the open page and press the button; looks at where that leads."""
    fields = {**person.hidden("/dossier/documents"), "need": need}
    answer = await person.client.post("/dossier/documents", data=fields, files={"file": (name, content)})
    leads = answer.headers.get("location")
    person.page = await person.client.get(leads) if leads else answer
    return answer.status_code


async def with_photo(house: House, *contents: bytes, office: str = OFFICE) -> tuple[Dossier, Person]:
    dossier = await house.people.dossier(office=office)
    person = await house.citizen(dossier)
    await person.opens("/dossier/documents")
    for content in contents or (photo(),):
        assert await sends(person, content) == 303
    return dossier, person


async def test_a_photo_is_kept_with_its_hash_shown_to_its_citizen_and_can_be_taken_back(house: House) -> None:
    dossier, person = await with_photo(house, photo(), pdf())

    kept = sorted(await house.store.documents.of(dossier.id), key=lambda one: one.kind, reverse=True)
    assert [one.kind for one in kept] == [DocumentKind.JPEG, DocumentKind.PDF] and "PDF, 2 trang" in person.text
    for one, shown in zip(kept, ("inline", "attachment"), strict=True):
        page = await person.opens(f"/dossier/documents/{one.id}")
        assert hashlib.sha256(page.content).hexdigest() == one.hash and len(page.content) == one.size
        assert page.headers["content-disposition"].startswith(shown)
        assert "sandbox" in page.headers["content-security-policy"] and page.headers["content-type"] == one.kind
        assert page.headers["x-content-type-options"] == "nosniff" and page.headers["cache-control"] == "no-store"

    await person.opens("/dossier/documents")
    await person.sends("/dossier/documents/remove", id=str(kept[0].id))

    assert [one.id for one in await house.store.documents.of(dossier.id)] == [kept[1].id]


async def test_the_same_photo_twice_is_one_and_so_many_are_enough(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MOST", 2)
    dossier, person = await with_photo(house, photo(), photo(), photo(colour="red"))

    assert await sends_beyond(person) == 400 and "Đã đủ 2 tệp" in person.text
    assert len(await house.store.documents.of(dossier.id)) == 2


async def sends_beyond(person: Person) -> int:
    """A page that was open before the last one that fits was sent."""
    fields = {"csrf": person.hidden("/dossier/documents/remove")["csrf"], "need": NEED}
    answer = await person.client.post(
        "/dossier/documents", data=fields, files={"file": ("a.jpg", photo(colour="blue"))}
    )
    person.page = answer
    return answer.status_code


@pytest.mark.parametrize(
    ("content", "need", "status", "says"),
    [
        (b"<html>", NEED, 400, "Chỉ nhận ảnh JPEG, PNG hoặc tệp PDF"),
        (b"", NEED, 400, "Chưa có ảnh hay tệp nào được chọn"),
        (photo(), "choose_new_class", 400, ""),
        (bytes(uploads.MOST_BYTES + 200_000), NEED, 413, ""),
    ],
)
async def test_what_is_not_taken_is_explained_and_keeps_nothing(
    house: House, content: bytes, need: str, status: int, says: str
) -> None:
    dossier = await house.people.dossier()
    person = await house.citizen(dossier)
    await person.opens("/dossier/documents")

    assert await sends(person, content, need=need, name="anh.jpg") == status

    assert says in person.text and await house.store.documents.of(dossier.id) == []


async def test_nothing_is_taken_or_taken_back_once_the_citizen_has_confirmed(house: House) -> None:
    dossier, person = await with_photo(house)
    (kept,) = await house.store.documents.of(dossier.id)
    form = person.hidden("/dossier/documents")
    await house.people.moved(
        await house.people.again(dossier.id), State.CONFIRMED, verb="confirm", actor="citizen", answer=Answer.CONFIRM
    )

    answer = await person.client.post(
        "/dossier/documents", data={**form, "need": NEED}, files={"file": ("a.jpg", photo(colour="red"))}
    )
    await person.posts("/dossier/documents/remove", {"csrf": form["csrf"], "id": str(kept.id)})

    assert answer.status_code == 409 and await house.store.documents.of(dossier.id) == [kept]


async def test_a_form_from_elsewhere_adds_nothing(house: House) -> None:
    dossier = await house.people.dossier()
    person = await house.citizen(dossier)

    answer = await person.client.post(
        "/dossier/documents", data={"csrf": "x", "need": NEED}, files={"file": ("a.jpg", photo())}
    )

    assert answer.status_code == 403 and await house.store.documents.of(dossier.id) == []


async def test_an_officer_of_the_office_opens_it_and_the_citizen_can_see_that(house: House) -> None:
    dossier, person = await with_photo(house)
    (kept,) = await house.store.documents.of(dossier.id)
    officer, stranger = await house.officer(), await house.officer("xa", office="centre-20194")
    path = f"/desk/dossiers/{dossier.id}/documents/{kept.id}"

    await officer.opens(f"/desk/dossiers/{dossier.id}")
    assert path in officer.text
    opened = await officer.opens(path)
    refused = await stranger.opens(path)

    assert hashlib.sha256(opened.content).hexdigest() == kept.hash and refused.status_code == 404
    read = [(one["what"], one["actor"]) for one in await house.store.readings.of_dossier(dossier.id)]
    assert ("document", "lan") in read and "xa" not in {who for _, who in read}
    await person.opens("/dossier/uses")
    assert "Cán bộ mở giấy tờ ông/bà đã gửi" in person.text


async def test_another_citizen_and_whoever_only_typed_the_code_see_no_document(house: House) -> None:
    dossier, _ = await with_photo(house)
    (kept,) = await house.store.documents.of(dossier.id)
    other = await house.citizen(await house.people.dossier())

    assert (await other.opens(f"/dossier/documents/{kept.id}")).status_code == 404
    for scope, seen in (
        (Scope(code=dossier.code), 0),
        (Scope(subject=dossier.subject), 0),
        (Scope(office="centre-20194", actor="xa"), 0),
        (Scope(office=OFFICE, actor="lan"), 1),
        (Scope(dossier=str(dossier.id)), 1),
    ):
        with within(scope):
            async with house.pages.engine.connect() as connection:
                for table in ("document", "document_content"):
                    counted = await connection.scalar(text(f"SELECT count(*) FROM {table}"))
                    assert counted == seen, (scope, table)


async def test_what_a_register_holds_is_not_asked_for_and_says_from_where_and_when(house: House) -> None:
    dossier = await house.people.dossier()
    async with house.store.engine.begin() as connection:
        await connection.execute(text("UPDATE dossier SET needs = '[]' WHERE id = :id"), {"id": dossier.id})
        await connection.execute(
            text(
                "INSERT INTO record (register, key, subject, version, deleted, body, revision, kept_at) "
                "VALUES ('health_certificates', 'k', :subject, 1, false, '{}', 1, '2026-11-20 03:00+00')"
            ),
            {"subject": dossier.subject},
        )
    person = await house.citizen(dossier)

    await person.opens("/dossier/documents")

    assert "Không phải nộp" in person.text and "giấy khám sức khỏe lái xe, 20/11/2026" in person.text
    assert 'type="file"' not in person.text


async def test_documents_go_when_their_dossier_has_been_over_for_long(house: House) -> None:
    ended, _ = await with_photo(house)
    open_still, _ = await with_photo(house)
    await house.people.moved(await house.people.again(ended.id), State.MOOT)

    left = []
    for later in (timedelta(days=1), timedelta(days=90)):
        house.clock.at = house.clock.now() + later
        await erase(privacy=house.parts.privacy, store=house.store, clock=house.clock, limit=100)
        left.append([len(await house.store.documents.of(one.id)) for one in (ended, open_still)])

    assert left == [[1, 1], [0, 1]]
    async with house.store.engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM document_content")) == 1
