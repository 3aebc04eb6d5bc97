"""Frozen values ⇄ JSON text, checked on the way in. Contains no business logic."""

from __future__ import annotations

import zlib
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import ConfigDict, TypeAdapter

T = TypeVar("T")


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - any type form: dataclass, tuple[...], union
    """One adapter a type: building it costs milliseconds, using it microseconds."""
    try:
        return TypeAdapter(kind, config=ConfigDict(ser_json_bytes="base64", val_json_bytes="base64"))
    except Exception:  # noqa: BLE001 - pydantic refuses a config for types that carry their own
        return TypeAdapter(kind)


def dump(value: object, kind: Any) -> str:  # noqa: ANN401 - as above
    """The value as JSON text."""
    return _adapter(kind).dump_json(value).decode()


def load(text: str | bytes, kind: type[T]) -> T:
    """The value back; raises ``pydantic.ValidationError`` (a ValueError) when the text is not of that type."""
    value: T = _adapter(cast("Any", kind)).validate_json(text)
    return value


def pack(value: object, kind: Any) -> bytes:  # noqa: ANN401 - as above
    """The value as compressed JSON."""
    return zlib.compress(_adapter(kind).dump_json(value), 6)


def unpack(data: bytes, kind: type[T]) -> T:
    """Inverse of :func:`pack`."""
    return load(zlib.decompress(data), kind)
