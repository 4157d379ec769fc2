"""Brings proactive/locale up to date with the pages, and compiles it. `make messages`.

The texts stand in the templates in Vietnamese and are the ids of the messages. A new one appears in the Vietnamese
catalogue as it is written in the template, and in the English one empty: a test fails until somebody has written it.
"""

import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
PAGES, LOCALE = ROOT / "proactive" / "web" / "templates", ROOT / "proactive" / "locale"
LANGUAGES = ("vi", "en")
WRITTEN = datetime(2026, 11, 23, tzinfo=UTC)
"""A fixed date, so that making the catalogues again changes nothing."""


def extracted() -> Catalog:
    """All messages of all templates, in the order of the files."""
    catalog = Catalog(project="danang-proactive", creation_date=WRITTEN, revision_date=WRITTEN)
    found = extract_from_dir(
        PAGES,
        method_map=[("**.html", "jinja2.ext:babel_extract")],
        options_map={"**.html": {"extensions": "jinja2.ext.i18n", "silent": "false", "newstyle_gettext": "true"}},
    )
    for file, _, message, comments, context in sorted(found, key=lambda one: (one[0], one[1])):
        catalog.add(message, None, [(file, None)], auto_comments=comments, context=context)
    return catalog


def known(language: str) -> Catalog:
    path = LOCALE / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return Catalog(locale=language, creation_date=WRITTEN, revision_date=WRITTEN)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def brought_up_to_date(language: str, template: Catalog) -> Catalog:
    """The catalogue with exactly the messages of the templates; translations of those that stay are kept."""
    before = known(language)
    after = Catalog(
        locale=language,
        project=template.project,
        version="1",
        creation_date=WRITTEN,
        revision_date=WRITTEN,
        header_comment=f"# Texts of the pages: {language}. See scripts/messages.py.",
    )
    for message in template:
        if message.id:
            kept = before.get(message.id, message.context)
            string = kept.string if kept and any(kept.string) else ""
            if language == LANGUAGES[0] and not string:
                string = (message.id[0],) if isinstance(message.id, tuple) else message.id
            after.add(message.id, string, message.locations, context=message.context)
    return after


def main() -> int:
    template = extracted()
    for language in LANGUAGES:
        catalog = brought_up_to_date(language, template)
        folder = LOCALE / language / "LC_MESSAGES"
        folder.mkdir(parents=True, exist_ok=True)
        for suffix, write in ((".po", lambda out, c: write_po(out, c, width=120)), (".mo", write_mo)):
            content = BytesIO()
            write(content, catalog)
            (folder / f"messages{suffix}").write_bytes(content.getvalue())
        missing = sum(1 for message in catalog if message.id and not any(message.string))
        print(f"{language}: {len(catalog)} messages, {missing} not translated yet")  # noqa: T201  a command's answer
    return 0


if __name__ == "__main__":
    sys.exit(main())
