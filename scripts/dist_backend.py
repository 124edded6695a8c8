"""The build backend of this checkout (PEP 517): `python -m build`, or `pip install` of a clone, gives the distribution.

The source distribution is an ordinary project of setuptools; the wheel is the one that this project builds. Both have
the same bytes whenever they are built of the same files at the same SOURCE_DATE_EPOCH by the same setuptools.
"""

import contextlib
import gzip
import io
import os
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from setuptools import build_meta  # type: ignore[import-untyped]  # the package has no types

from scripts import dist_project


def get_requires_for_build_wheel(config_settings: Any = None) -> list[str]:
    """Return no requirements besides setuptools."""
    return []


def get_requires_for_build_sdist(config_settings: Any = None) -> list[str]:
    """Return no requirements besides setuptools."""
    return []


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    """Build the wheel and return its file name."""
    target = str(Path(wheel_directory).resolve())
    with _project():
        name: str = build_meta.build_wheel(target)
    return name


def build_sdist(sdist_directory: str, config_settings: Any = None) -> str:
    """Build the source distribution and return its file name."""
    target = Path(sdist_directory).resolve()
    with _project() as epoch:
        name: str = build_meta.build_sdist(str(target))
    _normalize(target / name, epoch)
    return name


@contextlib.contextmanager
def _project() -> Iterator[int]:
    """Write the project into a temporary folder and make it the current one; yield the time that all files get."""
    epoch = dist_project.epoch()
    before = Path.cwd()
    variable = os.environ.get("SOURCE_DATE_EPOCH")
    with tempfile.TemporaryDirectory() as folder:
        dist_project.write(Path(folder))
        os.environ["SOURCE_DATE_EPOCH"] = str(epoch)
        os.chdir(folder)
        try:
            yield epoch
        finally:
            os.chdir(before)
            if variable is None:
                del os.environ["SOURCE_DATE_EPOCH"]


def _normalize(archive: Path, epoch: int) -> None:
    """Write an archive again without the times, owners and order of this build; setuptools keeps them."""
    with tarfile.open(archive) as old:
        members = [
            (member, old.extractfile(member).read() if member.isfile() else b"")  # type: ignore[union-attr]  # a file
            for member in sorted(old.getmembers(), key=lambda member: member.name)
        ]
    with (
        archive.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=epoch) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member, data in members:
            plain = tarfile.TarInfo(member.name)
            plain.type, plain.size, plain.mtime = member.type, len(data), epoch
            plain.mode = 0o755 if member.isdir() else 0o644
            new.addfile(plain, io.BytesIO(data))
