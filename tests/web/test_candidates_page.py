"""The pages of candidates: proposed by a department, decided by the Office, and nobody decides on their own."""

from tests.web.conftest import House

BUILDING, OFFICE = "so-xay-dung-da-nang", "vp-ubnd-da-nang"
ONE = "/desk/candidates/transport-badge"


async def test_from_the_ranking_to_a_decision(house: House) -> None:
    building = await house.officer("xay", office=BUILDING)
    await building.opens("/desk/candidates")
    assert "Danh sách mẫu" in building.text and "Cấp lại phù hiệu xe ô tô" in building.text
    assert (await building.opens(ONE)).status_code == 200
    assert (await building.sends(f"{ONE}/propose", document="", note="")).status_code == 400
    assert "Ghi số văn bản và lý do" in building.text
    await building.sends(f"{ONE}/propose", document="12/TTr-SXD", note="Ít giấy tờ")
    assert "Đã đề xuất, chờ quyết định" in building.text and "Quyết định của Văn phòng" not in building.text

    proposal = (await house.store.steering.proposals())[0]
    decide = f"/desk/proposals/{proposal.id}/decide"
    assert (await building.sends(decide, to="accepted", document="1/QĐ")).status_code == 403
    office = await house.officer("van", office=OFFICE)
    await office.opens(ONE)
    assert "Quyết định của Văn phòng" in office.text
    assert (await office.sends(decide, to="declined", document="1/QĐ", note="")).status_code == 400
    later = await house.officer("vu", office=OFFICE)
    await later.opens(ONE)
    await office.sends(decide, to="accepted", document="1/QĐ", note="")
    assert "Đã đồng ý thí điểm" in office.text
    assert (await later.sends(decide, to="declined", document="2/QĐ", note="muộn")).status_code == 409
    await office.opens("/desk/candidates")
    by_department = office.text.partition('id="least"')[2].partition('id="weights"')[0]
    for said in ("12/TTr-SXD", "xay", "1/QĐ", "van", "Đã đồng ý thí điểm", "Cấp lại phù hiệu xe ô tô"):
        assert said in by_department
    told = (await office.opens("/desk/candidates.json")).json()
    assert [(one["accepted"], one["missing"]) for one in told["departments"] if one["office"] == BUILDING] == [(1, 1)]


async def test_documents_and_only_for_officers(house: House) -> None:
    building = await house.officer("xay", office=BUILDING)

    for kind, begins in (("pdf", b"%PDF"), ("docx", b"PK")):
        answer = await building.opens(f"/desk/candidates/document?department={BUILDING}&kind={kind}")
        assert answer.content.startswith(begins)
    for bad in ("department=x", f"department={BUILDING}&kind=exe"):
        assert (await building.opens(f"/desk/candidates/document?{bad}")).status_code == 404
    assert (await building.opens("/desk/candidates/khong-co")).status_code == 404
    assert "Đăng nhập" in (await house.person().opens("/desk/candidates")).text
