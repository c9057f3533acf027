import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from desktop.project import migrations
from desktop.project.errors import StoreError, StoreVersionError
from desktop.project.project import Project
from desktop.project.store import Store
from tests.desktop.project.helpers import SCHEMA, indexed, run_index, stroke

STORES = Path(__file__).parent / "stores"


def stored(folder, name):
    """A store of an older version, as that version wrote it."""
    path = folder / ".overread" / "project.sqlite"
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((STORES / name).read_text("utf-8"))
    return path


def shape(path):
    """Tables with their columns, and indexes: what two stores of one version have in common."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
        return {
            (kind, name): sorted(
                (row[1], row[2], row[3], row[5]) if kind == "table" else (row[2],)
                for row in connection.execute(
                    f"PRAGMA {'table_info' if kind == 'table' else 'index_info'}('{name}')"
                )
            )
            for kind, name in found.fetchall()
        }


def test_a_store_of_version_1_is_brought_here_with_all_that_is_in_it(tmp_path):
    path = stored(tmp_path / "old", "version-1.sql")
    with Project.open(tmp_path / "old", reader="ada") as project:
        assert project.store.backup == path.with_name("project.sqlite.v1.bak")
        first, second = project.images()
        assert (first.status_for_reader, second.status_for_reader) == ("corrected", "rejected")
        label = project.load_label(first.id)
        assert label.planes.class_mask(0).sum() == 35 and label.grades == {"severity": "1"}
        assert [note.text for note in project.comments(first.id)] == ["A note"]
    fresh = Store.create(tmp_path / "fresh.sqlite", {"name": "x"})
    fresh.close()
    assert shape(path) == shape(tmp_path / "fresh.sqlite")


def set_version(path, version):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'store_version'", (str(version),))


def add_column(connection):
    connection.execute("ALTER TABLE images ADD COLUMN retired_from_gate BOOLEAN NOT NULL DEFAULT 0")


@pytest.fixture
def old_project(tmp_path):
    """A project with a stroke whose store is a version older: one column is not there yet."""
    with indexed(tmp_path / "eyes") as project:
        row = project.images()[0]
        stroke(project, project.load_label(row.id), 0, 20, 20)
        path = project.store.path
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("ALTER TABLE images DROP COLUMN retired_from_gate")
    set_version(path, 0)
    return tmp_path / "eyes", path, row


def skip_to_present(monkeypatch):
    """Only the step from version 0, which the tests make up, has anything to do."""
    monkeypatch.setitem(migrations.MIGRATIONS, 1, lambda connection: None)


def test_an_older_store_is_migrated_with_a_backup_beside(old_project, monkeypatch):
    folder, path, row = old_project
    monkeypatch.setitem(migrations.MIGRATIONS, 0, add_column)
    skip_to_present(monkeypatch)
    with Project.open(folder, reader="ann") as project:
        assert project.store.backup == path.with_name("project.sqlite.v0.bak")
        assert project.image(row.id).retired_from_gate is False
        assert project.load_label(row.id).planes.class_mask(0).any()
        assert migrations.stored_version(path) == migrations.STORE_VERSION
    backup = path.with_name("project.sqlite.v0.bak")
    assert migrations.stored_version(backup) == 0
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM journal").fetchone() == (1,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not list(path.parent.glob("*.new"))


def test_a_migration_that_fails_leaves_the_store_as_it_was(old_project, monkeypatch):
    folder, path, _ = old_project

    def half(connection):
        add_column(connection)
        connection.execute("ALTER TABLE nothing ADD COLUMN x")

    monkeypatch.setitem(migrations.MIGRATIONS, 0, half)
    skip_to_present(monkeypatch)
    with pytest.raises(StoreError, match="as it was"):
        Project.open(folder, reader="ann")
    assert migrations.stored_version(path) == 0
    with closing(sqlite3.connect(path)) as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(images)")]
    assert "retired_from_gate" not in names
    monkeypatch.setitem(migrations.MIGRATIONS, 0, add_column)
    Project.open(folder, reader="ann").close()  # and the lock was freed


def test_an_old_version_without_a_way_here_is_refused(old_project):
    folder, _, _ = old_project
    with pytest.raises(StoreVersionError, match="version 0"):
        Project.open(folder)


def test_a_newer_version_is_refused_with_one_sentence(tmp_path):
    project = indexed(tmp_path / "eyes")
    path = project.store.path
    project.close()
    set_version(path, 99)
    before = path.read_bytes()
    with pytest.raises(StoreVersionError) as caught:
        Project.open(tmp_path / "eyes")
    assert "newer Overread (store version 99" in str(caught.value)
    assert path.read_bytes() == before and not list(path.parent.glob("*.bak"))


@pytest.mark.parametrize("content", [b"", b"this is no database, but it is long enough to look at" * 100])
def test_a_file_that_is_no_store(tmp_path, content):
    indexed(tmp_path / "eyes", 1).close()
    (tmp_path / "eyes" / ".overread" / "project.sqlite").write_bytes(content)
    with pytest.raises(StoreError, match="not a store of Overread"):
        Project.open(tmp_path / "eyes")


def test_the_store_is_durable_and_consistent(tmp_path):
    store = Store.create(tmp_path / "project.sqlite", {"name": "x"})
    with store.writing_connection() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    store.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000}
    assert not (tmp_path / "project.sqlite.new").exists()


def test_settings_keep_any_json(tmp_path):
    with Project.create(tmp_path, SCHEMA) as project:
        project.set_setting("a", {"b": [1, None, "ü"]}).result(10)
        project.set_setting("a", {"b": [2]}).result(10)
        assert project.store.setting("a") == {"b": [2]} and project.store.setting("none", 5) == 5
        run_index(project)
