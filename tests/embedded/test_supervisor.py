"""Parts start in order, are watched over, and end in reverse order, however the end comes."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from proactive.embedded.child import Child
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.embedded.supervisor import Supervisor
from proactive.errors import Unusable

REPOSITORY = Path(__file__).parents[2]
PATHS = {"PATH": "/usr/bin:/bin"}

WHOLE = """
import asyncio, sys
from pathlib import Path
from uvloop import run
from proactive.embedded.broker import EmbeddedBroker
from proactive.embedded.child import Child
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.embedded.supervisor import Supervisor

async def main(folder):
    async with Supervisor(folder, tell=print) as supervisor:
        postgres, broker = EmbeddedPostgres(folder), EmbeddedBroker(folder)
        await supervisor.start(postgres)
        await supervisor.start(broker)
        child = Child("child", ("/bin/sh", "-c", "echo $$ > child.pid; exec sleep 600"), {}, cwd=folder)
        await supervisor.start(child)
        while not (folder / "child.pid").exists():
            await asyncio.sleep(0.01)
        print("up", postgres.pid, broker.pid, (folder / "child.pid").read_text().strip(), flush=True)
        await supervisor.run()
    print("down", flush=True)

run(main(Path(sys.argv[1])))
"""


def writing(name: str, notes: Path, *, restart: bool = False) -> Child:
    """Notes its name when it starts and when it is asked to end."""
    script = (
        f"trap 'echo end {name} >> {notes}; exit 0' TERM; echo begin {name} >> {notes}; while :; do sleep 0.02; done"
    )

    async def has_begun() -> bool:
        return f"begin {name}" in text_of(notes)

    return Child(name, ("/bin/sh", "-c", script), PATHS, ready=has_begun, restart=restart)


async def test_parts_start_in_order_and_end_in_reverse(tmp_path: Path) -> None:
    notes = tmp_path / "notes"

    async with Supervisor(tmp_path, tell=print) as supervisor:
        for name in ("one", "two", "three"):
            await supervisor.start(writing(name, notes))

    assert notes.read_text().split("\n")[:6] == [
        "begin one", "begin two", "begin three", "end three", "end two", "end one",
    ]  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_everything_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    notes = tmp_path / "notes"

    async with Supervisor(tmp_path, tell=print) as supervisor:
        await supervisor.start(writing("one", notes))
        asyncio.get_running_loop().call_later(0.1, os.kill, os.getpid(), number)
        await supervisor.run()

    assert notes.read_text() == "begin one\nend one\n"


async def test_a_signal_while_a_part_is_still_starting_ends_the_block(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    never = Child("never", ("/bin/sleep", "600"), PATHS, ready=lambda: asyncio.sleep(0, result=False))
    reached = False

    async with Supervisor(tmp_path, tell=print) as supervisor:
        await supervisor.start(writing("one", notes))
        asyncio.get_running_loop().call_later(0.1, os.kill, os.getpid(), signal.SIGTERM)
        await supervisor.start(never)
        reached = True

    assert not reached
    assert notes.read_text() == "begin one\nend one\n"


async def test_the_death_of_a_part_ends_the_rest_and_is_told(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    dying = Child("dying", ("/bin/sh", "-c", "sleep 0.1; echo Error: no more paper >&2; exit 3"), PATHS)

    with pytest.raises(Unusable) as told:
        async with Supervisor(tmp_path, tell=print) as supervisor:
            await supervisor.start(writing("one", notes))
            await supervisor.start(dying)
            await supervisor.run()

    assert str(told.value).startswith("dying ended with exit status 3: Error: no more paper (see ")
    assert notes.read_text() == "begin one\nend one\n"


async def test_a_part_that_ends_before_it_is_ready_is_told_with_its_last_words(tmp_path: Path) -> None:
    never = lambda: asyncio.sleep(0, result=False)  # noqa: E731 - a readiness check, as short as it is
    broken = Child("broken", ("/bin/sh", "-c", "echo no such setting >&2; exit 1"), PATHS, ready=never)

    with pytest.raises(Unusable, match="broken can't start: it ended with exit status 1: no such setting"):
        async with Supervisor(tmp_path, tell=print) as supervisor:
            await supervisor.start(broken)


async def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"ended with exit status 126: FATAL: /nowhere/program can't be started"):
        async with Supervisor(tmp_path, tell=print) as supervisor:
            await supervisor.start(Child("missing", ("/nowhere/program",), PATHS))
            await supervisor.run()


async def test_a_part_that_is_not_ready_in_time_is_ended_and_told(tmp_path: Path) -> None:
    never = lambda: asyncio.sleep(0, result=False)  # noqa: E731 - a readiness check, as short as it is
    slow = Child("slow", ("/bin/sleep", "600"), PATHS, ready=never, ready_seconds=0.2)

    with pytest.raises(Unusable, match=r"slow is not ready after 0\.2 s"):
        async with Supervisor(tmp_path, tell=print) as supervisor:
            await supervisor.start(slow)


async def test_a_restarted_part_is_back_and_its_count_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    again = asyncio.Event()
    begun = tmp_path / "begun"
    script = f"echo $$ >> {begun}; exec sleep 600"

    async def made_again() -> None:
        again.set()

    async with Supervisor(tmp_path, tell=told.append) as supervisor:
        child = Child("child", ("/bin/sh", "-c", script), PATHS, restart=True)
        await supervisor.start(child, on_restart=made_again)
        for times in (1, 2):
            await asyncio.to_thread(until, partial(has_lines, begun, times))
            again.clear()
            os.kill(int(text_of(begun).split()[-1]), signal.SIGKILL)
            await supervisor.while_running(asyncio.wait_for(again.wait(), 10))

    assert told[0] == "child was ended by SIGKILL; restart 1 in 0.25 s."
    assert told[1] == "child is back after restart 1."
    assert told[2] == "child was ended by SIGKILL; restart 2 in 0.5 s."


async def test_the_database_is_back_after_kill_9(tmp_path: Path) -> None:
    back = asyncio.Event()
    postgres = EmbeddedPostgres(tmp_path)

    async def note() -> None:
        back.set()

    async with Supervisor(tmp_path, tell=print) as supervisor:
        url = await supervisor.start(postgres, on_restart=note)
        before = postgres.pid
        assert before is not None
        os.kill(before, signal.SIGKILL)
        await supervisor.while_running(asyncio.wait_for(back.wait(), 20))

        assert postgres.url("postgres") == url
        assert postgres.pid not in (None, before)


async def test_a_part_deaf_to_its_signal_is_killed_with_what_it_started(tmp_path: Path) -> None:
    script = f"trap '' TERM; sleep 600 & echo $! > {tmp_path / 'grandchild'}; while :; do sleep 1; done"
    deaf = Child("deaf", ("/bin/sh", "-c", script), PATHS, stop_timeout=0.3)
    began = time.monotonic()

    async with Supervisor(tmp_path, tell=print) as supervisor:
        await supervisor.start(deaf)
        await asyncio.to_thread(until, lambda: bool(text_of(tmp_path / "grandchild")))

    assert time.monotonic() - began < 5
    gone(int(text_of(tmp_path / "grandchild")))


async def test_a_second_supervisor_of_a_folder_says_who_has_it(tmp_path: Path) -> None:
    async with Supervisor(tmp_path, tell=print):
        with pytest.raises(Unusable, match=rf"in use by process {os.getpid()};"):
            async with Supervisor(tmp_path, tell=print):
                pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_whole_goes_down_cleanly_on(tmp_path: Path, number: signal.Signals) -> None:
    supervisor, pids = await whole(tmp_path)

    supervisor.send_signal(number)
    output, _ = await asyncio.wait_for(supervisor.communicate(), 20)

    assert supervisor.returncode == 0
    assert output.decode().strip() == "down"
    for pid in pids:
        gone(pid)
    assert "database system is shut down" in (tmp_path / "logs" / "postgres.log").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
async def test_nothing_outlives_a_supervisor_that_was_killed_and_all_of_it_starts_again(tmp_path: Path) -> None:
    supervisor, pids = await whole(tmp_path)

    supervisor.kill()
    await supervisor.wait()
    again, _ = await whole(tmp_path)

    for pid in pids:
        gone(pid)
    again.terminate()
    assert await asyncio.wait_for(again.wait(), 20) == 0


async def whole(folder: Path) -> tuple[asyncio.subprocess.Process, list[int]]:
    """A supervisor in a process of its own with database, broker and a child; their process ids."""
    (folder / "child.pid").unlink(missing_ok=True)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WHOLE, str(folder), stdout=asyncio.subprocess.PIPE, cwd=REPOSITORY
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().split()
    assert line[:1] == ["up"], line
    return process, [int(pid) for pid in line[1:]]


def gone(pid: int) -> None:
    """Wait until the process has ended."""
    until(lambda: text_of(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()[:1] in ([], ["Z"]))


def text_of(file: Path) -> str:
    """What is in a file, as long as there is one."""
    try:
        return file.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def has_lines(file: Path, count: int) -> bool:
    return len(text_of(file).splitlines()) == count


def until(true: Callable[[], bool]) -> None:
    """Wait up to ten seconds for something to be true."""
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.01)
