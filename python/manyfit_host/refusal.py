"""What the host is told when a trainer cannot be used: a sentence for a person, and a code for programs."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MOST_NAMES = 12
"""Names that a message lists."""


class Refusal(Exception):
    """A trainer, a param or a column that cannot be used.

    `code` is `trainer_invalid`, `invalid_option`, `unknown_column` or `internal`; the message names the
    subject first, then what was found, what is allowed and what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def suggest_name(name: str, allowed: Iterable[str]) -> str:
    """The ending of a message about an unknown name: the nearest that there is, and what there is."""
    names = list(allowed)
    if not names:
        return "there are none"
    more = f", … ({len(names)} in all)" if len(names) > MOST_NAMES else ""
    listed = ", ".join(names[:MOST_NAMES]) + more
    folded = {known.lower(): known for known in reversed(names)}
    near = get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    return f"did you mean {folded[near[0]]}? (there are: {listed})" if near else f"there are: {listed}"
