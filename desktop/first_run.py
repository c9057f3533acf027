"""What `make run` does: the window on the sample project or, where there is no screen, the tour."""

from __future__ import annotations

import sys
from pathlib import Path

from desktop import messages
from desktop.screen import screen_problem


def main() -> int:
    """Open the sample project, or say why not and run the tour instead; the exit status."""
    from desktop.__main__ import prepare_process
    from desktop.sample import prepare_sample

    prepare_process()
    problem = screen_problem()
    try:
        if problem is None:
            from desktop.app import run

            return run(prepare_sample())
        sys.stdout.write(
            f"{problem}\nSo here is the tour: the same window, driven off screen through the whole loop.\n"
        )
        from desktop.tour import run as run_tour

        return run_tour(Path("tour"))
    except Exception as error:  # noqa: BLE001  (the outermost place: everything becomes a sentence)
        sys.stderr.write(f"overread: {messages.sentence(error)}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
