#!/usr/bin/env python3
"""Makes the tables of this folder from well-kept data; `./dev tables` installs the sources into a cache and calls this.

Arguments: the word list of Debian's wamerican-small; the font of its fonts-droid-fallback. Sources, with the licence each states: opencc-python-reimplemented (Apache-2.0), pypinyin (MIT), char-similar (MIT),
emoji (BSD-3-Clause), confusable-homoglyphs (MIT; Unicode's confusables.txt), jieba (MIT);
Droid Sans Fallback (Apache-2.0), of which only the likeness of its pictures is kept.
"""

import json
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import confusable_homoglyphs
import emoji
import jieba
import numpy
import opencc
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from pypinyin import Style, pinyin

HERE = Path(__file__).parent
PACKAGES = ["opencc-python-reimplemented", "pypinyin", "char-similar", "emoji", "confusable-homoglyphs", "jieba"]


def write(name, what, package, lines):
    head = f"# {what}\n# From {package} {version(package)}, by build.py.\n"
    text = head + "".join(line + "\n" for line in lines)
    (HERE / name).write_text(text, encoding="utf-8")
    print(f"{name}: {len(lines)} lines, {len(text.encode())} bytes")


def is_han(c):
    return len(c) == 1 and (0x3400 <= ord(c) <= 0x4DBF or 0x4E00 <= ord(c) <= 0x9FFF)


# --- traditional and variant characters -----------------------------------------------------------

dictionary = Path(opencc.__file__).parent / "dictionary"


def opencc_lines(name):
    for line in (dictionary / name).read_text(encoding="utf-8").splitlines():
        if "\t" in line and not line.startswith("#"):
            left, right = line.split("\t", 1)
            yield left, right.split()


traditional = {a: b[0] for a, b in opencc_lines("TSCharacters.txt") if len(a) == 1 and len(b[0]) == 1}
write(
    "ts_characters.txt",
    "Traditional character, its simplified one (the first candidate).",
    "opencc-python-reimplemented",
    [f"{a}\t{b}" for a, b in sorted(traditional.items())],
)
standing = set(traditional.values())
variants = {}


def everyday(c):
    """Stands in GB 2312: a character of simplified Chinese of its own, whatever it stands for in Japan."""
    try:
        c.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


for name in ["TWVariants.txt", "HKVariants.txt", "JPVariants.txt"]:
    for standard, written in opencc_lines(name):
        for variant in written:
            if len(variant) == 1 and len(standard) == 1 and variant not in standing | {standard} and variant not in traditional:
                if everyday(variant) and not everyday(standard) and standard not in traditional:
                    variants.setdefault(standard, variant)
                elif not (everyday(variant) and name == "JPVariants.txt"):
                    variants.setdefault(variant, standard)
write(
    "variants.txt",
    "Regional variant, the character it stands for.",
    "opencc-python-reimplemented",
    [f"{a}\t{b}" for a, b in sorted(variants.items())],
)


def simplified(c):
    for _ in range(8):
        following = traditional.get(c, variants.get(c, c))
        if following == c:
            break
        c = following
    return c


# --- shapes ---------------------------------------------------------------------------------------

# Only its data is wanted; importing it would ask for a machine-learning stack.
data = Path(find_spec("char_similar").origin).parent / "data"
read = lambda name: json.loads((data / f"char_{name}.dict").read_text(encoding="utf-8"))
frequency, corner, order, parts_of, structure, radical = (
    read(name) for name in ["frequency", "fourangle", "order", "stroke", "struct", "component"]
)
chars = [c for c in order if is_han(c) and simplified(c) == c]
common = [c for c in chars if frequency.get(c, 0) >= 13.5]


FORMS = {"水": "氵", "丝": "纟", "肉": "月", "草": "艹", "心": "忄", "人": "亻", "手": "扌", "言": "讠", "金": "钅",
         "食": "饣", "火": "灬", "犬": "犭", "刀": "刂", "衣": "衤", "示": "礻", "阜": "阝", "邑": "阝", "走": "辶", "辵": "辶"}


def typed(part):
    """A radical as it looks inside a character."""
    return FORMS.get(part, part)


def distance(a, b):
    """Edit distance of two stroke orders."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def likeness(a, b):
    return 1 - distance(a, b) / max(len(a), len(b))


def sound(c):
    read = pinyin(c, style=Style.NORMAL, errors="ignore")
    return read[0][0] if read else ""


by_part = defaultdict(list)
by_corner = defaultdict(list)
for c in chars:
    for part in parts_of.get(c) or []:
        by_part[part].append(c)
    by_corner[corner.get(c, "")[:3]].append(c)
    by_corner["-" + corner.get(c, "")[1:4]].append(c)
    if len(order[c]) >= 5:
        by_corner["<" + order[c][:5]].append(c)
        by_corner[">" + order[c][-5:]].append(c)


def alike(c, other):
    """How alike two characters look, 0 for not at all."""
    strokes = likeness(order[c], order[other])
    corners = sum(x == y for x, y in zip(corner.get(c, ""), corner.get(other, "")))
    mine, its = ([typed(p) for p in parts_of.get(x) or []] for x in (c, other))
    if len(mine) == len(its) == 2 and structure.get(c) == structure.get(other):
        for i in (0, 1):
            # One part is the same, in the same place; the other looks alike.
            if mine[i] == its[i] and all(p in order for p in (mine[1 - i], its[1 - i])):
                rest = likeness(order[mine[1 - i]], order[its[1 - i]])
                if rest >= 0.3 or corners >= 4:
                    return max(strokes, 0.7 + rest / 4)
    if strokes >= (0.7 if corners >= 3 else 0.77) and len(order[c]) >= 3:
        return strokes
    return 0


# Rare characters that hold a common one stand for it in net slang; common look-alikes pass at a glance.
RARE, SHAPES_MOST = 13, 16
rare, common_alike = {}, {}
for c in common:
    holders = [o for o in by_part[c] if frequency.get(o, 0) < RARE and len(order.get(o, "")) > len(order[c])]
    near = {o for p in parts_of.get(c) or [] for o in by_part[p]}
    near |= set(by_corner[corner[c][:3]]) | set(by_corner["-" + corner[c][1:4]])
    near |= set(by_corner["<" + order[c][:5]]) | set(by_corner[">" + order[c][-5:]])
    near = {o for o in near if abs(len(order[o]) - len(order[c])) <= 3}
    scored = sorted(((alike(c, o), o) for o in near - {c} - set(holders)), reverse=True)
    scored = [o for score, o in scored if score > 0][: 2 * SHAPES_MOST]
    rare[c] = sorted(set(holders) | {o for o in scored if frequency.get(o, 0) < RARE})
    common_alike[c] = [o for o in scored if frequency.get(o, 0) >= RARE][:SHAPES_MOST]
    # A part that is seldom written by itself stands for the whole.
    common_alike[c] += [p for p in parts_of.get(c) or [] if is_han(p) and RARE <= frequency.get(p, 0) < 15]

# What strokes do not tell (活 话, 生 主, 上 土): how much of the ink falls on the same place.
PICTURE, FONT_SIZE, BLUR, DRAWN_LEAST, DRAWN_MOST = 32, 30, 1.5, 0.8, 12
font = ImageFont.truetype(sys.argv[2], FONT_SIZE)


def picture(c):
    """The ink of a character as a vector of length one about its mean."""
    image = Image.new("L", (PICTURE, PICTURE), 0)
    ImageDraw.Draw(image).text((1, -3), c, font=font, fill=255)
    ink = numpy.asarray(image.filter(ImageFilter.GaussianBlur(BLUR)), numpy.float32).ravel()
    ink = ink - ink.mean()
    return ink / max(numpy.linalg.norm(ink), 1e-6)


often = [c for c in chars if frequency.get(c, 0) >= RARE]
pictures = numpy.stack([picture(c) for c in often])
drawn = {}
for c in common:
    same = pictures @ picture(c)
    seen = sorted(((round(float(s), 4), o) for s, o in zip(same, often) if s >= DRAWN_LEAST and o != c), reverse=True)
    drawn[c] = [o for _, o in seen[:DRAWN_MOST]]
for line in (HERE / "shapes_by_hand.txt").read_text(encoding="utf-8").splitlines():
    if not line.startswith("#"):
        c, others = line.split("\t")
        drawn[c] += [o for o in others if o not in drawn[c]]
write(
    "shapes.txt",
    "Common character; rare ones that hold it or look like it; common ones that look like it; common ones drawn nearly\n"
    "# as it is (in Droid Sans Fallback, and of shapes_by_hand.txt).",
    "char-similar",
    [
        "\t".join([c, *("".join(of[c]) for of in (rare, common_alike, drawn))])
        for c in sorted(common)
        if rare[c] or common_alike[c] or drawn[c]
    ],
)

parts = set()
for c in common:
    pieces = parts_of.get(c) or []
    if len(pieces) not in (2, 3) or structure.get(c) == "0" or any(not p or ord(p) < 0x2E80 for p in pieces):
        continue
    forms = {tuple(pieces)}
    for i, p in enumerate(pieces):
        if p in FORMS:
            forms |= {f[:i] + (FORMS[p],) + f[i + 1 :] for f in set(forms)}
        # The last part may itself be written as its own parts.
        own = parts_of.get(p) or []
        if len(pieces) == 2 and len(own) == 2 and all(is_han(x) for x in own):
            forms |= {f[:i] + tuple(own) + f[i + 1 :] for f in set(forms) if len(f) == 2}
    forms |= {f[::-1] for f in forms if len(f) == 2}
    parts |= {f"{c}\t{''.join(f)}" for f in forms}
by_hand = (HERE / "parts_by_hand.txt").read_text(encoding="utf-8").splitlines()
parts |= {line for line in by_hand if not line.startswith("#")}
write("parts.txt", "Common character, its two or three parts as they can be typed.", "char-similar", sorted(parts))

# --- sounds ---------------------------------------------------------------------------------------

by_sound = defaultdict(str)
for c in sorted(chars):
    if sound(c).isascii() and sound(c).isalpha():
        by_sound[sound(c)] += c
write(
    "pinyin.txt",
    "Syllable without tone (v for ü), the characters whose first reading it is.",
    "pypinyin",
    [f"{a}\t{b}" for a, b in sorted(by_sound.items())],
)
names = json.loads((Path(emoji.__file__).parent / "unicode_codes" / "emoji_zh.json").read_text(encoding="utf-8"))
short = {}
for mark, name in names.items():
    name = name.strip(":")
    mark = mark.replace("\ufe0f", "")
    if len(mark) == 1 and ord(mark) > 0x2000 and 1 <= len(name) <= 2 and all(is_han(c) for c in name):
        short[mark] = name
write(
    "emoji.txt",
    "Emoji, its Chinese name of one or two characters.",
    "emoji",
    [f"{a}\t{b}" for a, b in sorted(short.items())],
)

# --- look-alike letters ---------------------------------------------------------------------------

table = json.loads((Path(confusable_homoglyphs.__file__).parent / "confusables.json").read_text(encoding="utf-8"))
letters = {}
for written, alike in table.items():
    targets = [t["c"].lower() for t in alike if len(t["c"]) == 1 and t["c"].isascii() and t["c"].isalpha()]
    if len(written) == 1 and not written.isascii() and written.isalpha() and not is_han(written) and targets:
        letters[written] = targets[0]
# What Unicode's own names say: small capitals, letters with a stroke or turned, negative circles and squares.
NAMED = re.compile(
    r"LATIN LETTER SMALL CAPITAL ([A-Z])|LATIN SMALL LETTER (?:TURNED|REVERSED|DOTLESS|SCRIPT) ([A-Z])"
    r"|LATIN (?:SMALL|CAPITAL) LETTER ([A-Z]) WITH (?:STROKE|MIDDLE TILDE|HOOK|BAR|CURL|TOPBAR|RETROFLEX HOOK)"
    r"|NEGATIVE (?:CIRCLED|SQUARED) LATIN CAPITAL LETTER ([A-Z])|CROSSED NEGATIVE SQUARED LATIN CAPITAL LETTER ([A-Z])"
)
for code in range(0x80, 0x20000):
    found = NAMED.fullmatch(unicodedata.name(chr(code), ""))
    if found:
        letters.setdefault(chr(code).lower(), next(g for g in found.groups() if g).lower())
# Greek and Cyrillic letters that pass for others at a glance, which confusables.txt leaves out.
letters.update({"η": "n", "τ": "t", "ω": "w", "χ": "x", "ε": "e", "κ": "k", "λ": "l", "ι": "i", "к": "k", "т": "t", "м": "m", "н": "h"})
# Apostrophes are one.
letters.update({"’": "'", "‘": "'", "ʼ": "'", "′": "'", "´": "'"})
write(
    "letters.txt",
    "Letter of another script, the ASCII letter it looks like.",
    "confusable-homoglyphs",
    [f"{a}\t{b}" for a, b in sorted(letters.items())],
)

# --- ordinary words -------------------------------------------------------------------------------

known = set(chars)
words = []
for line in (Path(jieba.__file__).parent / "dict.txt").read_text(encoding="utf-8").splitlines():
    word, count, *_ = line.split(" ")
    if 2 <= len(word) <= 4 and int(count) >= (10 if len(word) == 2 else 50) and set(word) <= known:
        words.append(word)
# Shops are asked of rice and tea 香不香, which is no 不想; 快别 is "better not", which is no 诀别.
words += ["不香", "快别"]
write("words.txt", "Words in ordinary use.", "jieba", sorted(set(words)))

# --- English words ----------------------------------------------------------------------------------

# What people in crisis and shoppers write, from the texts written for this project, commonest first; then every word of
# SCOWL's small list (its own permissive licence; Debian's `wamerican-small`), so that only what is no word is read as one.
TEXTS = HERE.parent.parent / "semantic" / "texts"


ALSO_MEANT = """
abyss afterlife angel angels anguish ashes belonged bleak burial bury cease ceasing cemetery coffin crave craving cremate
cremated cremation crushed curtain daisies darkness decay depart departed deserved deserving despair despairing despise dust
escape escaping eternal eternally eternity eulogy expire expired extinct extinguish extinguished fading goodbyes
graveyard heartbeat helpless hollow infinite lights nothingness obituary oblivion offline outlive outlived peacefully
perish perished pointless reaper release released respawn respawns resting rot rotting shattered sorrow struggle
struggling survive switched terminate terminated testament tombstone torment torture unalive undeserving unloved
unwanted unworthy vanishing void weary wither withered
"""
ALSO_WORDS = """
aka apps diy ebay apr asap aug bday bruh dec emoji eu faq feb ffs fml fr fri fyi gg grandad hp hun idc idek idk ily imo irl istg jan
jul jun km ldr lmao ml mon ngl nov npc oct plz pw pws rn selfie sep sept sis smh tbh thu thur thurs thx tn tue tues ty tysm
usa wtf xp xxl yeah yep
"""


def joined(word):
    return word.strip().lower().replace("'", "")


def english_of(*files):
    """How often each word is there, and those that were written with an apostrophe."""
    count, shortened = Counter(), set()
    for name in files:
        for line in (TEXTS / f"{name}.en.jsonl").read_text(encoding="utf-8").splitlines():
            words = re.findall(r"[a-z][a-z']*", json.loads(line)["text"].lower().replace("’", "'"))
            count.update(joined(w) for w in words)
            shortened |= {joined(w) for w in words if "'" in w.strip("'")}
    return count, shortened


listed = {joined(w) for w in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines() if not w.strip().endswith("'s")}
listed = {w for w in listed if w.isascii() and w.isalpha() and (len(w) > 1 or w in "ai")}
risk, shortened = english_of("risk")
harmless, also = english_of("benign", "benign_talk", "ambiguous")
meant = sorted((w for w in risk if w in listed or (w in shortened and risk[w] > 1)), key=lambda w: (-risk[w], w))
# Words of dying, grief and parting that those texts happen not to hold, after the others; and words of chat that SCOWL has not.
meant += sorted(set(ALSO_MEANT.split()) - set(meant))
shortened = {w for w in shortened | also if (risk + harmless)[w] >= 2}
standing = listed | shortened | {w for w, n in harmless.items() if n >= 3} | set(ALSO_WORDS.split())
with (HERE / "english.txt").open("w", encoding="utf-8") as out:
    out.write("# English words: those that a disguise may stand for, commonest first; after an empty line all others.\n")
    out.write("# From this project's own texts and Debian's wamerican-small (SCOWL), by build.py.\n")
    out.write("\n".join(meant) + "\n\n" + "\n".join(sorted(standing - set(meant))) + "\n")
print(f"english.txt: {len(meant)} that may be meant, {len(standing)} in all")
