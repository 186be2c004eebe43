"""Params of a trainer: what it declares, and what it is given."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NoReturn

from manyfit_host.refusal import Refusal, suggest_name
from manyfit_host.user_code import kind_of

_TYPES: tuple[type, ...] = (bool, int, float, str, list, dict)
_REQUIRED = object()
MOST_EXACT = 2**53


class FrozenDict(dict[str, Any]):
    """A dict that raises on every change, so that no partition can change what the next one gets.

    Pickled and deeply copied it is a plain dict: models may keep it.
    """

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(
            "params cannot be changed, the next partition gets the same; copy them with dict(params)"
        )

    __setitem__ = __delitem__ = __ior__ = _refuse  # type: ignore[assignment]
    clear = pop = popitem = setdefault = update = _refuse  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type, tuple[dict[str, Any]]]:
        return dict, (dict(self),)

    def __copy__(self) -> dict[str, Any]:
        return dict(self)


def frozen(value: Any) -> Any:
    """A deep copy of a JSON value that cannot be changed: dicts that raise, and tuples for lists."""
    if isinstance(value, Mapping):
        return FrozenDict({name: frozen(member) for name, member in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(frozen(item) for item in value)
    return value


def resolve_params(declared: Any, given: Mapping[str, Any], subject: str) -> FrozenDict:
    """The params that a trainer gets: its defaults, replaced by what is given.

    `declared` is its dict of names: a default gives type and default, a type alone makes a param required,
    `(str, "x")` says both, None takes any value. Raises a `Refusal` for a declaration that is none of these
    (`trainer_invalid`), for unknown names, missing values and values of other types (`invalid_option`).
    """
    if not isinstance(declared, Mapping) or any(type(name) is not str for name in declared):
        raise Refusal(
            "trainer_invalid", f"{subject}: params is {kind_of(declared)}, must be a dict of params by name"
        )
    for name in given:
        if name not in declared:
            known = suggest_name(name, declared) if declared else f'declare it: params = {{"{name}": …}}'
            raise Refusal("invalid_option", f"{subject}: has no param {name}; {known}")
    values: dict[str, Any] = {}
    for name, declaration in declared.items():
        where = f"{subject}: param {name}"
        expected, default = _read_declaration(declaration, where)
        value = given.get(name, default)
        if value is _REQUIRED:
            word = expected.__name__ if expected is not None else "value"
            raise Refusal(
                "invalid_option", f"{where} is needed, a value of type {word}; give it with --param {name}=…"
            )
        values[name] = _checked(value, expected, where) if name in given else value
    return frozen(values)


def _read_declaration(declaration: Any, where: str) -> tuple[type | None, Any]:
    """Type (None: any) and default of a param."""
    if isinstance(declaration, type):
        return _known_type(declaration, where), _REQUIRED
    if isinstance(declaration, tuple):
        if len(declaration) != 2 or not isinstance(declaration[0], type):
            raise Refusal(
                "trainer_invalid",
                f'{where} is a tuple, which must be type and default, such as (str, "auto")',
            )
        expected = _known_type(declaration[0], where)
        default = declaration[1]
        if default is not None:
            try:
                default = _checked(default, expected, where)
            except Refusal as refusal:
                raise Refusal("trainer_invalid", refusal.message) from None
        return expected, default
    _check_json(declaration, where)
    return None if declaration is None else _known_type(type(declaration), where), declaration


def _known_type(found: type, where: str) -> type:
    if found in _TYPES:
        return found
    allowed = ", ".join(known.__name__ for known in _TYPES)
    raise Refusal(
        "trainer_invalid", f"{where} has the type {found.__name__}, must have one of {allowed}, or be None"
    )


def _checked(value: Any, expected: type | None, where: str) -> Any:
    """The value in the type that is expected.

    JSON has one type of numbers, so 1 is a float and 1e3 an int.
    """
    if expected is None or type(value) is expected:
        _check_json(value, where)
        return value
    if expected is float and type(value) is int:
        return float(value)
    if expected is int and type(value) is float and value.is_integer() and abs(value) <= MOST_EXACT:
        return int(value)
    if expected is list and isinstance(value, tuple):
        return value
    if expected is dict and isinstance(value, Mapping):
        return value
    raise Refusal(
        "invalid_option", f"{where} is {value!r}, {kind_of(value)}, must be of type {expected.__name__}"
    )


def _check_json(value: Any, where: str) -> None:
    """Refuses what the manifest of a run could not say."""
    if isinstance(value, float) and not math.isfinite(value):
        raise Refusal("trainer_invalid", f"{where} is {value}, must be finite; None can stand for it")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MOST_EXACT:
        raise Refusal("trainer_invalid", f"{where} is {value}, must be within ±2^53")
    members = (
        value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
    )
    for member in members:
        if not isinstance(member, (bool, int, float, str, list, tuple, Mapping, type(None))):
            raise Refusal("trainer_invalid", f"{where} holds {kind_of(member)}, must be what JSON can say")
        _check_json(member, where)
