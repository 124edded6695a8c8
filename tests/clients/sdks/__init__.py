"""Client SDKs in four languages: generated from `openapi.yaml` with the settings of this folder, parsed and compiled.

OpenAPI Generator and the Kotlin compiler are programs for Java. They are in Python packages, and OkHttp, which the
Kotlin client uses, is in a package for Node (docs/decisions/0035-generated-clients.md).
"""

import fcntl
import hashlib
import shutil
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.node_packages import installed, run
from tests.e2e.servers import ROOT

SOURCES = Path(__file__).resolve().parent
LANGUAGES = ("kotlin", "swift", "dart", "typescript")
_LOCK = SOURCES / "requirements.txt"
_CACHE = ROOT / ".cache" / "sdks"
_JAVA = ("java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
"""Java for short runs: without the slow compiler and the threads of the parallel collector."""
_COMPILER = "kotlin-jupyter-kernel-*-all.jar"
_LIBRARIES = ("kotlin-stdlib-*.jar", "kotlinx-serialization-*.jar")


def is_java_available() -> bool:
    """Return True if this machine has Java."""
    return shutil.which("java") is not None


def generate(folder: Path) -> None:
    """Write the client of each language into a folder of its name, all by one process."""
    shutil.copy(ROOT / "openapi.yaml", folder)
    settings = [str(SOURCES / f"{language}.yaml") for language in LANGUAGES]
    run(*_JAVA, "-jar", str(_one("openapi-generator.jar")), "batch", *settings, cwd=folder)


def compile_kotlin(folder: Path) -> tuple[str, ...]:
    """Compile the Kotlin client and its session; return the command that runs the session."""
    libraries = [*(jar for name in _LIBRARIES for jar in sorted(_jars().glob(name))), *_okhttp()]
    path = ":".join(map(str, libraries))
    compiler = str(_one(_COMPILER))
    run(
        *(*_JAVA, "-cp", f"{compiler}:{path}", "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"),
        *("-nowarn", "-no-stdlib", "-no-reflect", "-Xdisable-default-scripting-plugin", f"-Xplugin={compiler}"),
        *("-classpath", path, "-d", "session.jar", "kotlin/src/main/kotlin", str(SOURCES / "Session.kt")),
        cwd=folder,
    )
    return (*_JAVA, "-cp", f"{folder / 'session.jar'}:{path}", "SessionKt")


def compile_typescript(folder: Path) -> tuple[str, ...]:
    """Compile the TypeScript client and its session; return the command that runs the session."""
    client = folder / "typescript"
    for name in ("session.ts", "tsconfig.json"):
        shutil.copy(SOURCES / name, client)
    (client / "package.json").write_text('{"type": "module"}', encoding="ascii")
    (client / "node_modules").symlink_to(installed(), target_is_directory=True)
    run("node_modules/.bin/tsc", "--project", ".", cwd=client)
    return ("node", str(client / "compiled" / "session.js"))


def _okhttp() -> list[Path]:
    folder = installed() / "allure-commandline" / "dist" / "plugins" / "jira-plugin" / "lib"
    return [*folder.glob("okhttp-jvm-*.jar"), *folder.glob("okio-jvm-*.jar")]


def _one(name: str) -> Path:
    (jar,) = _jars().glob(name)
    return jar


def _jars() -> Path:
    """Return the folder with the jars, which are downloaded once for each content of the lock."""
    wanted = _CACHE / hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:16]
    with _locked():
        if not wanted.exists():
            shutil.rmtree(_CACHE / "new", ignore_errors=True)
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
            run(*pip, "--disable-pip-version-check", "-r", str(_LOCK), "-d", str(_CACHE / "new"), cwd=ROOT)
            for wheel in (_CACHE / "new").glob("*.whl"):
                _unpack(wheel)
            (_CACHE / "new").rename(wanted)
    return wanted


def _unpack(wheel: Path) -> None:
    """Replace a wheel by the jars in it."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".jar"):
                with archive.open(name) as jar, (wheel.parent / Path(name).name).open("wb") as copy:
                    shutil.copyfileobj(jar, copy)
    wheel.unlink()


@contextmanager
def _locked() -> Iterator[None]:
    """Wait for another test run that fills the cache."""
    _CACHE.mkdir(parents=True, exist_ok=True)
    (_CACHE.parent / ".gitignore").write_text("*\n", encoding="ascii")
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
