import importlib
import sys
from types import ModuleType

import pytest

from inference import torchvision_first


@pytest.fixture
def defined(monkeypatch):
    """Operators declared during the test, without declaring any."""
    import torch

    names = []
    monkeypatch.setattr(torch.library, "define", lambda name, signature: names.append(name))
    monkeypatch.setattr(torchvision_first, "_forget_half_imported", lambda: None)
    return names


def importing(monkeypatch, *outcomes):
    left = list(outcomes)

    def fake(name):
        assert name == "torchvision"
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(importlib, "import_module", fake)
    return left


def test_a_healthy_install_gets_no_operators_declared(monkeypatch, defined):
    module = ModuleType("torchvision")
    importing(monkeypatch, module)
    assert torchvision_first._import() is module
    assert defined == []


def test_only_that_very_error_declares_them_and_imports_again(monkeypatch, defined):
    module = ModuleType("torchvision")
    left = importing(monkeypatch, RuntimeError("operator torchvision::nms does not exist"), module)
    assert torchvision_first._import() is module
    assert defined == ["torchvision::nms", "torchvision::qnms"]
    assert left == []


@pytest.mark.parametrize("error", [RuntimeError("something else"), ImportError("no torchvision")])
def test_other_errors_pass_through(monkeypatch, defined, error):
    importing(monkeypatch, error)
    with pytest.raises(type(error), match=str(error)):
        torchvision_first._import()
    assert defined == []


def test_half_imported_parts_are_forgotten(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))
    monkeypatch.setitem(sys.modules, "torchvision.ops", ModuleType("torchvision.ops"))
    others = ModuleType("torchvisionary")
    monkeypatch.setitem(sys.modules, "torchvisionary", others)
    kept = {n: m for n, m in sys.modules.items() if n == "torchvision" or n.startswith("torchvision.")}
    torchvision_first._forget_half_imported()
    gone = not any(n == "torchvision" or n.startswith("torchvision.") for n in sys.modules)
    sys.modules.update(kept)
    assert gone
    assert sys.modules["torchvisionary"] is others
