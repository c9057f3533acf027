from importlib import metadata

import pytest
from torch import nn

from inference.networks import registry
from inference.networks.registry import NetworkError, build, names, network_class, register
from inference.schema import MaskClass, Schema

SCHEMA = Schema((MaskClass(0, "a"),))


class Foreign(nn.Module):
    """A network of another package."""

    def __init__(self, schema, *, depth=1):
        super().__init__()
        self.layer = nn.Conv2d(3, len(schema.active_classes), depth)


@pytest.fixture
def known(monkeypatch):
    names()  # the families are in before the copy is taken
    monkeypatch.setattr(registry, "_networks", dict(registry._networks))


def entry_points(monkeypatch, *entries):
    monkeypatch.setattr(
        registry.metadata, "entry_points", lambda group: [e for e in entries if e.group == group]
    )


def test_an_unknown_name_gets_the_nearest_known_one():
    with pytest.raises(NetworkError, match="Did you mean “residual-unet”"):
        build("residual_unet", SCHEMA)
    with pytest.raises(NetworkError, match="Known are"):
        build("xyz", SCHEMA)


def test_registering_is_one_decorator(known):
    register("ours")(Foreign)
    assert network_class("ours") is Foreign
    assert "ours" in names()
    assert isinstance(build("ours", SCHEMA, {"depth": 3}), Foreign)
    register("ours")(Foreign)  # importing twice is no conflict
    with pytest.raises(ValueError, match="taken"):
        register("ours")(nn.Conv2d)


def test_other_packages_add_networks_without_being_imported_for_the_list(known, monkeypatch):
    entry = metadata.EntryPoint("theirs", f"{__name__}:Foreign", registry.ENTRY_POINTS)
    broken = metadata.EntryPoint("broken", "no_such_module:Network", registry.ENTRY_POINTS)
    entry_points(monkeypatch, entry, broken)
    assert {"theirs", "broken"} <= set(names())
    assert type(build("theirs", SCHEMA)).__name__ == "Foreign"
    with pytest.raises(NetworkError, match="no_such_module"):
        build("broken", SCHEMA)
