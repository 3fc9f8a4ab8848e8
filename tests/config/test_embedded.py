"""The servers that start themselves: begun, shared, let go, crashed, believed and not believed."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time

import pytest

from config import embedded, places, servers
from config.processes import BASE_DIR, manage

pytestmark = pytest.mark.slow


@pytest.fixture
def own(tmp_path):
    """A pair of servers in a data folder of this test's own; everything of it is gone afterwards."""
    environment = {"CANOPY_DATA": str(tmp_path / "own data"), "CANOPY_DURABLE": "1"}
    pair = servers.from_environment(environment)
    yield pair
    for server in (pair.cluster, pair.valkey):
        server.release()
        server.stop(mode="immediate")
    for left in (pair.cluster.home, *pair.cluster.home.parent.glob(f"{pair.cluster.home.name}-kept-*")):
        shutil.rmtree(left, ignore_errors=True)


def environment_of(pair):
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("CANOPY_")}
    return {**inherited, "CANOPY_DATA": str(pair.data)}


def run(pair, *command):
    return subprocess.run(command, env=environment_of(pair), cwd=BASE_DIR, capture_output=True, text=True, check=False)


HOLDER = """
import os, sys, time
sys.path.insert(0, os.getcwd())
from config import servers
servers.hold()
print("holding", flush=True)
time.sleep(600)
"""


def start_holder(pair):
    """Start another process that holds the servers, as a web or worker process does."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER], env=environment_of(pair), cwd=BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "holding\n"
    return process


def test_a_first_start_makes_everything_and_keeps_it_private(own):
    own.cluster.acquire()
    own.valkey.acquire()
    assert own.cluster.answers() and own.valkey.answers()
    assert stat.S_IMODE(own.cluster.home.stat().st_mode) == 0o700
    assert stat.S_IMODE(own.cluster.sockets.stat().st_mode) == 0o700
    with own.cluster.connect(own.cluster.database) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        provider = "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = current_database()"
        assert connection.execute(provider).fetchone() == ("b", "C.UTF-8")


def test_the_paths_of_sockets_are_short_wherever_the_checkout_lies(tmp_path):
    deep = tmp_path.joinpath(*["a rather long name of a folder"] * 6)
    pair = servers.from_environment({"CANOPY_DATA": str(deep)})
    assert len(str(pair.valkey.socket)) < 100
    assert len(str(pair.cluster.sockets / ".s.PGSQL.5432")) < 100


def test_two_checkouts_have_servers_of_their_own(tmp_path):
    first, second = (servers.from_environment({"CANOPY_DATA": str(tmp_path / name)}) for name in ("one", "two"))
    assert first.cluster.home != second.cluster.home
    assert first.cluster.sockets != second.cluster.sockets


def test_the_last_one_out_stops_the_servers(own):
    own.cluster.acquire()
    other = start_holder(own)
    pid = own.cluster.pid()
    other.kill()
    other.wait()
    assert own.cluster.pid() == pid

    other = start_holder(own)
    own.cluster.release()
    assert own.cluster.pid() == pid, "another process still holds it"
    other.kill()
    other.wait()
    own.cluster.acquire()
    assert own.cluster.pid() == pid, "left running by one that was killed, and taken over"
    own.cluster.release()
    assert own.cluster.pid() is None


def test_what_was_committed_outlives_a_kill_of_everything(own):
    own.cluster.acquire()
    own.valkey.acquire()
    with own.cluster.connect(own.cluster.database) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    own.cluster.release()
    own.valkey.release()
    holder = start_holder(own)
    with own.cluster.connect(own.cluster.database) as connection:
        connection.execute("INSERT INTO kept VALUES (1001)")
    for pid in (own.cluster.pid(), own.valkey.pid(), holder.pid):
        os.kill(pid, signal.SIGKILL)
    holder.wait()
    assert (own.cluster.data / "postmaster.pid").exists()

    own.cluster.acquire()
    own.valkey.acquire()
    with own.cluster.connect(own.cluster.database) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1001,)


def test_a_stale_pid_file_that_names_a_living_stranger_is_not_believed(own):
    own.cluster.acquire()
    own.cluster.stop(mode="immediate")
    user = places.account()
    stranger = subprocess.Popen(["sleep", "600"], **({"user": user.pw_uid, "group": user.pw_gid} if user else {}))
    try:
        note = own.cluster.data / "postmaster.pid"
        note.write_text(f"{stranger.pid}\n{own.cluster.data}\n1700000000\n5432\n{own.cluster.sockets}\n\n  1 1\nready   \n")
        assert own.cluster.pid() is None
        own.cluster.start()
        assert own.cluster.answers()
        assert stranger.poll() is None, "the stranger is none of our business"
    finally:
        stranger.kill()
        stranger.wait()


def test_a_pid_file_of_rubbish_does_not_stand_in_the_way(own):
    own.cluster.acquire()
    for rubbish in ("", "not a number\n", "99999999\n"):
        own.cluster.stop(mode="immediate")
        (own.cluster.data / "postmaster.pid").write_text(rubbish)
        own.cluster.start()
        assert own.cluster.answers()


def test_a_valkey_that_is_too_busy_to_answer_is_not_doubled(own):
    own.valkey.acquire()
    pid = own.valkey.pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        assert not own.valkey.answers()
        assert own.valkey.pid() == pid
    finally:
        os.kill(pid, signal.SIGCONT)
    own.valkey.start()
    assert own.valkey.pid() == pid


def test_a_cluster_that_was_half_made_is_made_again(own):
    own.cluster._prepare_home()
    (own.cluster.home / "postgres.draft").mkdir()
    (own.cluster.home / "postgres.draft" / "PG_VERSION").write_text("18\n")
    own.cluster.acquire()
    assert own.cluster.answers()


def test_a_socket_folder_of_somebody_else_is_refused(own, tmp_path):
    own.valkey.home.mkdir(parents=True, exist_ok=True)
    own.valkey.sockets = tmp_path / "squatted"
    own.valkey.sockets.mkdir(mode=0o777)
    own.valkey.sockets.chmod(0o777)
    with pytest.raises(places.EmbeddedError, match="squatted"):
        own.valkey.acquire()


def test_a_server_that_cannot_start_says_why(own):
    own.cluster.acquire()
    own.cluster.stop()
    (own.cluster.data / "pg_hba.conf").write_text("nonsense\n")
    with pytest.raises(places.EmbeddedError, match="postgres.log"):
        own.cluster.start()


def test_commands_that_need_no_database_start_nothing(own, tmp_path):
    for command in (
        ["check"],
        ["makemigrations", "--check", "--dry-run"],
        ["collectstatic", "--no-input", "--dry-run"],
        ["help"],
    ):
        done = run(own, *manage(*command))
        assert done.returncode == 0, done.stderr
        assert not own.cluster.data.exists(), command
        assert not own.valkey.data.exists(), command


def test_a_command_that_needs_a_database_starts_one_and_stops_it_again(own):
    done = run(own, *manage("showmigrations", "outbox"))
    assert done.returncode == 0, done.stderr
    assert "0001_initial" in done.stdout
    assert own.cluster.data.exists()
    assert own.cluster.pid() is None and own.valkey.pid() is None


def test_a_command_finds_the_servers_that_run(own):
    own.cluster.acquire()
    own.valkey.acquire()
    pids = own.cluster.pid(), own.valkey.pid()
    assert run(own, *manage("showmigrations", "outbox")).returncode == 0
    assert (own.cluster.pid(), own.valkey.pid()) == pids


def test_with_addresses_in_the_environment_nothing_is_started(own):
    environment = {**environment_of(own), "DATABASE_URL": "postgres://x:x@127.0.0.1:1/x", "VALKEY_URL": "redis://127.0.0.1:1/0"}
    done = subprocess.run(manage("showmigrations"), env=environment, cwd=BASE_DIR, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "127.0.0.1" in done.stderr
    assert not own.cluster.home.exists() or not own.cluster.data.exists()


def test_removing_the_data_folder_is_a_fresh_start(own):
    own.cluster.acquire()
    with own.cluster.connect(own.cluster.database) as connection:
        connection.execute("CREATE TABLE old (n int)")
    own.cluster.release()
    shutil.rmtree(own.data)
    own.cluster.acquire()
    with own.cluster.connect(own.cluster.database) as connection:
        assert connection.execute("SELECT to_regclass('old')").fetchone() == (None,)


def test_folders_above_keep_their_permissions(own):
    above = {folder: folder.stat().st_mode for folder in own.data.parents}
    own.cluster.acquire()
    assert {folder: folder.stat().st_mode for folder in own.data.parents} == above


def test_a_process_that_has_ended_is_not_taken_for_running():
    ended = subprocess.Popen(["true"])
    time.sleep(0.2)
    assert not embedded.running_process(ended.pid)
    ended.wait()
    assert not embedded.running_process(ended.pid)
    assert embedded.running_process(os.getpid())
