"""Start weights for encoders: local state dicts, safetensors, or torchvision's own download (imports torch).

Pickles are read with `torch.load(weights_only=True)` only, so that a weights file cannot run code.
"""

from __future__ import annotations

import logging
import pickle
import socket
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from inference.networks.registry import NetworkError
from inference.records import show_name

TORCHVISION = "torchvision"
_PATIENCE = 1.5  # seconds until "offline" is said; with the rest of the call it stays within 2
_log = logging.getLogger(__name__)


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors of a local `.pt`, `.pth` or `.safetensors` file. Raises NetworkError (one sentence)."""
    if not path.is_file():
        raise NetworkError(f"There is no weights file {show_name(path)}.")
    try:
        if path.suffix.lower() == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise NetworkError(f"The weights file {show_name(path)} cannot be read: {reason}.") from error
    except pickle.UnpicklingError as error:
        raise NetworkError(
            f"The weights file {show_name(path)} is no plain state dict: it holds more than tensors."
        ) from error
    except Exception as error:
        raise NetworkError(f"The weights file {show_name(path)} is damaged or of another kind.") from error
    if isinstance(loaded, Mapping) and isinstance(loaded.get("state_dict"), Mapping):
        loaded = loaded["state_dict"]
    if not isinstance(loaded, Mapping) or not all(isinstance(t, Tensor) for t in loaded.values()):
        raise NetworkError(f"The weights file {show_name(path)} does not hold a state dict.")
    return dict(loaded)


def load_encoder(
    encoder: nn.Module,
    state: Mapping[str, Tensor],
    *,
    prefix: str,
    unused: tuple[str, ...],
    source: str,
) -> None:
    """Load the keys that begin with `prefix` into `encoder`; every key must fit.

    Args:
        encoder: the module to fill.
        state: tensors by key.
        prefix: what the encoder's keys begin with in `state`.
        unused: beginnings of keys that are expected and left out (a classifier).
        source: the file's path or the download's name, for the sentence.

    Raises NetworkError naming the count and the first of the missing, unexpected or misshapen keys. The
    counters `num_batches_tracked`, which older files lack, may be missing.
    """
    wanted = encoder.state_dict()
    given = {key.removeprefix(prefix): t for key, t in state.items() if key.startswith(prefix)}
    other = [k for k in state if not k.startswith(prefix) and not k.startswith(unused)]
    missing = [k for k in wanted if k not in given and not k.endswith("num_batches_tracked")]
    unexpected = [*other, *(prefix + k for k in given if k not in wanted)]
    misshapen = [k for k in wanted if k in given and given[k].shape != wanted[k].shape]
    problems = []
    if missing:
        problems.append(f"{len(missing)} keys are missing (such as “{prefix}{missing[0]}”)")
    if unexpected:
        problems.append(f"{len(unexpected)} keys are unexpected (such as “{unexpected[0]}”)")
    if misshapen:
        key = misshapen[0]
        shapes = f"{list(given[key].shape)} instead of {list(wanted[key].shape)}"
        problems.append(f"{len(misshapen)} have another shape (such as “{prefix}{key}”: {shapes})")
    if problems:
        raise NetworkError(f"The weights {show_name(source)} do not fit the encoder: {', '.join(problems)}.")
    encoder.load_state_dict({k: given.get(k, wanted[k]) for k in wanted})
    left_out = sum(k.startswith(unused) for k in state)
    _log.info("Loaded %d tensors from %s, left out %d of the classifier.", len(wanted), source, left_out)


def _reachable(url: str, seconds: float) -> bool:
    """Whether the host of `url`, or the proxy that leads to it, takes a connection within `seconds`."""
    parts = urllib.parse.urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(host):
        via = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        host, port = via.hostname or "", via.port or 80
    answer: list[bool] = []

    def probe() -> None:
        try:
            with socket.create_connection((host, port), timeout=seconds):
                answer.append(True)
        except OSError:
            answer.append(False)

    # A thread, because looking up a name has no time limit of its own: a dead resolver takes many seconds.
    thread = threading.Thread(target=probe, name="reachable", daemon=True)
    thread.start()
    thread.join(seconds)
    return answer == [True]


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def download_mobilenet_v2() -> dict[str, Tensor]:
    """torchvision's ImageNet weights of MobileNetV2, from its cache or its server.

    Raises NetworkError with one sentence within 2 s when there is no connection.
    """
    from inference.torchvision_first import torchvision

    weights = torchvision.models.MobileNet_V2_Weights.IMAGENET1K_V1
    cached = Path(torch.hub.get_dir()) / "checkpoints" / Path(urllib.parse.urlsplit(weights.url).path).name
    offline = (
        "torchvision's weights for MobileNetV2 cannot be fetched: there is no connection to "
        f"{urllib.parse.urlsplit(weights.url).hostname}. Give the path of a local weights file instead."
    )
    if not cached.is_file() and not _reachable(weights.url, _PATIENCE):
        raise NetworkError(offline)
    try:
        with _socket_timeout(_PATIENCE):
            state: dict[str, Tensor] = weights.get_state_dict(progress=False, check_hash=True)
    except (OSError, RuntimeError) as error:  # no connection, an answer that is no file, a wrong checksum
        _log.info("Download failed: %s", error)
        raise NetworkError(offline) from error
    return state
