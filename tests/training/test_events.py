import json

import pytest

from training.events import Epoch, EventError, Finished, Notice, Started, parse_event


def test_round_trip():
    for event in (
        Started(run="r", epochs=3, images={"train": 4, "val": 1}, device="cpu"),
        Epoch(epoch=1, epochs=3, train_loss=0.5, seconds=1.25, best=True),
        Finished(bundle="b", digest="d", best_epoch=2, metrics={"val": {"dice": 0.5}}),
        Notice(text="Größe"),
    ):
        assert parse_event(event.to_json()) == event
        assert "\n" not in event.to_json()


def test_not_a_number_is_null():
    line = Epoch(epoch=1, epochs=1, train_loss=float("nan"), seconds=1.0, best=False).to_json()
    assert json.loads(line)["train_loss"] is None


def test_newer_keys_are_left_out_and_strangers_refused():
    assert parse_event('{"event":"notice","text":"x","shade":1}') == Notice(text="x")
    for line in ("", "[]", "Traceback", '{"event":"unheard"}', '{"event":"notice"}'):
        with pytest.raises(EventError):
            parse_event(line)
