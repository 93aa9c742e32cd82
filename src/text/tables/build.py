#!/usr/bin/env python3
"""Makes the tables of this folder from well-kept data; `./dev tables` installs the sources into a cache and calls this.

Sources, with the licence each states: opencc-python-reimplemented (Apache-2.0), pypinyin (MIT), char-similar (MIT),
emoji (BSD-3-Clause), confusable-homoglyphs (MIT; Unicode's confusables.txt), jieba (MIT).
"""

import json
import sys
from collections import defaultdict
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import confusable_homoglyphs
import emoji
import jieba
import opencc
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
for name in ["TWVariants.txt", "HKVariants.txt", "JPVariants.txt"]:
    for standard, written in opencc_lines(name):
        for variant in written:
            if len(variant) == 1 and len(standard) == 1 and variant not in standing | {standard} and variant not in traditional:
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
common = [c for c in chars if frequency.get(c, 0) >= 15.5]


def one_stroke_apart(a, b):
    if abs(len(a) - len(b)) > 1:
        return False
    if len(a) == len(b):
        return sum(x != y for x, y in zip(a, b)) <= 1
    short, long = sorted((a, b), key=len)
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def sound(c):
    return pinyin(c, style=Style.NORMAL, errors="ignore")[0][0] if pinyin(c, style=Style.NORMAL, errors="ignore") else ""


by_part = defaultdict(list)
for c in chars:
    for part in parts_of.get(c) or []:
        by_part[part].append(c)
by_corner = defaultdict(list)
for c in chars:
    by_corner[corner.get(c, "")[:3]].append(c)
    by_corner["-" + corner.get(c, "")[1:4]].append(c)
shapes = {}
for c in common:
    alike = set()
    near = set(by_corner[corner[c][:3]]) | set(by_corner["-" + corner[c][1:4]])
    for other in near - {c}:
        same_corners = sum(x == y for x, y in zip(corner[c], corner[other]))
        if same_corners >= 4 and structure.get(c) == structure.get(other) and len(order[c]) <= 12:
            if order[c] == order[other] or (one_stroke_apart(order[c], order[other]) and len(order[c]) >= 4):
                alike.add(other)
    # A rare character that holds the common one, as net slang writes it.
    for other in by_part[c]:
        if frequency.get(other, 0) < 13 and (sound(other) == sound(c) or frequency.get(other, 0) == 0):
            alike.add(other)
    if alike:
        shapes[c] = "".join(sorted(alike))
write(
    "shapes.txt",
    "Common character, those that look like it or hold it.",
    "char-similar",
    [f"{a}\t{b}" for a, b in sorted(shapes.items())],
)

FORMS = {"水": "氵", "丝": "纟", "肉": "月", "草": "艹", "心": "忄", "人": "亻", "手": "扌", "言": "讠", "金": "钅",
         "食": "饣", "火": "灬", "犬": "犭", "刀": "刂", "衣": "衤", "示": "礻", "阜": "阝", "邑": "阝", "走": "辶"}
parts = []
for c in common:
    two = parts_of.get(c) or []
    if len(two) != 2 or structure.get(c) == "0" or any(not p or ord(p) < 0x2E80 for p in two):
        continue
    forms = {"".join(two)}
    for i, p in enumerate(two):
        if p in FORMS:
            forms |= {f[:i] + FORMS[p] + f[i + 1 :] for f in set(forms)}
    parts += [f"{c}\t{form}" for form in sorted(forms)]
write("parts.txt", "Common character, its two parts as they can be typed.", "char-similar", sorted(parts))

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
write("words.txt", "Words in ordinary use.", "jieba", sorted(set(words)))
sys.exit(0)
