"""Take back what was changed in memory by something that could not be carried out to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class UndoLog:
    """How to take back each change since an attempt began; outside of attempts nothing is noted."""

    def __init__(self) -> None:
        """Note nothing yet."""
        self._steps: list[Callable[[], object]] | None = None

    def note(self, undo: Callable[[], object]) -> None:
        """Note how to take back a change that is about to be made."""
        if self._steps is not None:
            self._steps.append(undo)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Keep what is changed in the block, unless it raises; attempts may lie within others."""
        outer, own = self._steps, list[Callable[[], object]]()
        self._steps = own
        try:
            yield
        except BaseException:
            self._steps = None
            for undo in reversed(own):
                undo()
            raise
        else:
            if outer is not None:
                outer += own
        finally:
            self._steps = outer
