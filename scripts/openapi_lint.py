"""openapi.yaml under the rules of Redocly CLI and Spectral; their settings are in scripts/node.

Prints what they find and exits with 1 if they find anything. Without Node it exits with 77, or in CI with 1.
"""

import os
import sys

from scripts.node_packages import ROOT, SOURCES, NodeError, installed, is_available, run

# Neither asks for a newer version of itself, nor reports its use.
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
LINTERS = (
    ("redocly", "lint", "--config", str(SOURCES / "redocly.yaml"), "openapi.yaml"),
    ("spectral", "lint", "--ruleset", str(SOURCES / "spectral.yaml"), "--fail-severity", "hint", "openapi.yaml"),
)


def main() -> int:
    """Run both; return the exit status."""
    if not is_available():
        print("Node and npm are missing")
        return 1 if os.environ.get("CI") else 77
    programs = installed() / ".bin"
    failed = 0
    for name, *arguments in LINTERS:
        try:
            run(str(programs / name), *arguments, cwd=ROOT, environment=QUIET)
            print(f"{name}: nothing found")
        except NodeError as error:
            print(f"{name}:\n{error}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
