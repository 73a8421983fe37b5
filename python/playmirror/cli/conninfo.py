"""What of a connection string can be shown: never a password, nor what might be a piece of one."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

_SHOWN = ("service", "host", "hostaddr", "port", "dbname", "user", "sslmode")
_PAIR = re.compile(r"\s*([a-z_]+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s'\\]|\\.)*)(?=\s|$)", re.DOTALL)
NOT_SHOWN = "(set, not shown)"


def shown_options(dsn: str) -> dict[str, str] | None:
    """The options of a connection string, secret ones as NOT_SHOWN; None for no such string."""
    parsed = _of_uri(dsn) if re.match(r"postgres(ql)?://", dsn) else _of_pairs(dsn)
    return None if parsed is None else only_shown(parsed)


def only_shown(options: dict[str, str]) -> dict[str, str]:
    """The options with NOT_SHOWN for the values that may hold a secret."""
    return {name: value if name in _SHOWN else NOT_SHOWN for name, value in options.items()}


def _of_pairs(dsn: str) -> dict[str, str] | None:
    found, at = {}, 0
    text = dsn.strip()
    while at < len(text):
        pair = _PAIR.match(text, at)
        if pair is None:
            return None
        value = pair[2][1:-1] if pair[2].startswith("'") else pair[2]
        found[pair[1]] = re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)
        at = pair.end()
    return found


def _of_uri(dsn: str) -> dict[str, str] | None:
    authority, _, rest = dsn.partition("//")[2].partition("/")
    if authority.count("@") > 1 or "@" in rest.partition("?")[0]:
        return None  # an @ of a password that was not escaped
    try:
        parts = urlsplit(dsn)
    except ValueError:
        return None
    user, _, hosts = authority.partition("?")[0].rpartition("@")
    name, colon, password = user.partition(":")
    found = {"user": unquote(name), "password": NOT_SHOWN if colon and password else ""}
    found |= _hosts(hosts)
    found["dbname"] = unquote(parts.path[1:])
    found |= dict(parse_qsl(parts.query, keep_blank_values=True))
    return {name: value for name, value in found.items() if value}


def _hosts(text: str) -> dict[str, str]:
    pairs = [re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(.*))?", each) for each in text.split(",")]
    hosts = [unquote(pair[1]).strip("[]") for pair in pairs if pair]
    ports = [pair[2] or "" for pair in pairs if pair]
    return {"host": ",".join(hosts).strip(","), "port": ",".join(ports).strip(",")}
