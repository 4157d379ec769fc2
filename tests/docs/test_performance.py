"""The page of figures is what the kept results say, and was not edited by hand."""

import json

from tests.benchmarks.page import DOCS, KEPT, pages


def test_the_page_and_its_picture_are_made_from_the_kept_results() -> None:
    kept = {file.stem: json.loads(file.read_text()) for file in sorted(KEPT.glob("*.json"))}

    page, picture = pages(kept)

    assert kept
    assert page == (DOCS / "performance.md").read_text(encoding="utf-8"), "run make bench ARGS='--only none'"
    assert picture == (KEPT / "recognise.svg").read_text(encoding="utf-8")
