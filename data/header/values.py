"""Text of headers, and the numbers and units in it: nothing here raises, an unreadable value is None."""

import math
import re
import unicodedata
from collections.abc import Iterable
from itertools import islice

# Units after `_plain`, in lower case: micro is "u" in all its spellings. Factors lead to nm, mm, kV, us and degrees.
# Two signs are those of cp1252 read as Shift-JIS: "\u30ca" is an Å, "\u30fc" a degree.
LENGTHS_NM = {
    "pm": 1e-3,
    "å": 0.1,
    "\u30ca": 0.1,
    "nm": 1.0,
    "um": 1e3,
    "mm": 1e6,
    "cm": 1e7,
    "m": 1e9,
    "inch": 25.4e6,
}
LENGTHS_NM |= {f"angstrom{plural}": 0.1 for plural in ("", "s")}
LENGTHS_NM |= {f"micron{plural}": 1e3 for plural in ("", "s")}
LENGTHS_NM |= {
    f"{prefix}met{ending}{plural}": factor
    for prefix, factor in (("pico", 1e-3), ("nano", 1.0), ("micro", 1e3), ("milli", 1e6), ("centi", 1e7), ("", 1e9))
    for ending in ("er", "re")
    for plural in ("", "s")
}
LENGTHS_MM = {unit: factor * 1e-6 for unit, factor in LENGTHS_NM.items()}
VOLTAGES_KV = {"v": 1e-3, "ev": 1e-3, "kv": 1.0, "kev": 1.0}
VOLTAGES_KV |= {f"{prefix}volt{plural}": f for prefix, f in (("", 1e-3), ("kilo", 1.0)) for plural in ("", "s")}
TIMES_US = {"s": 1e6, "sec": 1e6, "ms": 1e3, "msec": 1e3, "us": 1.0, "usec": 1.0, "ns": 1e-3, "nsec": 1e-3}
TIMES_US |= {
    f"{prefix}second{plural}": factor
    for prefix, factor in (("", 1e6), ("milli", 1e3), ("micro", 1.0), ("nano", 1e-3))
    for plural in ("", "s")
}
ANGLES_DEG = {"deg": 1.0, "deg.": 1.0, "degree": 1.0, "degrees": 1.0, "°": 1.0, "o": 1.0, "\u30fc": 1.0}
ANGLES_DEG |= {name: math.degrees(1) for name in ("rad", "radian", "radians")} | {"mrad": math.degrees(1e-3)}

NUMBER = r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?"
MAX_REPEATS = 16  # of an element of one name that are looked at
MAX_LENGTH = 200  # of a text that holds a quantity
QUANTITY = re.compile(rf"({NUMBER})\s*([^\s\d;,=<>()]*)")
PER_PIXEL = re.compile(r"/(?:px|pix|pixels?)\.?$", re.IGNORECASE)
NOT_SET = ("", "none", "null", "n/a", "undefined", "unknown", "---", "-")


def decode(raw: bytes, encodings: tuple[str, ...] = ("utf-8-sig", "cp932")) -> str:
    """Text of bytes in UTF-16 (by its mark or its NULs), one of `encodings`, else cp1252, without NULs."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw[: len(raw) & ~1].decode("utf-16", "replace").replace("\0", "")
    head = raw[:4096].rstrip(b"\0")
    if head.count(0) > len(head) // 4:  # every second byte of Latin text
        little = head[1::2].count(0) >= head[0::2].count(0)
        even = raw[: len(raw) & ~1]  # a tag's text has one NUL more
        return even.decode("utf-16-le" if little else "utf-16-be", "replace").replace("\0", "")
    for encoding in encodings:
        try:
            return raw.decode(encoding).replace("\0", "")
        except UnicodeDecodeError:
            continue
    return raw.decode("cp1252", "replace").replace("\0", "")


def _plain(unit: str) -> str:
    """A unit with "u" for micro, which has two characters in Unicode, one byte in cp1252 (a kana in Shift-JIS, an
    accented letter in iso-8859-2), two bytes in UTF-8 and in Shift-JIS, and an escape in ImageJ's descriptions."""
    unit = unit.replace("\\u00b5", "u").replace("\\u00B5", "u").replace("&#181;", "u").replace("&#956;", "u")
    unit = unicodedata.normalize("NFKC", unit.strip())
    for micro in ("\u00c2\u03bc", "\u0192\u00ca", "\u03bc", "\u30aa", "\u013e", "\u039c"):
        unit = unit.replace(micro, "u")
    return unit.replace("\u2212", "-").strip("[]")


def number(text: object) -> float | None:
    """The number at the start of a text, finite; a comma may stand for the point."""
    match = re.match(rf"\s*({NUMBER})", str(text))
    try:
        value = float(match[1].replace(",", ".")) if match else math.nan
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def in_unit(text: object, units: dict[str, float], default: str) -> float | None:
    """The number at the start of a text, times the factor of the unit behind it, or of `default` where none stands."""
    plain = _plain(str(text)[:MAX_LENGTH].strip("\"' \t"))
    match = QUANTITY.match(plain)
    value = number(match[1]) if match else None
    if match is None or value is None:
        return None
    unit = PER_PIXEL.sub("", match[2])
    if not unit and plain[match.end() :].strip():  # such as 1/nm, which is no length
        return None
    factor = units.get(unit.lower()) if unit else units[default.lower()]
    return value * factor if factor and math.isfinite(value * factor) else None


def first_quantity(texts: Iterable[object], units: dict[str, float], default: str) -> float | None:
    """The first quantity that is set and not zero: zero stands for what was never measured."""
    return next((value for text in texts if (value := in_unit(text, units, default))), None)


def length_nm(text: object, default: str) -> float | None:
    """A length [nm] above zero; some instruments write a sign that tells the direction of the scan."""
    value = in_unit(text, LENGTHS_NM, default)
    return abs(value) if value else None


def lengths_nm(text: str, default: str) -> list[float | None]:
    """Lengths [nm] in a text such as `12.8um 9.6um` or `1.067 0.800mm`, where one unit is that of all."""
    pairs = QUANTITY.findall(re.sub(r"(?<=\S)\s*[x×*]\s*(?=\d)", " ", _plain(text[:MAX_LENGTH])))
    last = next((unit for _, unit in reversed(pairs) if unit), default)
    return [length_nm(f"{value} {unit or last}", default) for value, unit in pairs]


def count(text: object) -> int | None:
    """A whole number above zero, such as `50,000` or `x50000`; a comma before three digits groups them."""
    match = re.search(NUMBER, re.sub(r"(?<=\d),(?=\d{3}(?:\D|$))", "", str(text)))
    value = number(match[0]) if match else None
    return round(value) if value and 1 <= value < 1e9 else None


def word(*texts: object) -> str | None:
    """The first text for the record that is not empty and does not say that nothing is set; None without one."""
    lines = (" ".join(str(text).split())[:MAX_LENGTH] for text in texts if text is not None)
    return next((line for line in lines if line.lower() not in NOT_SET), None)


def sections(text: str) -> dict[str, dict[str, str]]:
    """{section: {key: value}} of an INI text, names in lower case; entries before the first section are in ''.

    Where a section or key repeats, the first value that is not empty counts.
    """
    result: dict[str, dict[str, str]] = {}
    entries = result.setdefault("", {})
    for line in text.splitlines():
        line = line.strip().lstrip("\ufeff")
        if line.startswith("[") and line.endswith("]"):
            entries = result.setdefault(line[1:-1].strip().lower(), {})
        elif "=" in line:
            key, _, value = line.partition("=")
            key, value = key.strip().lower(), value.strip()
            if not entries.get(key):
                entries[key] = value
    return result


def xml_element(xml: str, *names: str) -> tuple[str, str]:
    """Content and attributes of the first filled element `names[-1]` inside `names[-2]`; else empty texts.

    Searched as text: a damaged document still yields the elements before the damage, and no entity is expanded.
    """
    attributes = ""
    for name in names:
        opening = re.compile(rf"<(?:\w{{1,40}}:)?{name}(\s[^<>]{{0,400}})?>")
        for match in islice(opening.finditer(xml), MAX_REPEATS):
            attributes = match[1] or ""
            closing = re.compile(rf"</(?:\w{{1,40}}:)?{name}\s*>").search(xml, match.end())
            content = xml[match.end() : closing.start()] if closing and not attributes.endswith("/") else ""
            if content.strip():
                xml = content
                break
        else:
            return "", ""
    return xml.strip(), attributes


def xml_quantity(xml: str, units: dict[str, float], default: str, *names: str) -> float | None:
    """The number of an element, with its attribute `unit` or `units`, or a unit behind the number."""
    content, attributes = xml_element(xml, *names)
    match = re.search(r"\bunits?\s*=\s*[\"']([^\"']*)[\"']", attributes)
    if number(content) is None:
        return None
    bare = re.fullmatch(NUMBER, content) is not None
    return in_unit(f"{content} {match[1]}" if match and bare else content, units, default)
