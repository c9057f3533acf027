import errno
import threading

import pytest
from sqlalchemy import text

from desktop.project.errors import StoreWriteError
from desktop.project.store import Store
from desktop.project.writer import Writer


@pytest.fixture
def store(tmp_path):
    store = Store.create(tmp_path / "project.sqlite", {"name": "x"})
    yield store
    store.close()


@pytest.fixture
def writer(store):
    writer = Writer(store)
    yield writer
    writer.close()


def put(number, size=10):
    def operation(connection):
        connection.execute(
            text("INSERT INTO meta (key, value) VALUES (:key, :value)"),
            {"key": f"n{number:06}", "value": "x" * size},
        )
        return number

    return operation


def stored(store):
    with store.read() as connection:
        found = connection.execute(text("SELECT key FROM meta WHERE key LIKE 'n0%' ORDER BY rowid"))
        return [int(key[1:]) for key in found.scalars()]


def limit(writer, pages):
    """Let the file grow by so many pages only: what a full disk does, from SQLite's own mouth."""

    def operation(connection):
        now = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {now + pages if pages is not None else 1 << 30}")

    return writer.submit(operation)


def test_operations_run_in_order_on_one_thread(writer, store):
    names = []
    futures = []
    for number in range(50):

        def operation(connection, number=number):
            names.append(threading.current_thread().name)
            return put(number)(connection)

        futures.append(writer.submit(operation))
    assert [future.result(10) for future in futures] == list(range(50))
    assert stored(store) == list(range(50)) and set(names) == {"overread-writer"}


def test_a_full_disk_loses_and_reorders_nothing(writer, store):
    counts = []
    writer.on_pending(counts.append)
    writer.submit(put(0)).result(10)
    limit(writer, 4).result(10)
    saved, refused = [], []
    for number in range(1, 30):
        future = writer.submit(put(number, 3000))
        try:
            saved.append(future.result(10))
        except StoreWriteError as error:
            refused.append(number)
            assert "the disk is full" in str(error)
    assert saved and refused and saved == list(range(1, refused[0]))
    assert stored(store) == [0, *saved]
    assert not writer.flush(10) and writer.pending == len(refused) == counts[-1]
    writer.retry()
    assert not writer.flush(10) and writer.pending == len(refused)  # still full
    # Room again: the refused ones come first, in their order, then the new one.
    writer._connection.exec_driver_sql(f"PRAGMA max_page_count = {1 << 30}")
    writer._connection.rollback()
    assert writer.submit(put(99)).result(10) == 99
    assert writer.flush(10) and writer.pending == 0 and counts[-1] == 0
    assert stored(store) == [*range(30), 99]


def test_room_again_without_a_new_change(writer, store):
    limit(writer, 2).result(10)
    futures = [writer.submit(put(number, 3000)) for number in range(10)]
    assert isinstance(futures[-1].exception(10), StoreWriteError)
    assert not writer.flush(10)
    writer._connection.exec_driver_sql(f"PRAGMA max_page_count = {1 << 30}")
    writer._connection.rollback()
    writer.retry()
    assert writer.flush(10)
    assert stored(store) == list(range(10))


def test_what_is_not_to_be_kept_leaves_nothing_when_it_is_refused(writer, store):
    limit(writer, 2).result(10)
    with pytest.raises(StoreWriteError, match=r"not done.*do it again"):
        writer.submit(put(1, 90_000), keep=False).result(10)
    assert writer.flush(10) and writer.pending == 0
    # Behind a kept one that is refused it is dropped as well, instead of waiting with it.
    assert isinstance(writer.submit(put(2, 90_000)).exception(10), StoreWriteError)
    assert isinstance(writer.submit(put(3), keep=False).exception(10), StoreWriteError)
    assert writer.pending == 1
    writer._connection.exec_driver_sql(f"PRAGMA max_page_count = {1 << 30}")
    writer._connection.rollback()
    writer.retry()
    assert writer.flush(10) and stored(store) == [2]


def test_a_store_that_is_gone_is_said_of_everything_that_waits(writer, store):
    def gone():
        raise StoreWriteError("It is gone; put it back: it is kept in memory.")

    writer._guard = gone
    moved = store.path.rename(store.path.with_suffix(".elsewhere"))
    assert "put it back" in str(writer.submit(put(1)).exception(10))
    gate = threading.Event()
    writer._guard = lambda: gate.wait(10) and gone()
    writer.retry()
    behind, dropped = writer.submit(put(2)), writer.submit(put(3), keep=False)
    gate.set()
    assert "folder is not there any more" in str(behind.exception(10))
    assert "do it again" in str(dropped.exception(10)) and "in memory" not in str(dropped.exception())
    moved.rename(store.path)
    writer._guard = lambda: None
    writer.retry()
    assert writer.flush(10) and stored(store) == [1, 2]


def test_the_operating_system_says_the_disk_is_full(writer, store):
    room = threading.Event()

    def operation(connection):
        if not room.is_set():
            raise OSError(errno.ENOSPC, "No space left on device")
        return put(1)(connection)

    with pytest.raises(StoreWriteError):
        writer.submit(operation).result(10)
    room.set()
    assert writer.submit(put(2)).result(10) == 2
    assert stored(store) == [1, 2]


def test_a_wrong_operation_is_dropped_and_the_others_go_on(writer, store):
    def wrong(connection):
        put(7)(connection)
        raise KeyError("mine")

    future = writer.submit(wrong)
    with pytest.raises(KeyError, match="mine"):
        future.result(10)
    writer.submit(put(8)).result(10)
    assert stored(store) == [8] and writer.pending == 0
    with pytest.raises(OSError, match="no rights"):
        writer.submit(lambda connection: (_ for _ in ()).throw(OSError(errno.EACCES, "no rights"))).result(10)


def test_idle_work_waits_for_people(writer, store):
    done, gate = [], threading.Event()
    writer.submit(lambda connection: gate.wait(10))
    writer.submit_idle(lambda connection: done.append("idle"))
    for number in range(5):
        writer.submit(lambda connection, number=number: done.append(number))
    gate.set()
    writer.submit(lambda connection: None).result(10)
    writer.submit_idle(lambda connection: 1 / 0)  # nobody waits; it is logged, and nothing else happens
    assert writer.flush(10)
    assert writer.submit(put(1)).result(10) == 1
    assert done == [0, 1, 2, 3, 4, "idle"]


def test_the_guard_refuses_writes(store):
    def guard():
        raise PermissionError("taken over")

    writer = Writer(store, guard=guard)
    with pytest.raises(PermissionError):
        writer.submit(put(1)).result(10)
    writer.close()
    assert stored(store) == []


def test_close_tries_once_more_and_counts_what_is_left(store):
    writer = Writer(store)
    limit(writer, 0).result(10)
    futures = [writer.submit(put(number, 5000)) for number in range(3)]
    assert writer.close() == 3
    assert all(isinstance(future.exception(), StoreWriteError) for future in futures)
    with pytest.raises(RuntimeError, match="closed"):
        writer.submit(put(9))


def test_a_future_cannot_be_cancelled(writer, store):
    future = writer.submit(put(1))
    assert not future.cancel()
    assert future.result(10) == 1
