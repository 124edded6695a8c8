"""Vendored files are as published."""

from hashlib import sha256
from pathlib import Path

from rollout import dashboard

CHART_JS = Path(dashboard.__file__).parent.parent / "static/rollout/vendor/chart.js"


def test_chart_js() -> None:
    """The file has the version and checksum of its README, its licence is there, and it requests no source map."""
    readme = (CHART_JS / "README.md").read_text(encoding="utf-8")
    script = (CHART_JS / "chart.umd.min.js").read_bytes()
    assert f"chart.umd.min.js {sha256(script).hexdigest()}" in readme
    version = readme.splitlines()[0].removeprefix("# Chart.js ")
    assert f"* Chart.js v{version}\n".encode() in script
    assert b"sourceMappingURL" not in script
    published = script + b"//# sourceMappingURL=chart.umd.min.js.map\n"
    assert any(sha256(each).hexdigest() in readme.partition("SHA-256 of")[0] for each in (published, published[:-1]))
    assert "The MIT License" in (CHART_JS / "LICENSE.md").read_text(encoding="utf-8")
