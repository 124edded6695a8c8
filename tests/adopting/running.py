"""Running the tests of a file in a process with the shop's settings."""

from tests.e2e.databases import Database
from tests.e2e.servers import run_to_end

REGISTRATIONS = {
    f"SOCIAL_AUTH_{name}_{part}": f"our-{name.lower()}-{part.lower()}"
    for name in ("FACEBOOK", "GOOGLE_OAUTH2")
    for part in ("KEY", "SECRET")
}


def run_story(story: str, settings: str, database: Database) -> None:
    """Run the tests of a file on an empty database, and check that all pass."""
    ended = run_to_end(
        "pytest",
        {**REGISTRATIONS, "DJANGO_SETTINGS_MODULE": settings, "DATABASE_URL": database.url},
        f"--ds={settings}",
        *("-p", "no:cacheprovider", "-p", "no:xdist", "--no-cov", "-q"),
        story,
    )
    assert ended.returncode == 0, ended.stdout[-8000:] + ended.stderr[-2000:]
    assert " passed" in ended.stdout
    assert "skipped" not in ended.stdout
