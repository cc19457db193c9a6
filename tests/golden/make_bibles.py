"""Golden sample of the two Bibles: one short book of each as SWORD keeps it, and its verses as an XML parser reads them.

Run: python3 tests/golden/make_bibles.py <folder>, where the folder has sword-text-kjv and sword-text-web unpacked (`dpkg-deb -x`). Both texts
are in the public domain (see the packages' copyright files).
"""
import base64
import json
import pathlib
import re
import struct
import sys
import xml.etree.ElementTree as ET
import zlib

MODULES = {"kjv": "engKJV2006eb", "web": "engWEB2015eb"}
BOOK = "3John"
LEFT_OUT = {"note", "title"}


def text_of(element):
    """The text of an element without notes and headings."""
    parts = [element.text or ""]
    for child in element:
        if child.tag not in LEFT_OUT:
            parts.append(text_of(child))
        parts.append(child.tail or "")
    return "".join(parts)


def parsed(markup):
    # Elements that begin in one entry and end in another are marked by sID and eID and are empty; others are balanced within an entry.
    return text_of(ET.fromstring(f"<verse>{markup}</verse>"))


def book_of(folder):
    blocks = (folder / "nt.bzs").read_bytes()
    entries = (folder / "nt.bzv").read_bytes()
    packed = (folder / "nt.bzz").read_bytes()
    for number in range(len(blocks) // 12):
        start, length, _ = struct.unpack_from("<III", blocks, 12 * number)
        if length == 0:
            continue
        block = packed[start : start + length]
        content = zlib.decompress(block)
        if f'osisID="{BOOK}"'.encode() not in content and f'osisID="{BOOK}.1"'.encode() not in content:
            continue
        own = [
            (place, size)
            for at in range(0, len(entries), 10)
            for of, place, size in [struct.unpack_from("<IIH", entries, at)]
            if of == number
        ]
        verses, chapter, count = {}, None, 0
        for place, size in own:
            markup = content[place : place + size].decode()
            heading = re.search(r'<chapter [^>]*osisID="([^"]+)"', markup)
            if heading:
                chapter, count = heading.group(1), 0
                continue
            if chapter is None:
                continue
            count += 1
            text = " ".join(parsed(markup).replace("\u00b6", " ").split())
            if text:
                verses[f"{chapter}.{count}"] = text
        return {
            "block": base64.b64encode(block).decode(),
            "entries": own,
            "verses": verses,
        }
    raise SystemExit(f"{folder} has no {BOOK}")


root = pathlib.Path(sys.argv[1])
golden = {
    name: book_of(next(root.glob(f"**/modules/texts/ztext/{module}"))) for name, module in MODULES.items()
}
pathlib.Path(__file__).with_name("bibles.json").write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n")
