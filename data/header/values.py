"""Text of headers, and the numbers and units in it: nothing here raises, an unreadable value is None."""

import math
import re
import unicodedata
from itertools import islice

# Units after `_plain`: micro is "u" in all its spellings. Factors lead to nm, kV, mm, us and degrees. The kana is the
# degree sign of cp1252 read as Shift-JIS.
LENGTHS_NM = {
    "pm": 1e-3,
    "Å": 0.1,
    "angstrom": 0.1,
    "nm": 1.0,
    "um": 1e3,
    "mm": 1e6,
    "cm": 1e7,
    "m": 1e9,
    "inch": 25.4e6,
}
LENGTHS_NM |= {name: 1e3 for name in ("micron", "microns", "micrometer", "micrometre", "micrometers", "micrometres")}
LENGTHS_NM |= {name: 1.0 for name in ("nanometer", "nanometre", "nanometers", "nanometres")}
LENGTHS_MM = {unit: factor * 1e-6 for unit, factor in LENGTHS_NM.items()}
VOLTAGES_KV = {"V": 1e-3, "v": 1e-3, "Volt": 1e-3, "volt": 1e-3, "kV": 1.0, "KV": 1.0, "kv": 1.0}
TIMES_US = {"s": 1e6, "sec": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
ANGLES_DEG = {"deg": 1.0, "deg.": 1.0, "degree": 1.0, "°": 1.0, "o": 1.0, "ー": 1.0, "rad": math.degrees(1)}

NUMBER = r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?"
MAX_REPEATS = 16  # of an element of one name that are looked at
MAX_LENGTH = 200  # of a text that holds a quantity
QUANTITY = re.compile(rf"({NUMBER})\s*([^\s\d;,=<>()]*)")
NOT_SET = ("", "none", "null", "n/a", "undefined", "unknown", "---", "-")


def decode(raw: bytes, encodings: tuple[str, ...] = ("utf-8-sig", "cp932")) -> str:
    """Text of bytes in UTF-16 (by its mark or its NULs), one of `encodings`, else cp1252, without NULs."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace").replace("\0", "")
    head = raw[:4096].rstrip(b"\0")
    if head.count(0) > len(head) // 4:  # every second byte of Latin text
        little = head[1::2].count(0) >= head[0::2].count(0)
        return raw.decode("utf-16-le" if little else "utf-16-be", "replace").replace("\0", "")
    for encoding in encodings:
        try:
            return raw.decode(encoding).replace("\0", "")
        except UnicodeDecodeError:
            continue
    return raw.decode("cp1252", "replace").replace("\0", "")


def _plain(unit: str) -> str:
    """A unit with "u" for micro, which has two characters in Unicode, one byte in cp1252 (a kana in Shift-JIS, an
    accented letter in iso-8859-2), two bytes in UTF-8, and an escape in ImageJ's descriptions."""
    unit = unit.replace("\\u00b5", "u").replace("\\u00B5", "u").replace("&#181;", "u").replace("&#956;", "u")
    unit = unicodedata.normalize("NFKC", unit.strip())
    for micro in ("\u00c2\u03bc", "\u03bc", "\u30aa", "\u013e", "\u039c"):
        unit = unit.replace(micro, "u")
    return unit.strip("[]")


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
    unit = match[2]
    if not unit and plain[match.end() :].strip():  # such as 1/nm, which is no length
        return None
    factor = units.get(unit, units.get(unit.lower())) if unit else units[default]
    return value * factor if factor and math.isfinite(value * factor) else None


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


def word(text: object) -> str | None:
    """A text for the record, None if it is empty or says that nothing is set."""
    line = " ".join(str(text).split())[:200] if text is not None else ""
    return None if line.lower() in NOT_SET else line


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
