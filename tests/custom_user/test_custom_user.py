"""A custom user model works (docs/contract.md, section 4)."""

from tests.e2e.servers import run_to_end


def test_with_a_custom_user_model() -> None:
    """The tests of the custom user model pass. Django allows one user model per process, so they run in a new one."""
    ended = run_to_end(
        "pytest",
        {"DJANGO_SETTINGS_MODULE": "tests.custom_user.settings"},
        "--ds=tests.custom_user.settings",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--no-cov",
        "-q",
        "tests/custom_user/story.py",
        "tests/custom_user/statements_story.py",
    )
    assert ended.returncode == 0, ended.stdout[-8000:] + ended.stderr[-2000:]
    assert " passed" in ended.stdout
    assert "skipped" not in ended.stdout
