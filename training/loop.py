"""The fit loop: from a configuration and a dataset to a run folder with the best model in it.

A run folder holds ``config.toml`` (the configuration as it really was), ``events.jsonl``, ``resume.pt``,
``best/`` (a bundle) and ``report/``.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from inference.bundle import bundle_digest, read_manifest
from training import events, publish, state
from training.config import RunConfig, config_to_dict, write_config
from training.dataset import Dataset
from training.errors import ConfigError
from training.objective import Objective
from training.optim import Schedule
from training.publish import BEST, Publisher
from training.report import write_report
from training.setup import Prepared, prepare_run, seed_everything, set_learning
from training.stepper import Stepper
from training.torch_data import Loader, SampleSource
from training.validation import Validation, validate

Emit = Callable[[events.Event], None]
_CHECKPOINT_SECONDS = 60.0


def fit(
    config: RunConfig,
    dataset: Dataset,
    out: Path,
    *,
    emit: Emit = lambda _event: None,
    stop: Callable[[], bool] = lambda: False,
    resume: bool = False,
) -> events.Event:
    """Trains ``config`` on ``dataset`` into the run folder ``out``; returns its last event.

    Args:
        config: what to do; ``config.init`` names the bundle to start from.
        dataset: only its train and val images are read; test images are the gate's.
        out: made if need be; one with a run in it is refused unless ``resume``.
        emit: gets every event as it happens; they are also appended to ``events.jsonl``.
        stop: asked after every step; True saves the state and ends with ``Stopped``.
        resume: go on from ``resume.pt`` where the interrupted run would have gone on.

    Raises:
        TrainingError, InferenceError: with one sentence; ``best/`` keeps the best epoch so far.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    if not resume and (out / "config.toml").exists():
        raise ConfigError(f"{out} already holds a run; resume it, or choose another folder.")
    saved = state.load_resume(out) if resume else None
    with (out / "events.jsonl").open("a", encoding="utf-8") as log:
        notes: list[str] = []

        def tell(event: events.Event) -> None:
            log.write(event.to_json() + "\n")
            log.flush()
            if isinstance(event, events.Notice):
                notes.append(event.text)
            emit(event)

        for note in dataset.notes:
            tell(events.Notice(text=note))
        try:
            prepared = prepare_run(config, dataset, lambda text: tell(events.Notice(text=text)))
            with closing(_Run(prepared, out, tell, stop, notes)) as run:
                if saved is not None:
                    run.load(saved)
                write_config(out / "config.toml", prepared.config)
                return run.go()
        except Exception as error:
            # Written here only: whoever called tells it in words of its own.
            log.write(events.Failed(message=f"{error}").to_json() + "\n")
            raise


class _Run:
    """One run: its parts, where it stands, and the steps of the loop."""

    def __init__(
        self, prepared: Prepared, out: Path, tell: Emit, stop: Callable[[], bool], notes: list[str]
    ) -> None:
        config, schema, dataset = prepared.config, prepared.schema, prepared.dataset
        self.p, self.config, self.out, self.tell, self.stop, self.notes = (
            prepared,
            config,
            out,
            tell,
            stop,
            notes,
        )
        budget = config.data.cache_megabytes * 2**20 // 2
        train, val = (
            SampleSource([i for i in dataset.split(s) if i.weight > 0], schema, config.preprocess, budget)
            for s in ("train", "val")
        )
        self.images = {"train": len(train.items), "val": len(val.items)}
        size, workers = config.batch_size, config.workers
        self.loader = Loader(
            train, batch_size=size, seed=config.seed, config=config.augment, shuffle=True, workers=workers
        )
        self.val_loader = Loader(val, batch_size=size, workers=workers) if val.items else None
        self.objective = Objective(config.loss, schema, train.items)
        self.publisher = Publisher(
            prepared, out, publish.bundle_name(config.title, out), lambda: train.perceptual | val.perceptual
        )
        self.at = state.Progress(micro=size)
        self.told_not_shown = False
        schedule = Schedule(config, steps_per_epoch=-(-self.loader.batches // config.accumulate))
        self.stepper = Stepper(prepared, self.objective, schedule, self.at, tell)
        seed_everything(config.seed)

    def go(self) -> events.Event:
        """All epochs that are left."""
        config, at = self.config, self.at
        device = str(self.p.device) + (", bfloat16" if self.p.autocast else "")
        self.tell(events.Started(run=str(self.out), epochs=config.epochs, images=self.images, device=device))
        if self.val_loader is None:
            text = "There are no validation images: the last epoch is kept and thresholds stay as they are."
            self._note(text)
        elif self.p.whole_start and not at.best_rank:
            self._measure_start()
        while at.epoch < config.epochs and not (config.patience and at.waited >= config.patience):
            if not self._train_epoch():
                return self._end(stopped=True)
            self._close_epoch()
            if self.stop() and at.epoch < config.epochs:
                return self._end(stopped=True)
        return self._end(stopped=False)

    def _note(self, text: str) -> None:
        self.tell(events.Notice(text=text))

    def _measure_start(self) -> None:
        """The model that the run starts from is the one to beat, before anything is learnt."""
        result = self._validate()
        self.at.best_rank = result.rank()
        figure = result.dice if result.dice is not None else result.grade_accuracy
        if figure is not None:
            what = "Dice" if result.dice is not None else "grade accuracy"
            self._note(f"The model it starts from has a validation {what} of {figure:.3f}.")

    def _validate(self) -> Validation:
        assert self.val_loader is not None
        result = validate(self.p, self.val_loader.epoch(), self.objective)
        if result.not_shown and not self.told_not_shown:
            self.told_not_shown = True
            names = ", ".join(result.not_shown)
            self._note(f"No validation image shows {names}: the threshold stays as it was.")
        return result

    def close(self) -> None:
        """Ends the worker processes."""
        for loader in (self.loader, self.val_loader):
            if loader is not None:
                loader.close()

    def _train_epoch(self) -> bool:
        """The batches that are left of this epoch; False when asked to stop, the state saved."""
        at, begun, saved = self.at, time.monotonic() - self.at.seconds, time.monotonic()
        set_learning(self.p.network, freeze_batch_norm=self.config.freeze_batch_norm)
        for batch in self.loader.epoch(at.epoch, at.batch):
            loss = self.stepper.gradients(batch.to(self.p.device))
            at.batch += 1
            at.loss_sum += loss * len(batch.indices)
            at.loss_count += len(batch.indices)
            last = at.batch == self.loader.batches
            if at.batch % self.config.accumulate == 0 or last:
                self.stepper.step()
            at.seconds = time.monotonic() - begun
            self.tell(
                events.Batch(epoch=at.epoch + 1, batch=at.batch, batches=self.loader.batches, loss=loss)
            )
            if last or at.batch % self.config.accumulate:
                continue  # gradients under way are not in the saved state
            if self.stop():
                self.save()
                return False
            if time.monotonic() - saved > _CHECKPOINT_SECONDS:
                self.save()
                saved = time.monotonic()
        return True

    def _close_epoch(self) -> None:
        """Validates, keeps the best, saves the state and reports the epoch."""
        at, begun, result = self.at, time.monotonic(), None
        if self.val_loader is not None:
            result = self._validate()
        at.epoch += 1
        rank = result.rank() if result else (float(at.epoch),)
        best = not at.best_rank or rank > at.best_rank
        at.waited = 0 if best else at.waited + 1
        if best:
            at.best_epoch, at.best_rank = at.epoch, rank
            self._publish(result)
        self.stepper.schedule.after_epoch(at, rank[0])
        event = events.Epoch(
            epoch=at.epoch,
            epochs=self.config.epochs,
            train_loss=at.loss_sum / max(1, at.loss_count),
            val_loss=result.loss if result else None,
            val_dice=result.dice if result else None,
            val_grade_accuracy=result.grade_accuracy if result else None,
            seconds=at.seconds + time.monotonic() - begun,
            best=best,
        )
        at.history.append(event.to_dict())
        at.batch, at.loss_sum, at.loss_count, at.seconds = 0, 0.0, 0, 0.0
        self.save()
        self.tell(event)

    def _publish(self, result: Validation | None) -> None:
        metrics = {"val": result.metrics} if result else {}
        thresholds = result.thresholds if result else self.p.known_thresholds()
        extra = {"epoch": self.at.epoch, "grouping_known": self.p.dataset.grouping_known}
        self.publisher.publish(thresholds, {**metrics, **extra})

    def _publish_start(self) -> None:
        """No epoch was better than the start: ``best/`` is the start, with thresholds of these images."""
        self.p.return_to_start()
        self._publish(self._validate())
        self._note(
            "No epoch was better on the validation images than the model it starts from: "
            "that model is kept, only its thresholds are chosen anew on these images."
        )

    def _end(self, *, stopped: bool) -> events.Event:
        """Writes the report and says how the run ended."""
        at, best = self.at, self.out / BEST
        if not at.best_epoch and not stopped:
            self._publish_start()
        digest, metrics = None, {}
        if at.best_epoch or not stopped:
            digest, metrics = bundle_digest(best), read_manifest(best).metrics
        summary = {"best_epoch": at.best_epoch, "digest": digest, "images": self.images}
        summary["metrics"] = metrics.get("val", {})
        write_report(self.out / "report", self.publisher.name, at.history, summary, self.notes)
        event: events.Event
        if stopped:
            if not at.best_epoch:
                why = "No epoch was better than the model it starts from" if at.epoch else "No epoch was done"
                self._note(f"{why} when the run was stopped: there is no new model yet.")
            event = events.Stopped(epoch=at.epoch, bundle=str(best) if at.best_epoch else None)
        else:
            event = events.Finished(
                bundle=str(best), digest=digest or "", best_epoch=at.best_epoch, metrics=metrics
            )
        self.tell(event)
        return event

    def save(self) -> None:
        """Writes ``resume.pt``: everything that the next step depends on."""
        values = {
            **self._identity(),
            "progress": dataclasses.asdict(self.at),
            "network": self.p.network.state_dict(),
            "optimizer": self.stepper.optimizer.state_dict(),
            "random": state.random_state(self.p.device),
        }
        state.save_resume(self.out, values)

    def load(self, values: dict[str, Any]) -> None:
        """Goes on from what ``save`` wrote. Raises ResumeError for another configuration, data or start."""
        state.check_identity(self.out, values, self._identity())
        self.at.update(values["progress"])
        self.p.network.load_state_dict(values["network"])
        self.stepper.optimizer.load_state_dict(values["optimizer"])
        state.restore_random(values["random"], self.p.device)

    def _identity(self) -> dict[str, Any]:
        parent = self.p.incumbent.digest if self.p.incumbent else ""
        config = config_to_dict(self.config)
        return {"config": config, "dataset": self.p.dataset.digest, "parent": parent}
