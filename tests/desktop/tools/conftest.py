from __future__ import annotations

import pytest

from tests.desktop.tools.desk import Context


@pytest.fixture
def desk(qtbot) -> Context:
    """A shown canvas of 400 x 300 with an image of 400 x 300 pixels and a blank label."""
    context = Context()
    context.show(300, 400)
    qtbot.addWidget(context.view)
    context.view.show()
    qtbot.waitExposed(context.view)
    context.view.setFocus()
    return context
