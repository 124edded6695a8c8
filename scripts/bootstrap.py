"""Create .venv and install locked requirements into it: bootstrap.py STAMP REQUIREMENTS.txt ...

The stamp is a file in .venv, for make. It is written last, so an interrupted installation starts again. If uv is there,
it installs the packages, in a tenth of pip's time.

Uses only the standard library and syntax of old Python versions, so that one that is too old prints the message below.
"""

import os
import re
import shutil
import subprocess
import sys

OLDEST = (3, 11)
VENV = ".venv"
PYTHON = os.path.join(VENV, "bin", "python")


def create_environment():
    """Create .venv, unless there is one with pip and a Python that is new enough."""
    check = "import sys, pip; sys.exit(sys.version_info < %r)" % (OLDEST,)
    if os.path.exists(PYTHON) and subprocess.call([PYTHON, "-c", check], stderr=subprocess.DEVNULL) == 0:
        return
    print("Creating %s with Python %d.%d" % ((VENV,) + sys.version_info[:2]))
    subprocess.check_call([sys.executable, "-m", "venv", "--clear", VENV])


def install(lock, options):
    """Install the packages of a lock; each must have one of its hashes."""
    with open(lock) as lines:
        count = sum(1 for line in lines if re.match(r"[A-Za-z0-9]", line))
    print("Installing the %d packages of %s" % (count, lock))
    uv = shutil.which("uv")
    if uv:
        command = [uv, "pip", "install", "--python", PYTHON, "--quiet", "--require-hashes", "--no-deps", "-r", lock]
        if subprocess.call(command + options) == 0:
            return
        # Its configuration is another than pip's, which may name a mirror.
        print("uv has failed; trying pip")
    command = [PYTHON, "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-input", "--progress-bar", "off"]
    command += ["--disable-pip-version-check", "-r", lock]
    environment = dict(os.environ, PIP_USER="0", PIP_REQUIRE_VIRTUALENV="0", PYTHONUNBUFFERED="1")
    process = subprocess.Popen(command + options, env=environment, stdout=subprocess.PIPE, universal_newlines=True)
    show_progress(process.stdout, count)
    if process.wait() != 0:
        raise subprocess.CalledProcessError(process.returncode, command)


def show_progress(lines, count):
    """Read pip's output to its end; on a terminal, show which package it is at."""
    number = 0
    for line in lines:
        found = re.match(r"\s*(?:Collecting|Requirement already satisfied:) ([\w.-]+)", line)
        if found:
            number += 1
            show("  %d of %d  %s" % (number, count, found.group(1)))
        elif line.startswith("Installing collected packages"):
            show("  unpacking them")
    show("")


def show(text):
    """Replace the terminal's current line."""
    if sys.stdout.isatty():
        sys.stdout.write("\r\033[K" + text)
        sys.stdout.flush()


def main(stamp, locks):
    """Create the environment, install the locks in this order, and write the stamp."""
    if sys.version_info < OLDEST:
        words = "Tandem needs Python %d.%d or newer; this is %d.%d (%s). Set PYTHON=... to another interpreter."
        sys.exit(words % (OLDEST + sys.version_info[:2] + (sys.executable,)))
    try:
        create_environment()
        # Packages without a wheel are built with the setuptools of the first lock, not with the newest.
        for number, lock in enumerate(locks):
            install(lock, ["--no-build-isolation"] if number else [])
        subprocess.check_call([PYTHON, "-m", "pip", "check", "--disable-pip-version-check"], stdout=subprocess.DEVNULL)
    except subprocess.CalledProcessError as error:
        sys.exit("Failed: %s" % " ".join(error.cmd))
    open(os.path.join(VENV, stamp), "w").close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
