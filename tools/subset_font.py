"""Cut the Chinese characters that the program's own texts need out of a large typeface.

    python tools/subset_font.py NotoSansCJK-Regular.ttc

Needs fontTools (`pip install fonttools`), which nothing else here does. The result, resources/fonts/
RecognizerSansSC.otf, is used where the system has no Chinese typeface; a test says when it lacks a character.
"""

import argparse
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "resources" / "fonts" / "RecognizerSansSC.otf"
FAMILY = "Recognizer Sans SC"
_NAMES = {1: FAMILY, 3: FAMILY, 4: FAMILY, 6: FAMILY.replace(" ", ""), 16: FAMILY}


def characters() -> set[str]:
    """Every character of the translations and of the languages' names that is not in Latin typefaces."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "resources" / "translations").glob("*.po")]
    texts.append((ROOT / "recognizer" / "base" / "i18n.py").read_text(encoding="utf-8"))
    return {character for text in texts for character in text if ord(character) >= 0x2E80}


def open_simplified(path: Path) -> TTFont:
    """The face for simplified Chinese of a font file or collection."""
    if path.suffix.lower() not in (".ttc", ".otc"):
        return TTFont(path, recalcTimestamp=False)
    faces = TTCollection(path, recalcTimestamp=False).fonts
    return next(face for face in faces if "SC" in str(face["name"].getDebugName(4)).split())


def main() -> int:
    """Write the subset."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("font", type=Path)
    face = open_simplified(parser.parse_args().font)
    options = subset.Options(layout_features=[], hinting=False, name_IDs=["*"], notdef_outline=True)
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(sorted(characters())))
    cutter.subset(face)
    # The licence keeps the original's name for the original.
    for record in face["name"].names:
        if record.nameID in _NAMES:
            record.string = _NAMES[record.nameID]
    if "CFF " in face:
        face["CFF "].cff.fontNames[0] = _NAMES[6]
    face.recalcTimestamp = False
    face.save(TARGET)
    print(f"{TARGET.name}: {len(characters())} characters, {TARGET.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
