"""How far long work has come, for whoever watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress(what: str, size: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr; call what it gives with how many more are done. Nothing is shown where nobody watches."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task, waiting = bars.add_task(what, total=size), 0

        def more(number: int) -> None:
            nonlocal waiting
            waiting += number
            if waiting >= 1000:
                bars.advance(task, waiting)
                waiting = 0

        yield more
