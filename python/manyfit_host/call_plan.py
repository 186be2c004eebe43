"""Calls of user functions by what their parameters are named."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from manyfit_host.refusal import Refusal, suggest_name
from manyfit_host.user_code import kind_of

Call = Callable[[Mapping[str, Any]], Any]
"""Calls a user function with those of the values that it asks for."""

_BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def plan_call(function: Any, subject: str, allowed: Sequence[str], needed: Sequence[str] = ()) -> Call:
    """Reads the signature of a function that may have the parameters `allowed`, any of them in any order.

    The first parameters may have names of their own where those of `needed` are not named: `fit(rows, seed)`.
    `**kwargs` gets whatever else is allowed. `subject` is what messages call it, such as `train.py: fit`.
    """
    if not callable(function):
        raise Refusal("trainer_invalid", f"{subject} is {kind_of(function)}, must be a function")
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        raise Refusal(
            "trainer_invalid", f"{subject} is async or yields, must be a function that returns its result"
        )
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise Refusal(
            "trainer_invalid", f"{subject} has no signature that can be read; define it with def"
        ) from None
    by_place, by_name, has_rest = _names_of(parameters, subject, allowed, needed)
    told = [*by_place, *by_name]
    for name in needed:
        if name not in told and not has_rest:
            raise Refusal(
                "trainer_invalid",
                f"{subject}({', '.join(told)}) has no parameter {name}; it can have {', '.join(allowed)}",
            )
    if has_rest:
        by_name += [name for name in allowed if name not in told]
    return _call_of(function, by_place, by_name)


def _names_of(
    parameters: list[inspect.Parameter], subject: str, allowed: Sequence[str], needed: Sequence[str]
) -> tuple[list[str], list[str], bool]:
    """What is given by place, what by name, and whether all that is left is taken too."""
    named = {parameter.name for parameter in parameters}
    by_place: list[str] = []
    by_name: list[str] = []
    has_rest = False
    for place, parameter in enumerate(parameters):
        name = parameter.name
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            has_rest = True
            continue
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            raise Refusal(
                "trainer_invalid",
                f"{subject} has *{name}; its parameters must have names: {', '.join(allowed)}",
            )
        is_by_place = parameter.kind in _BY_PLACE
        if name not in allowed:
            stands_for = needed[place] if is_by_place and place < len(needed) else None
            if stands_for is None or stands_for in named:
                raise Refusal(
                    "trainer_invalid",
                    f"{subject} has a parameter {name}, which is not known; {suggest_name(name, allowed)}",
                )
            name = stands_for
        (by_place if is_by_place else by_name).append(name)
    return by_place, by_name, has_rest


def _call_of(function: Callable[..., Any], by_place: list[str], by_name: list[str]) -> Call:
    if not by_name:
        return lambda values: function(*[values[name] for name in by_place])
    return lambda values: function(
        *[values[name] for name in by_place], **{name: values[name] for name in by_name}
    )
