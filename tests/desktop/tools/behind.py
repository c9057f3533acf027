"""What a test needs of tools that compute on another thread: answers that come when the test says so."""

from __future__ import annotations

from tests.desktop.tools.desk import Context


class Later:
    """Takes the place of ``context.run_behind``: nothing is computed until `run`."""

    def __init__(self, context: Context) -> None:
        self.waiting: list[tuple] = []
        context.run_behind = lambda work, done, failed=None: self.waiting.append((work, done, failed))

    def run(self) -> int:
        """Compute what waits, and what that asks for; return how many answers were given."""
        count = 0
        while self.waiting:
            work, done, failed = self.waiting.pop(0)
            count += 1
            try:
                result = work()
            except Exception as error:
                if failed is None:
                    raise
                failed(error)
            else:
                done(result)
        return count
