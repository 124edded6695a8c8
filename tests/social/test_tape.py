"""The tape: a call runs once, and what it came to can be had again."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from social import tape
from social.tape import Recording, Replay, Strayed, bound, on_tape

ran: list[Any] = []


@on_tape
def double(value: Any, *, api_version: str = "") -> Any:
    """A function of a service."""
    ran.append(value)
    if value is None:
        raise LookupError
    return value * 2


@on_tape
def quadruple(value: Any) -> Any:
    """One that uses another."""
    return double(double(value))


@on_tape
def users(name: str) -> Any:
    """One that gives a query."""
    return User.objects.filter(username=name)


@on_tape
def rename(rows: Any) -> None:
    """One that takes a query."""


@pytest.fixture(autouse=True)
def nothing_ran() -> Iterator[None]:
    """Each test begins anew."""
    ran.clear()
    yield
    assert tape._bound.get() is None


def recorded() -> Recording:
    """What came of a few calls."""
    recording = Recording("v1")
    with bound(recording):
        double(3, api_version="v1")
        quadruple(1)
        with pytest.raises(LookupError):
            double(None)
    return recording


def test_without_a_tape_it_is_the_function() -> None:
    """It runs, each time."""
    assert (double(2), double(2), ran) == (4, 4, [2, 2])


def test_a_recording_keeps_what_was_asked_from_outside() -> None:
    """Each call with what it came to; those that the service makes of itself are part of it."""
    recording = recorded()
    assert [(call.function.rpartition(".")[2], call.value) for call in recording.calls] == [
        ("double", 6),
        ("quadruple", 4),
        ("double", None),
    ]
    assert isinstance(recording.calls[2].error, LookupError)
    assert ran == [3, 1, 2, None]


def test_a_replay_gives_the_same_and_runs_nothing() -> None:
    """Values and errors, in their order, each version under its own name."""
    recording = recorded()
    ran.clear()
    replay = Replay(recording, "v2")
    with bound(replay):
        assert double(value=3, api_version="v2") == 6
        assert quadruple(1) == 4
        with pytest.raises(LookupError) as raised:
            double(None)
    replay.end()
    assert raised.value is recording.calls[2].error
    assert (replay.strayed, ran) == (None, [])


@pytest.mark.parametrize(
    ("ask", "arguments"),
    [
        (lambda: double(4, api_version="v2"), ("value",)),
        (lambda: double(3.0, api_version="v2"), ("value",)),
        (lambda: double(3, api_version="v1"), ("api_version",)),
        (lambda: double(4), ("value", "api_version")),
        (lambda: quadruple(3), ()),
    ],
)
def test_another_question_is_refused(ask: Any, arguments: tuple[str, ...]) -> None:
    """Another function, another argument, another type of the same value: nothing runs, then or later."""
    replay = Replay(recorded(), "v2")
    ran.clear()
    with bound(replay):
        with pytest.raises(Strayed) as strayed:
            ask()
        with pytest.raises(Strayed):
            double(3, api_version="v2")
    assert replay.strayed is strayed.value
    assert replay.strayed.arguments == arguments
    assert ran == []


def test_too_much_and_too_little() -> None:
    """A call more than recorded, and one less."""
    more, less = Replay(Recording("v1"), "v2"), Replay(recorded(), "v2")
    with bound(more), pytest.raises(Strayed):
        double(1)
    less.end()
    for replay, asked, expected in ((more, "double", None), (less, None, "double")):
        assert replay.strayed is not None
        names = [name and name.rpartition(".")[2] for name in (replay.strayed.asked, replay.strayed.expected)]
        assert names == [asked, expected]


def test_queries_are_the_same_when_they_ask_the_same() -> None:
    """A query made anew counts as the recorded one while it says the same; no database is asked for that."""
    recording = Recording("v1")
    with bound(recording):
        rename(users("ripley"))
        rename(User.objects.filter(username="dallas"))
    replay = Replay(recording, "v2")
    with bound(replay):
        rename(users("ripley"))
        rename(User.objects.filter(username="dallas"))
    assert replay.strayed is None
    replay = Replay(recording, "v2")
    with bound(replay), pytest.raises(Strayed):
        rename(users("ripley").filter(pk=1))


def test_what_must_not_happen_twice() -> None:
    """Refused under a replay, let through anywhere else."""
    tape.refuse_in_replay("a provider")
    with bound(Recording("v1")):
        tape.refuse_in_replay("a provider")
    with bound(Replay(Recording("v1"), "v2")), pytest.raises(Strayed):
        tape.refuse_in_replay("a provider")


def test_nothing_of_a_call_is_shown() -> None:
    """There are credentials in it."""
    recording = Recording("v1")
    with bound(recording):
        double("a-token")
    assert "a-token" not in f"{recording.calls}"
    recording.erase()
    assert recording.calls == []


PURE = {
    "bodies": "make bodies of what they are given, and of settings",
    "client_address": "reads a header",
    "list_body": "is on tape where it asks the database",
    "refuse_credentials_in_url": "looks at the query",
    "registry": "reads settings",
    "users": "gives the caller back",
    "AccessToken": "is looked at, never asked for",
    "User": "is a type",
}
"""What adapters use of the service without asking it for anything."""


def files_of(app: str) -> set[Path]:
    """Give the files of an adapter that answer requests: its URLs, and what they import of it."""
    folder = Path(str(import_module(app).__file__)).parent
    found, left = set(), [folder / "urls.py"]
    while left:
        path = left.pop()
        if path in found or not path.exists():
            continue
        found.add(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == app:
                within = folder.joinpath(*str(node.module).split(".")[1:])
                left += [within.with_suffix(".py"), *(within / f"{alias.name}.py" for alias in node.names)]
    return found


@pytest.mark.parametrize("app", settings.APIS)
def test_adapters_ask_the_service_on_tape_alone(app: str) -> None:
    """Each function of the service that an adapter calls is on the tape, or has neither an effect nor a clock."""
    asked = 0
    for path in files_of(app):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("social"):
                continue
            for alias in node.names:
                if alias.name in PURE:
                    continue
                found = getattr(import_module(str(node.module)), alias.name, None)
                if found is None or inspect.ismodule(found):
                    module = import_module(f"{node.module}.{alias.name}")
                    used = {
                        one.attr
                        for one in ast.walk(tree)
                        if isinstance(one, ast.Attribute)
                        and isinstance(one.value, ast.Name)
                        and one.value.id == alias.name
                    }
                    functions = [getattr(module, name) for name in used]
                else:
                    functions = [found]
                for function in functions:
                    assert hasattr(function, "__wrapped__"), f"{path.name}: {function}"
                    asked += 1
    assert asked >= 8
