"""A declared resource with the legacy dialect answers like Tastypie."""

from tests.e2e.servers import run_to_end


def test_the_story_of_a_resource_that_left_tastypie() -> None:
    """The app registers its resources when Django starts, so the story runs in a process of its own."""
    ended = run_to_end(
        "pytest",
        {"DJANGO_SETTINGS_MODULE": "legacy_api.tests.declared.settings"},
        "--ds=legacy_api.tests.declared.settings",
        *("-p", "no:cacheprovider", "-p", "no:xdist", "--no-cov", "-q"),
        "legacy_api/tests/declared/story.py",
    )
    assert ended.returncode == 0, ended.stdout[-8000:] + ended.stderr[-2000:]
    assert " passed" in ended.stdout
    assert "skipped" not in ended.stdout
