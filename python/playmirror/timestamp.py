"""Points and lengths of time, as playmirror gives and takes them."""

from datetime import datetime, timedelta, tzinfo
from typing import TypeAlias

from ._core import Timestamp

__all__ = ["Duration", "Instant", "InstantLike", "Timestamp", "ZoneLike"]

#: What playmirror gives: an aware datetime in UTC, or a Timestamp outside the years 1 to 9999.
Instant: TypeAlias = datetime | Timestamp

#: What playmirror takes: an aware datetime, a Timestamp, or ISO 8601 text with a zone. A naive
#: datetime is refused with InvalidArgument, because guessing its zone would shift a history by
#: hours.
InstantLike: TypeAlias = datetime | Timestamp | str

#: A time zone: its IANA name, or a tzinfo that goes by it, such as a zoneinfo.ZoneInfo or
#: timezone.utc. Another fixed offset is none, whatever it is called: it has no summer time.
ZoneLike: TypeAlias = str | tzinfo

#: A length of time that playmirror takes: a timedelta, or a number of seconds. Rounded to
#: milliseconds.
Duration: TypeAlias = timedelta | float
