"""docs/secrets.md: what depends on a secret, and the steps that can be followed here."""

import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import redis
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.test import Client, override_settings
from psycopg import sql

from config.variables import VARIABLES
from shared.contract.authorization import PresentedToken
from social import tokens
from tests.deploy.pages import blocks, run
from tests.e2e.databases import NEEDS_POSTGRES
from tests.e2e.servers import ROOT
from tests.e2e.temporary_servers import temporary_redis

PAGE = "secrets.md"
OTHER_KEY = secrets.token_urlsafe(48)


@pytest.mark.django_db
def test_users_do_not_notice_another_secret_key() -> None:
    """Access tokens are valid with any key; a session of the admin is not."""
    user = User.objects.create_user("ripley", password="nostromo", is_staff=True)
    token = tokens.issue(user=user)
    browser = Client()
    browser.force_login(user)
    assert browser.get("/admin/", secure=True).status_code == 200
    with override_settings(SECRET_KEY=OTHER_KEY):
        assert tokens.authenticate(PresentedToken(token.value, None)).user_id == user.pk
        assert browser.get("/admin/", secure=True).status_code == 302


def test_the_page_has_each_secret() -> None:
    """Of the list of variables, and a row for each section."""
    text = (ROOT / "docs" / PAGE).read_text(encoding="utf-8")
    others = {"DATABASE_URL", "REDIS_URL"}
    listed = {one.name for one in VARIABLES if one.is_secret and not one.name.startswith("SOCIAL_AUTH_")} - others
    assert {name for name in listed if f"## {name}\n" not in text} == set()
    assert {name for name in others if name not in text} == set()
    assert "SOCIAL_AUTH_<NAME>_SECRET" in text


def test_the_documented_key_is_accepted() -> None:
    """The command prints a key that the checks do not call weak."""
    (command,) = {block for block in blocks(PAGE) if block.startswith("python -c")}
    assert command in blocks("operators.md")
    assert len(run(PAGE, "python -c", ROOT).strip()) >= 50
    assert Fernet.generate_key()


@pytest.fixture
def roles() -> Iterator[tuple[str, str]]:
    """A new role that owns a table, as `tandem` does, and the URL of a superuser."""
    url = os.environ.get("TEST_POSTGRES_URL")
    if not url:
        pytest.skip(NEEDS_POSTGRES)
    name = f"tandem_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as session:
        session.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'first'").format(sql.Identifier(name)))
        session.execute(sql.SQL("CREATE SCHEMA {0} AUTHORIZATION {0}").format(sql.Identifier(name)))
        try:
            yield name, url
        finally:
            for role in (f"{name}_b", name):
                session.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(role)))


@pytest.mark.postgres
def test_the_database_has_a_second_role(roles: tuple[str, str], tmp_path: Path) -> None:
    """It acts as the first, which may then not log in, while open connections stay."""
    name, url = roles
    parts = urlsplit(url)

    def connect(user: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc.rpartition('@')[2]}")))

    with connect(name) as first:
        first.execute(sql.SQL("CREATE TABLE {}.things (id int)").format(sql.Identifier(name)))
        first.commit()
        _follow('psql --set=ON_ERROR_STOP=1 "$ADMIN_URL" <<', name, url, tmp_path)
        with connect(f"{name}_b") as second:
            assert second.execute("SELECT current_user").fetchone() == (name,)
            second.execute(sql.SQL("INSERT INTO {}.things VALUES (1)").format(sql.Identifier(name)))
            second.execute(sql.SQL("CREATE TABLE {}.more (id int)").format(sql.Identifier(name)))
            owner = second.execute(
                "SELECT tableowner FROM pg_tables WHERE tablename = 'more' AND schemaname = %s", [name]
            )
            assert owner.fetchone() == (name,)
        _follow('psql --set=ON_ERROR_STOP=1 "$ADMIN_URL" --command', name, url, tmp_path)
        assert first.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        connect(name)
    connect(f"{name}_b").close()


def _follow(beginning: str, role: str, url: str, folder: Path) -> None:
    (block,) = (block for block in blocks(PAGE) if block.startswith(beginning))
    environment = {"PATH": os.environ["PATH"], "ADMIN_URL": url, "NEW_PASSWORD": "se'cond"}
    command = ["/bin/bash", "-euc", re.sub(r"\btandem(?=\b|_b)", role, block)]
    subprocess.run(command, cwd=folder, env=environment, check=True)  # noqa: S603 - our own page


@pytest.mark.process
def test_redis_accepts_both_passwords_for_a_while(tmp_path: Path) -> None:
    """After the first step both, after the last the new one only."""
    with temporary_redis() as server:
        port = urlsplit(server.url).port

        def url(password: str) -> str:
            return f"redis://:{password}@127.0.0.1:{port}/0"

        with redis.Redis.from_url(server.url) as admin:
            admin.config_set("requirepass", "old")
        known = {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(port), "OLD_PASSWORD": "old", "NEW_PASSWORD": "new"}
        run(PAGE, 'REDISCLI_AUTH="$OLD', tmp_path, **known)
        for password in ("old", "new"):
            with redis.Redis.from_url(url(password)) as session:
                assert session.ping()
        run(PAGE, 'REDISCLI_AUTH="$NEW', tmp_path, **known)
        with redis.Redis.from_url(url("new")) as session:
            assert session.ping()
        with redis.Redis.from_url(url("old")) as session, pytest.raises(redis.exceptions.AuthenticationError):
            session.ping()
