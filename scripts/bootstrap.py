"""Make .venv and install the locked requirements into it: `bootstrap.py REQUIREMENTS.txt ...`.

Runs on the system's Python with the standard library alone, so the whole file keeps to a syntax that any
Python can read: an interpreter that is too old has to get as far as saying so.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import threading
import time

OLDEST = (3, 11)
VENV = ".venv"
PYTHON = os.path.join(VENV, "bin", "python")
LOG = os.path.join(VENV, "install.log")
# What pip prints of a package, by name or by the name of its file.
TOLD = re.compile(r"(?:Collecting|Requirement already satisfied:|Processing) *(?:\S*/)?(\w[\w.]*(?:-[a-zA-Z][\w.]*)*)")
STAMP = os.path.join(VENV, ".installed")


def refuse_old_python():
    """Stop, and name a better interpreter where there is one."""
    if sys.version_info >= OLDEST:
        return
    words = "Tandem needs Python %d.%d or newer; this is %s (%s)."
    print(words % (OLDEST + (".".join(map(str, sys.version_info[:3])), sys.executable)))
    which = getattr(shutil, "which", lambda name: None)
    found = [name for name in ("python3.14", "python3.13", "python3.12", "python3.11") if runs(which(name))]
    if found:
        print("There is a newer one here: say `make PYTHON=%s ...`." % found[0])
    else:
        print("Set PYTHON=... to another interpreter.")
    sys.exit(1)


def say(text):
    """Print at once: what follows takes a while."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def runs(python):
    """Whether this interpreter is there, starts, and is new enough."""
    if not python:
        return False
    code = "import sys; sys.exit(sys.version_info < %r)" % (OLDEST,)
    try:
        with open(os.devnull, "w") as nowhere:
            return subprocess.call([python, "-c", code], stdout=nowhere, stderr=nowhere) == 0
    except OSError:
        return False


def make_environment():
    """Create .venv, or create it anew where the one that is there cannot be used."""
    if os.path.lexists(VENV):
        if runs(PYTHON) and subprocess.call([PYTHON, "-c", "import pip"], stderr=subprocess.DEVNULL) == 0:
            return
        if os.path.exists(PYTHON):
            print("%s is broken or older than Python %d.%d: making it anew" % ((VENV,) + OLDEST))
        else:
            print("%s has no Python that starts: making it anew" % VENV)
        if os.path.islink(VENV) or os.path.isfile(VENV):
            os.remove(VENV)
        else:
            shutil.rmtree(VENV)
    try:
        # Debian packs it apart, and `-m venv` fails late and at length without it.
        __import__("ensurepip")
        __import__("venv")
    except ImportError:
        print("This Python (%s) cannot make virtual environments." % sys.executable)
        print("On Debian and Ubuntu: apt install python%d.%d-venv" % sys.version_info[:2])
        sys.exit(1)
    say("Making %s with Python %s" % (VENV, ".".join(map(str, sys.version_info[:3]))))
    made = subprocess.run([sys.executable, "-m", "venv", VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode:
        print(made.stdout.decode("utf-8", "replace"))
        sys.exit(1)


class Progress:
    """One line that counts on a terminal; a line now and then where output goes to a file."""

    def __init__(self):
        self.terminal = sys.stdout.isatty()
        self.last = ""
        self.due = 0.0

    def show(self, text, final=False):
        """Print the text, unless it was just printed or, but for the last of a phase, it comes too soon."""
        now = time.monotonic()
        if text == self.last or (not final and now < self.due):
            return
        self.last, self.due = text, now + (0.1 if self.terminal else 10)
        if self.terminal:
            sys.stdout.write("\r\033[K  " + text + ("\n" if final else ""))
        else:
            sys.stdout.write("  " + text + "\n")
        sys.stdout.flush()


def installed():
    """How many packages stand in the environment by now."""
    return len(glob.glob(os.path.join(VENV, "lib", "python*", "site-packages", "*.dist-info")))


def install(lock, options):
    """Install one locked file, hashes required.

    pip tells of each package while it fetches, and of none while it unpacks: then the environment is watched.
    """
    with open(lock) as lines:
        names = [found.group(1) for found in (re.match(r"([\w.-]+)==", line) for line in lines) if found]
    total, seen, unpacking, progress = len(names), set(), [], Progress()
    say("Installing %s: %d packages" % (lock, total))
    command = [PYTHON, "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-compile", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "--no-color", "-r", lock] + options
    environment = dict(os.environ, PIP_USER="0", PIP_REQUIRE_VIRTUALENV="0")
    started, output = time.monotonic(), []

    def watch():
        while unpacking and process.poll() is None:
            progress.show("unpacking, %d in place" % installed())
            time.sleep(0.2)

    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, env=environment
    )
    for line in process.stdout:
        output.append(line)
        found = TOLD.match(line)
        if found:
            seen.add(found.group(1))
            progress.show("fetching, %d of %d: %s" % (len(seen), total, found.group(1)))
        elif line.startswith("Installing collected packages") and not unpacking:
            progress.show("fetched, %d of %d" % (len(seen), total), final=True)
            unpacking.append(True)
            threading.Thread(target=watch, daemon=True).start()
    code = process.wait()
    with open(LOG, "a", encoding="utf-8") as log:
        log.writelines(output)
    if code:
        print("\npip could not install %s. Its last lines (all of them: %s):\n" % (lock, LOG))
        print("".join("    " + line for line in output[-15:]))
        sys.exit(1)
    progress.show("done in %d s" % (time.monotonic() - started), final=True)


def main():
    """Environment, then the locks in the order given, then the stamp that tells make it is all there."""
    refuse_old_python()
    make_environment()
    first, others = sys.argv[1], sys.argv[2:]
    install(first, [])
    for lock in others:
        # What has no wheel is built with the setuptools pinned in the first lock, not with whatever is newest today.
        install(lock, ["--no-build-isolation"])
    if subprocess.call([PYTHON, "-m", "pip", "check", "--disable-pip-version-check"], stdout=subprocess.DEVNULL):
        print("The locks do not hold all that their packages need: make lock")
        sys.exit(1)
    with open(STAMP, "w"):
        pass


if __name__ == "__main__":
    main()
