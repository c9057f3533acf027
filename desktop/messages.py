"""The one place that turns an exception into what a person reads: one sentence, no traceback.

Errors of our own layers carry their sentence. Errors of the system are told by what the person can do about
them. Everything else is a fault of the program: the sentence gives its type and names the log file, which
then holds the traceback. Third parties' errors are recognised by class name: nothing is imported here.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import time
import traceback

from desktop.errors import DesktopError
from desktop.places import log_file
from desktop.project.errors import ProjectError
from inference.errors import InferenceError
from training.errors import TrainingError

logger = logging.getLogger(__name__)

OURS = (InferenceError, TrainingError, ProjectError, DesktopError)
LOG_LIMIT = 2_000_000
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")

# What a person can do about an error of the system; {name} is the file or folder.
SYSTEM = {
    errno.ENOSPC: "The disk is full: {name} could not be written; free some space and try again.",
    errno.EDQUOT: "Your disk quota is used up: {name} could not be written; free some space and try again.",
    errno.EACCES: "No permission for {name}; check the rights of the file and of the folders above it.",
    errno.EPERM: "The system does not permit this on {name}; check its rights and its owner.",
    errno.ENOENT: "{name} does not exist.",
    errno.ENOTDIR: "{name} is not a folder.",
    errno.EISDIR: "{name} is a folder where a file was expected.",
    errno.EEXIST: "{name} exists already.",
    errno.ENOTEMPTY: "The folder {name} is not empty.",
    errno.EROFS: "{name} is on a read-only file system; choose a folder that can be written.",
    errno.ELOOP: "{name} is a link that leads back to itself.",
    errno.ENAMETOOLONG: "The name {name} is too long for the file system.",
    errno.EMFILE: "Too many files are open; close other programs, or raise the limit with `ulimit -n`.",
    errno.ENFILE: "Too many files are open on this machine; close other programs and try again.",
    errno.EIO: "The disk reported a fault while {name} was read or written; check the disk.",
    errno.EBUSY: "{name} is in use by another program.",
    errno.EXDEV: "{name} lies on another file system than its target; copy instead of linking.",
    errno.ESTALE: "The network folder with {name} went away; connect it again and retry.",
}

# What SQLite says, by a part of its words.
SQLITE = {
    "database or disk is full": SYSTEM[errno.ENOSPC],
    "database is locked": "{name} is locked by another program; close it there and try again.",
    "readonly database": "{name} cannot be written; check the rights of the file and of its folder.",
    "unable to open database": "{name} could not be opened; check that its folder exists and can be written.",
    "malformed": "{name} is damaged; restore the copy beside it or from a backup.",
    "not a database": "{name} is not a project store of Overread.",
    "disk i/o error": SYSTEM[errno.EIO],
}


def sentence(error: BaseException) -> str:
    """One English sentence for a person. An unexpected error's traceback goes to the log, which is named."""
    known = _expected(error)
    if known is not None:
        return known
    where = _log(error)
    said = " ".join(str(error).split())
    kind = type(error).__name__
    what = f"{kind}: {_shortened(said)}" if said else kind
    place = f"the details are in {where}" if where else "the details could not be written to a log"
    return f"Overread met an error it did not expect ({what}); {place}."


def _expected(error: BaseException) -> str | None:
    if isinstance(error, OURS):
        return _one_line(error)
    # A carrier (a wrapped database error, a future) says less than what it carries.
    inner = getattr(error, "orig", None)
    if isinstance(inner, BaseException):
        return _expected(inner)
    if isinstance(error, KeyboardInterrupt):
        return "Interrupted."
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return "There is not enough memory for this; close other programs, or use smaller images or batches."
    if isinstance(error, OSError):
        return _system(error)
    if type(error).__module__ == "sqlite3":
        return _sqlite(error)
    if isinstance(error, ImportError):
        return _import(error)
    if type(error).__name__ == "SafetensorError":
        return (
            f"The model's weights file cannot be read ({_shortened(_one_line(error))}); get the bundle again."
        )
    return None


def _system(error: OSError) -> str | None:
    if isinstance(error, BrokenPipeError):
        return "The program that was reading the output has ended."
    if error.errno is None:
        return None
    template = SYSTEM.get(error.errno)
    if template is None:
        said = os.strerror(error.errno).lower()
        return f"The system refused {_file_of(error)}: {said}." if error.filename else None
    return _capital(template.format(name=_file_of(error)))


def _file_of(error: OSError) -> str:
    names = [
        os.fsdecode(n) for n in (error.filename, error.filename2) if isinstance(n, str | bytes | os.PathLike)
    ]
    return printable(names[-1]) if names else "the file"


def _sqlite(error: BaseException) -> str | None:
    said = str(error).lower()
    for part, template in SQLITE.items():
        if part in said:
            return _capital(template.format(name="the project's store"))
    return None


def _import(error: ImportError) -> str:
    said = _one_line(error)
    if ".so" in said:
        return f"A system library is missing ({_shortened(said)}); `overread doctor` tells how to install it."
    name = error.name or said
    return (
        f"The Python package {name} is missing or broken; install Overread again, or run `overread doctor`."
    )


def printable(name: str) -> str:
    """A file name as it can be printed anywhere: undecodable bytes and line ends escaped."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in name
    )


def on_one_line(name: str) -> str:
    """A file name as it is shown in the window: line ends and control characters escaped, nothing else."""
    return _CONTROLS.sub(lambda found: printable(found[0]), name)


def _one_line(error: BaseException) -> str:
    return printable(" ".join(str(error).split())) or type(error).__name__


def _shortened(text: str, limit: int = 200) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _capital(text: str) -> str:
    """Begin with a capital where the sentence begins with a word of ours (a path stays as it is)."""
    return text[0].upper() + text[1:] if text.startswith("the ") else text


def _log(error: BaseException) -> str | None:
    """Append the traceback to the log file; its path, or None where even that is impossible."""
    path = log_file()
    text = "".join(traceback.format_exception(error))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".old.log"))
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')}\n{text}\n")
    except OSError as failure:
        logger.warning("the log %s cannot be written: %s", path, failure)
        return None
    return printable(str(path))
