"""A folder has one owner and a port one listener; whoever comes second is told so in one sentence."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from proactive.embedded.lock import FolderLock
from proactive.embedded.ports import LOOPBACK, is_free, kept_port, require_free
from proactive.errors import Unusable


def test_the_second_owner_of_a_folder_is_told_who_the_first_is(tmp_path: Path) -> None:
    with FolderLock(tmp_path), pytest.raises(Unusable) as told:
        FolderLock(tmp_path).hold()

    assert f"{tmp_path} is in use by process {os.getpid()};" in str(told.value)
    assert "PROACTIVE_DATA_DIR" in str(told.value)


def test_a_folder_let_go_can_be_held_again(tmp_path: Path) -> None:
    with FolderLock(tmp_path):
        pass

    with FolderLock(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_folder_is_free_when_its_holder_was_killed(tmp_path: Path) -> None:
    hold = (
        "import os, signal, sys; from pathlib import Path; from proactive.embedded.lock import FolderLock; "
        "FolderLock(Path(sys.argv[1])).hold(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", hold, str(tmp_path)], check=False, cwd=Path(__file__).parents[2])

    with FolderLock(tmp_path):
        assert (tmp_path / "lock").exists()


def test_a_folder_that_cannot_be_made_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(Unusable, match="can't be made"):
        FolderLock(tmp_path / "file" / "below").hold()


def test_a_port_is_kept_as_long_as_it_is_free(tmp_path: Path) -> None:
    first = kept_port(tmp_path / "port")

    assert kept_port(tmp_path / "port") == first
    with socket.create_server((LOOPBACK, first)):
        assert kept_port(tmp_path / "port") != first


def test_a_taken_port_is_told_with_the_setting_that_mends_it() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]

        with pytest.raises(Unusable, match=f"Port {port} .* for the pages, is taken; .* set PROACTIVE_WEB_PORT"):
            require_free(port, what="the pages", setting="PROACTIVE_WEB_PORT")

    assert is_free(port)
