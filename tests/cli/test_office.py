"""`proactive office` as an operator types it."""

from tests.cli.conftest import Run


async def test_an_old_address_is_answered_with_today_s_offices(run: Run) -> None:
    said = await run("office", "resolve", "phường Thạch Thang, quận Hải Châu", "--json")

    assert said.code == 0
    assert said.json["certain"] is True
    [match] = said.json["matches"]
    assert (match["unit"], match["centre"], match["police_points"]) == ("20242", "centre-20242", ["police-20242"])
    assert match["was"]["name"] == "Thạch Thang"


async def test_what_is_nowhere_ends_with_1_and_says_what_to_write(run: Run) -> None:
    said = await run("office", "resolve", "Cà Mau")

    assert said.code == 1
    assert "former district" in said.err


async def test_the_list_says_what_is_made_up(run: Run) -> None:
    said = await run("office", "list", "--json")

    samples = [one["id"] for one in said.json["offices"] if one["sample"]]
    assert len(said.json["offices"]) == 117
    assert samples and all(id.startswith("police-") for id in samples)
