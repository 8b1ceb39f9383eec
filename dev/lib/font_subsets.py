"""Cuts the fonts of Debian's Noto packages down to what names are written with. Called by dev/fonts.

    font_subsets.py FONT_DIR OUT_DIR
"""

import sys
import unicodedata
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

# Scripts of today's customers of cloud and subscription services, each with its blocks. Latin, Greek and Cyrillic are Inter's,
# Hebrew and Arabic have files of their own.
SCRIPTS = {
    "Armenian": [(0x0530, 0x058F), (0xFB13, 0xFB17)],
    "Georgian": [(0x10A0, 0x10FF), (0x1C90, 0x1CBF), (0x2D00, 0x2D2F)],
    "Devanagari": [(0x0900, 0x097F), (0xA8E0, 0xA8FF), (0x1CD0, 0x1CFF)],
    "Bengali": [(0x0980, 0x09FF)],
    "Gurmukhi": [(0x0A00, 0x0A7F)],
    "Gujarati": [(0x0A80, 0x0AFF)],
    "Oriya": [(0x0B00, 0x0B7F)],
    "Tamil": [(0x0B80, 0x0BFF)],
    "Telugu": [(0x0C00, 0x0C7F)],
    "Kannada": [(0x0C80, 0x0CFF)],
    "Malayalam": [(0x0D00, 0x0D7F)],
    "Sinhala": [(0x0D80, 0x0DFF)],
    "Thai": [(0x0E00, 0x0E7F)],
    "Lao": [(0x0E80, 0x0EFF)],
    "Myanmar": [(0x1000, 0x109F)],
    "Khmer": [(0x1780, 0x17FF), (0x19E0, 0x19FF)],
    "Ethiopic": [(0x1200, 0x139F)],
}
# What letters of several scripts need: joiners, dandas, the circle under a lone mark.
SHARED = [(0x0964, 0x0965), (0x200C, 0x200D), (0x25CC, 0x25CC)]
# Letters that rare marks may stand on: both must be of one font.
BASES = [(0x0020, 0x007E), (0x00C0, 0x017F), (0x0370, 0x03FF), (0x0400, 0x04FF)]
# Of Noto Sans: letters, marks and currency signs that Inter may lack.
LATIN = [(0x00A0, 0x058F), (0x1AB0, 0x1AFF), (0x1C80, 0x1C8F), (0x1D00, 0x1FFF), (0x2010, 0x214F), (0x2C60, 0x2C7F),
         (0x2DE0, 0x2E7F), (0xA640, 0xA69F), (0xA700, 0xA7FF), (0xAB30, 0xAB6F), (0xFB00, 0xFB06)]
SYMBOLS = [(0x2190, 0x23FF), (0x2460, 0x27BF), (0x2B00, 0x2BFF)]


def ranges(pairs):
    return {code for first, last in pairs for code in range(first, last + 1)}


def two_byte(codec, rows):
    """Every character that two bytes of an old character set stand for."""
    found = set()
    for lead in rows:
        for trail in range(0x40, 0xFF):
            try:
                text = bytes([lead, trail]).decode(codec)
            except UnicodeDecodeError:
                continue
            found.update(ord(char) for char in text)
    return found


def cjk():
    """Han of GB 2312, JIS X 0208 and Big5's first level, the Hangul of KS X 1001, kana, Bopomofo, punctuation, full-width forms."""
    sets = two_byte("gb2312", range(0xA1, 0xFF)) | two_byte("shift_jis", range(0x81, 0xFF)) | two_byte("big5", range(0xA4, 0xC7))
    letters = {code for code in sets if 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF}
    hangul = {code for code in two_byte("euc_kr", range(0xA1, 0xFF)) if 0xAC00 <= code <= 0xD7A3}
    return letters | hangul | ranges([(0x3000, 0x312F), (0x3131, 0x318E), (0x31F0, 0x31FF), (0x3200, 0x33FF), (0xFF01, 0xFFEE)])


def subset(source, target, codes, features, number=-1):
    options = Options()
    options.layout_features = features
    options.hinting = False
    options.recalc_timestamp = False
    options.notdef_outline = True
    options.name_languages = [0x409]
    # The licence and whose it is stay in the file.
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["DSIG"]
    font = TTFont(source, fontNumber=number, recalcTimestamp=False)
    cutter = Subsetter(options)
    cutter.populate(unicodes=codes & set(font.getBestCmap()))
    cutter.subset(font)
    font.save(target, reorderTables=True)
    print(f"{target.name}: {target.stat().st_size:,} bytes, {len(font.getBestCmap()):,} characters", file=sys.stderr)


def main(fonts, out):
    noto = fonts / "truetype/noto"
    inter = set(TTFont(out / "Inter-Regular.ttf").getBestCmap())
    for script, blocks in SCRIPTS.items():
        name = f"NotoSans{script}-Regular.ttf"
        subset(noto / name, out / name, ranges(blocks + SHARED), ["*"])
    subset(noto / "NotoSans-Regular.ttf", out / "NotoSans-Regular.ttf", ranges(LATIN) - inter | ranges(BASES), ["*"])
    for name in ["NotoSansSymbols-Regular.ttf", "NotoSansSymbols2-Regular.ttf"]:
        subset(noto / name, out / name, {code for code in ranges(SYMBOLS) - inter if unicodedata.name(chr(code), "")}, [])
    # The face of simplified Chinese: where the shapes of countries differ, one has to be chosen.
    subset(fonts / "opentype/noto/NotoSansCJK-Regular.ttc", out / "NotoSansCJKsc-Regular.otf", cjk(), [], number=2)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
