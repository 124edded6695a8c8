"""A resource that a project declares is served alike by every mounted API."""

from coverage import Coverage

from tests.e2e.servers import run_to_end

MEASURED = ("coverage", "run", "--parallel-mode", "-m", "pytest")
"""The models' resources are run nowhere else; pytest-cov combines this process's data with its own."""


def test_the_story_of_a_declared_resource() -> None:
    """The app registers its resource when Django starts, so the story runs in a process of its own."""
    program, *options = MEASURED if Coverage.current() else ("pytest",)
    ended = run_to_end(
        program,
        {"DJANGO_SETTINGS_MODULE": "tests.declared.settings"},
        *options,
        "--ds=tests.declared.settings",
        *("-p", "no:cacheprovider", "-p", "no:xdist", "--no-cov", "-q"),
        "tests/declared/story.py",
        "tests/declared/model_story.py",
        "tests/declared/corner_story.py",
        "tests/declared/declaring_story.py",
    )
    assert ended.returncode == 0, ended.stdout[-8000:] + ended.stderr[-2000:]
    assert " passed" in ended.stdout
    assert "skipped" not in ended.stdout
