"""Names of months as ``ls -l`` writes them in the language of the server (glibc's and CLDR's short and long forms)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_NAMES: dict[str, tuple[str, ...]] = {
    "en": (
        "Jan January", "Feb February", "Mar March", "Apr April", "May", "Jun June", "Jul July", "Aug August",
        "Sep Sept September", "Oct October", "Nov November", "Dec December",
    ),
    "de": (
        "Jan Januar Jän Jänner", "Feb Februar", "Mär Mrz März Maerz", "Apr April", "Mai", "Jun Juni", "Jul Juli",
        "Aug August", "Sep Sept September", "Okt Oktober", "Nov November", "Dez Dezember",
    ),
    "fr": (
        "janv. janv jan janvier", "févr. févr fév fév. février", "mars mar", "avril avr. avr", "mai", "juin jun",
        "juil. juil jui juillet", "août aoû", "sept. sept sep septembre", "oct. oct octobre", "nov. nov novembre",
        "déc. déc décembre",
    ),
    "es": (
        "ene ene. enero", "feb feb. febrero", "mar mar. marzo", "abr abr. abril", "may may. mayo", "jun jun. junio",
        "jul jul. julio", "ago ago. agosto", "sep sep. sept septiembre set", "oct oct. octubre", "nov nov. noviembre",
        "dic dic. diciembre",
    ),
    "ru": (
        "янв янв. января январь", "фев фев. февр. февраля февраль", "мар мар. марта март мрт",
        "апр апр. апреля апрель", "мая май", "июн июн. июня июнь", "июл июл. июля июль", "авг авг. августа август",
        "сен сен. сент. сентября сентябрь", "окт окт. октября октябрь", "ноя ноя. нояб. ноября ноябрь",
        "дек дек. декабря декабрь",
    ),
}  # fmt: skip
"""By language: for each month its names, with blanks between."""
_NUMBERS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_CHARSETS = ("utf-8", "latin-1", "cp1251", "koi8-r", "gb18030", "big5", "cp949", "cp932", "euc_jp")


def _texts() -> Iterator[tuple[str, int]]:
    for names in _NAMES.values():
        for month, forms in enumerate(names, start=1):
            for form in forms.split():
                yield from ((each, month) for each in (form, form.lower(), form.title(), form.upper()))
    for month, number in enumerate(_NUMBERS, start=1):
        yield f"{number}月", month
        for sign in ("月", "월"):
            yield f"{month}{sign}", month


def _table() -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    doubtful: set[bytes] = set()
    for text, month in _texts():
        for charset in _CHARSETS:
            try:
                raw = text.encode(charset)
            except UnicodeEncodeError:
                continue
            if found.setdefault(raw, month) != month:
                doubtful.add(raw)
    return {raw: month for raw, month in found.items() if raw not in doubtful}


MONTHS_OF_SERVERS = _table()
"""The bytes of every name, in every charset that servers write it in, to its month. What two charsets read as different
months is none."""
_DAYS = (
    ("日", "utf-8"),
    ("일", "utf-8"),
    ("日", "gb18030"),
    ("日", "big5"),
    ("日", "cp932"),
    ("日", "euc_jp"),
    ("일", "cp949"),
    (".", "ascii"),
)


def _any_of(names: Iterable[bytes]) -> bytes:
    return b"(?:" + b"|".join(map(re.escape, sorted(set(names), key=len, reverse=True))) + b")"


EXPRESSION = _any_of(MONTHS_OF_SERVERS)
DAY_SIGN = _any_of(sign.encode(charset) for sign, charset in _DAYS)
"""What may stand behind the number of a day."""
