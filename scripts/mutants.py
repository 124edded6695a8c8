"""Mutation testing of the code that verifies credentials and input (docs/decisions/0021-mutation-testing.md).

python -m scripts.mutants [FILE ...]   mutates these files, by default all of `FILES`

Each mutant is one small change of one file (scripts/mutations.py), for which the tests that run the changed lines are
run (scripts/mutant_runs.py). A mutant that no test notices is a survivor. docs/mutants.toml lists the survivors that
are accepted, and why; the exit status is 1 if there are others.
"""

import argparse
import importlib
import json
import os
import sys
import tempfile
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.mutant_runs import KILLED, SURVIVED, TIMEOUT, Tests, Warm, in_new_processes, in_warm_process
from scripts.mutations import Mutant, mutants_of

ROOT = Path(__file__).resolve().parent.parent
JUDGED = ROOT / "docs" / "mutants.toml"
FILES = (
    *(f"shared/contract/{name}.py" for name in ("authorization", "wire", "fields", "paging")),
    "shared/http/middleware.py",
    *(f"social/oidc/{name}.py" for name in ("id_tokens", "signing_keys", "cached_document", "discovery")),
    *(f"social/engine/{name}.py" for name in ("addresses", "policy", "profile", "backends", "failures")),
    *(f"social/{name}.py" for name in ("accounts", "tokens", "identify", "limits")),
    "social/network/transport.py",
    *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("social/providers/*.py") if path.stem != "catalogue"),
)
TESTS = (
    *(
        f"tests/{name}"
        for name in ("contract", "social", "shared", "limits", "breadth", "sandbox", "leaks", "legacy_rows")
    ),
    *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("*/tests")),
)
OPTIONS = (
    *("-q", "-p", "no:cacheprovider", "-m", "not (e2e or process or postgres or redis)"),
    # This process has imported plugins before pytest could rewrite their assertions.
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
# Half of the start of a test process is the import of these.
PRELOADED = (
    *("django.contrib.admin.sites", "django.db.models", "django.test", "pytest_django.plugin", "xdist.plugin"),
    *(
        "cryptography.x509",
        "hypothesis",
        "jwt",
        "limits",
        "redis",
        "requests",
        "responses",
        "social_core.backends.oauth",
    ),
)
FEW = 25
"""A function that fewer tests run may fill a cache, from which other tests read: all tests of its file are run."""


def main() -> int:
    """Mutate the files, print a table and the survivors that nobody has judged, and return the exit status."""
    parser = argparse.ArgumentParser(prog="make mutants", description="Mutate code and run its tests.")
    parser.add_argument("files", nargs="*", default=FILES, metavar="FILE", help="such as social/tokens.py")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="how many mutants are tested at a time")
    parser.add_argument("--all", action="store_true", help="test the accepted survivors again, too")
    options = parser.parse_args()
    accepted = judged()
    made = [mutant for file in options.files for mutant in mutants_of(ROOT, file)]
    mutants = [mutant for mutant in made if options.all or mutant.name not in accepted.get(mutant.path, ())]
    for name in PRELOADED:
        importlib.import_module(name)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        # Killed processes leave their temporary files.
        tempfile.tempdir = os.environ["TMPDIR"] = folder
        outcomes = _run(mutants, Path(folder), options)
    print(f"{len(mutants)} mutants tested in {(time.monotonic() - began) / 60:.0f} minutes")
    results = {(mutant.path, mutant.name): outcomes[number] for number, mutant in enumerate(mutants)}
    return _report(options.files, made, results, accepted)


def _run(mutants: Sequence[Mutant], folder: Path, options: argparse.Namespace) -> dict[int, str]:
    """Return the outcome of each mutant: first of those in functions, then of those that need a new import."""
    data_file = folder / "coverage"
    warm = Warm(mutants, data_file, options.processes)
    outcomes = in_warm_process(warm, [*OPTIONS, *TESTS], folder / "outcomes.json")
    tests = Tests(data_file)
    rest = {
        number: tests.of_file(ROOT / mutant.path)
        for number, mutant in enumerate(mutants)
        if number not in outcomes
        or (outcomes[number] == SURVIVED and len(tests.of_lines(ROOT / mutant.path, mutant.lines)) < FEW)
    }
    outcomes |= in_new_processes(mutants, rest, tests, options.processes, OPTIONS)
    # Another file may read a constant or a class attribute, without running a line of this file.
    others = {
        number: tests.all(ROOT / mutant.path)
        for number, mutant in enumerate(mutants)
        if outcomes[number] == SURVIVED and not mutant.function
    }
    return outcomes | in_new_processes(mutants, others, tests, options.processes, OPTIONS)


def judged() -> dict[str, set[str]]:
    """Return the names of the accepted survivors of each file."""
    found: dict[str, set[str]] = {}
    for entry in tomllib.loads(JUDGED.read_text(encoding="utf-8"))["judged"]:
        found.setdefault(entry["file"], set()).update(entry["mutants"])
    return found


def _report(
    files: Sequence[str],
    made: Sequence[Mutant],
    results: Mapping[tuple[str, str], str],
    accepted: Mapping[str, set[str]],
) -> int:
    counts = {file: Counter[str]() for file in files}
    found: dict[str, list[str]] = defaultdict(list)
    gone = {(file, name) for file in files for name in accepted.get(file, ())}
    for mutant in made:
        outcome = results.get((mutant.path, mutant.name), SURVIVED)
        if outcome == SURVIVED:
            gone.discard((mutant.path, mutant.name))
            if mutant.name in accepted.get(mutant.path, ()):
                outcome = "judged"
            else:
                found[mutant.path].append(mutant.name)
        counts[mutant.path][outcome] += 1
    columns = (KILLED, TIMEOUT, "judged", SURVIVED)
    print(f"\n{'':40}{'made':>10}" + "".join(f"{column:>10}" for column in columns))
    for file, count in [*counts.items(), ("all", sum(counts.values(), Counter()))]:
        print(f"{file:40}{count.total():10}" + "".join(f"{count[column]:10}" for column in columns))
    for file, name in sorted(gone):
        print(f"{JUDGED.relative_to(ROOT)}: killed now, or not made any more: {file}: {name}")
    for file, names in found.items():
        lines = "".join(f"    {json.dumps(name, ensure_ascii=False)},\n" for name in names)
        print(f'\n[[judged]]\nfile = "{file}"\nwhy = ""\nmutants = [\n{lines}]')
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
