"""Bring the catalogues in resources/translations up to date with the texts in the code, and compile them.

python tools/translations.py            update the .po files, write the .mo files, name what lacks
python tools/translations.py --check    change nothing; fail where a text is missing, unused, inexact or not compiled
"""

import argparse
import ast
import datetime
import io
import string
import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "resources" / "translations"
_VARYING = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Last-Translator', b'"Language-Team', b'"Report-Msgid')
_NO_DATE = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
KEYWORDS = {"tr": 1, "ntr": 2}
"""What is called with texts, and with how many."""


def extract() -> Catalog:
    """Every text of `tr` and `ntr` in the package, with the files that use it."""
    catalog = Catalog(project="Recognizer", charset="utf-8")
    for path in sorted((ROOT / "recognizer").rglob("*.py")):
        # Not by Babel's own reader of tokens, which sees what stands inside an f-string from Python 3.12 on only.
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
                texts = [argument.value for argument in node.args[: KEYWORDS[node.func.id]]]  # type: ignore[attr-defined]
                text = texts[0] if len(texts) == 1 else tuple(texts)
                catalog.add(text, None, [(path.relative_to(ROOT).as_posix(), 0)])
    return catalog


def updated(path: Path, template: Catalog) -> Catalog:
    """The catalogue in `path` with exactly the texts of `template`."""
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.stem)
    catalog.update(template, no_fuzzy_matching=True)
    # The .mo file carries this date; with today's the same texts would compile to another file every minute.
    catalog.creation_date = _NO_DATE
    catalog.obsolete.clear()
    catalog.fuzzy = False
    catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = ""
    return catalog


def serialised(catalog: Catalog) -> tuple[bytes, bytes]:
    """The .po and the .mo file; the .po carries no dates, so that the same texts give the same file."""
    po, mo = io.BytesIO(), io.BytesIO()
    write_po(po, catalog, omit_header=False, sort_output=True, include_lineno=False, width=110)
    lines = [line for line in po.getvalue().splitlines(keepends=True) if not line.startswith(_VARYING)]
    write_mo(mo, catalog)
    return b"".join(lines), mo.getvalue()


def places(text: str) -> set[str]:
    """The named places of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def faults(message: Message) -> list[str]:
    """What is wrong with a translation."""
    sources = message.id if isinstance(message.id, tuple) else (message.id,)
    targets = message.string if isinstance(message.string, tuple) else (message.string,)
    if not all(targets):
        return [f"not translated: {sources[0]!r}"]
    wanted = places(sources[-1])
    return [f"other places than {sources[0]!r}: {target!r}" for target in targets if places(target) != wanted]


def main() -> int:
    """Update or check every catalogue."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    template = extract()
    problems: list[str] = []
    for path in sorted(FOLDER.glob("*.po")):
        catalog = updated(path, template)
        problems += [f"{path.name}: {fault}" for message in catalog if message.id for fault in faults(message)]
        for target, content in zip((path, path.with_suffix(".mo")), serialised(catalog), strict=True):
            if not check:
                target.write_bytes(content)
            elif not target.is_file() or target.read_bytes() != content:
                problems.append(f"{target.name} is out of date; run: make translations")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
