"""The end of the demo's output: for each role, what to open and where to sign in."""

from dataclasses import dataclass

from demo.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Addresses:
    """The URLs of the service, the sandbox and the database, and the user of the admin."""

    service: str
    sandbox: str
    newest: str
    """The prefix of the newest version."""
    user: str
    password: str
    database: str
    """The URL of the service's database, for commands."""
    migrates: bool
    """Whether there are two versions."""


def show(terminal: Terminal, addresses: Addresses) -> None:
    """Write for each role what to open."""
    terminal.line()
    terminal.line("The service is running. Where to go next:", "bold")
    for role, pages in _pages(addresses).items():
        terminal.line()
        terminal.line(f"  {role}", "bold")
        width = max(len(page) for page, _ in pages)
        for page, content in pages:
            terminal.line(f"    {terminal.styled(page.ljust(width), 'cyan')}  {content}")
    if addresses.migrates:
        terminal.line("    In this folder, in another shell, the same figures and the notices to client teams:")
        for command in _commands(addresses.database):
            terminal.line(f"      {command}")
    terminal.line()
    terminal.line("Ctrl-C ends everything.")


def _commands(database: str) -> tuple[str, ...]:
    """Return the commands for the demo's database; in the sandbox any key is accepted, and mails are printed."""
    return (
        f"export SANDBOX=1 SECRET_KEY=demo DATABASE_URL={database}",
        ".venv/bin/python manage.py migration_status --html report.html --csv calls.csv",
        ".venv/bin/python manage.py notify_clients --dry-run",
    )


def _pages(to: Addresses) -> dict[str, tuple[tuple[str, str], ...]]:
    sign_in = f"user {to.user}, password {to.password}"
    pages = {
        "You write a client": (
            (f"{to.service}/", "sign somebody up; copy the calls as curl"),
            (f"{to.service}{to.newest}docs/", "every call, to read and to try"),
            (f"{to.service}/docs/clients/", "the guide, and each error code"),
            ("docs/collection/", "for Postman, Bruno, Insomnia"),
            (f"{to.sandbox}/", "the people, and how sign-ins fail"),
        ),
        "You run the service": (
            (f"{to.service}/admin/", sign_in),
            (f"{to.service}/readyz", "what a load balancer asks"),
            ("docs/operators.md", "start, restart, proxy, logs, secrets"),
        ),
    }
    if to.migrates:
        pages["You retire the old version"] = (
            (f"{to.service}/admin/migration/", "a made-up year: who still calls it (the same user)"),
            ("docs/migration.md", "the whole course, command by command"),
        )
    return pages
