"""Create .venv and install locked requirements into it: bootstrap.py REQUIREMENTS.txt ...

Uses only the standard library and syntax of old Python versions, so that one that is too old prints the message below.
"""

import os
import subprocess
import sys

OLDEST = (3, 11)
VENV = ".venv"
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, ".installed")  # for make; written last, so an interrupted installation starts again


def create_environment():
    """Create .venv, unless there is one with pip and a Python that is new enough."""
    check = "import sys, pip; sys.exit(sys.version_info < %r)" % (OLDEST,)
    if os.path.exists(PYTHON) and subprocess.call([PYTHON, "-c", check], stderr=subprocess.DEVNULL) == 0:
        return
    print("Creating %s with Python %d.%d" % ((VENV,) + sys.version_info[:2]))
    subprocess.check_call([sys.executable, "-m", "venv", "--clear", VENV])


def install(lock, options):
    """Install the packages of a lock; each must have one of its hashes."""
    print("Installing %s" % lock)
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "-r", lock]
    subprocess.check_call(command + options, env=dict(os.environ, PIP_USER="0", PIP_REQUIRE_VIRTUALENV="0"))


def main():
    """Create the environment, install the locks in this order, and write the stamp."""
    if sys.version_info < OLDEST:
        words = "Tandem needs Python %d.%d or newer; this is %d.%d (%s). Set PYTHON=... to another interpreter."
        sys.exit(words % (OLDEST + sys.version_info[:2] + (sys.executable,)))
    try:
        create_environment()
        # Packages without a wheel are built with the setuptools of the first lock, not with the newest.
        for number, lock in enumerate(sys.argv[1:]):
            install(lock, ["--no-build-isolation"] if number else [])
        subprocess.check_call([PYTHON, "-m", "pip", "check", "--disable-pip-version-check"], stdout=subprocess.DEVNULL)
    except subprocess.CalledProcessError as error:
        sys.exit("Failed: %s" % " ".join(error.cmd))
    open(STAMP, "w").close()


if __name__ == "__main__":
    main()
