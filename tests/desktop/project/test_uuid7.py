import threading
import uuid

from desktop.project.uuid7 import uuid7


def test_identifiers_are_version_seven_and_sort_by_time():
    made = [uuid7() for _ in range(20_000)]
    assert made == sorted(made) and len(set(made)) == len(made)
    assert all(
        uuid.UUID(text).version == 7 and uuid.UUID(text).variant == uuid.RFC_4122 for text in made[::500]
    )


def test_threads_never_get_the_same():
    made = []
    threads = [threading.Thread(target=lambda: made.extend(uuid7() for _ in range(3000))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 12_000
