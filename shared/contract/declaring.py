"""Declaring a resource of functions in a few lines: the paths, methods, statuses and names that most resources have."""

import re
from collections.abc import Callable, Mapping, Sequence
from inspect import iscoroutinefunction
from typing import Any

from shared.contract.bodies import Body
from shared.contract.dialects import CONTRACT, Dialect
from shared.contract.errors import ApiError, NotAuthenticated
from shared.contract.fields import InputField
from shared.contract.resources import ID, Access, Call, Endpoint, Input, Operation, Resource

Rule = Callable[[Call], bool]
"""Return True if a call is allowed. The body has not been read yet, so `Call.input` is None."""
Permission = Access | Rule | tuple[Access, Rule]
"""Who may call a method. A rule alone is for calls with an access token."""
Run = Callable[[Call], Any]

_METHODS = {"list": "GET", "detail": "GET", "create": "POST", "replace": "PUT", "update": "PATCH", "delete": "DELETE"}


class PermissionDenied(ApiError):
    """A rule of the project does not allow the call."""

    status = 403
    code = "permission_denied"
    message = "You do not have permission to perform this action."
    when = "The caller has no permission for this action."


class Conflict(ApiError):
    """The change contradicts other data; nothing was written."""

    status = 409
    code = "conflict"
    message = "The change conflicts with other data."
    when = "Other objects need this object, or another call has just stored the same unique value."


def declare_resource(
    name: str,
    *,
    body: Body,
    access: Mapping[str, Permission],
    list: Run | None = None,
    detail: Run | None = None,
    create: Run | None = None,
    replace: Run | None = None,
    update: Run | None = None,
    delete: Run | None = None,
    represent: Callable[[Any, Call], Mapping[str, Any]] | None = None,
    locate: Callable[[Any, Call], str] | None = None,
    input: Sequence[InputField] = (),
    fixed: Sequence[str] = (),
    filters: Sequence[InputField] = (),
    errors: Sequence[type[ApiError]] = (),
    dialect: Dialect = CONTRACT,
    id_pattern: str = ID,
    tag: str = "",
    source: Any = None,
) -> Resource:
    """Return a resource with a list, objects, or both.

    :param name: the name in URLs; it may have slashes.
    :param access: who may call each method: `{"GET": Access.PUBLIC, "POST": Access.REQUIRED}`. Other methods are 405.
    :param list: each function takes a `Call`. `list` returns a queryset or a sequence in a stable order.
    :param represent: takes a result, or a row of the list, and the `Call`; returns the values of `body`.
    :param locate: the same for the path of a new object; by default its `resource_uri`.
    :param input: the fields of POST and PUT, and of PATCH, in which none is required.
    :param fixed: the names of the fields that only POST takes.
    :param errors: the project's own errors that the writing functions raise.
    :param tag: the group in `openapi.yaml`; by default the name.
    :raises ValueError: a method has no function, or a function has no method.
    :raises TypeError: a function is asynchronous, or a value of `access` is no permission.
    """
    functions = {"list": list, "detail": detail, "create": create, "replace": replace, "update": update}
    given = {key: run for key, run in {**functions, "delete": delete}.items() if run is not None}
    if {_METHODS[key] for key in given} != set(access):
        raise ValueError(f"{name}: the methods of `access` are {sorted(access)}, the functions are {sorted(given)}")
    refuse_asynchronous(name, *given.values(), represent, locate, *(_split(one)[1] for one in access.values()))
    noun = noun_of(name)
    changeable = tuple(field for field in input if field.name not in fixed)
    change = Input(f"{noun}Change", changeable, partial=True)
    whole = Input(f"{noun}Input", tuple(input))
    replacement = whole if len(changeable) == len(whole.fields) else Input(f"{noun}Replacement", changeable)
    answer = body if dialect.always_return_data else None
    shape: dict[str, Any] = {"represent": represent or "", "dialect": dialect}
    kinds: dict[str, dict[str, Any]] = {
        "list": {"summary": f"List {name}", "returns": body, "is_list": True, "filters": tuple(filters)},
        "detail": {"summary": f"Return one object of {name}", "returns": body},
        "create": {"summary": f"Create an object of {name}", "status": 201, "takes": whole, "returns": answer},
        "replace": {
            "summary": f"Replace an object of {name}",
            "status": 200 if answer else 204,
            # The old framework keeps the fields that a PUT leaves out.
            "takes": change if dialect.is_legacy else replacement,
            "returns": answer,
        },
        "update": {
            "summary": f"Change some fields of an object of {name}",
            "status": 202 if dialect.is_legacy else 200,
            "takes": change,
            "returns": answer,
        },
        "delete": {"summary": f"Delete an object of {name}", "status": 204},
    }
    operations = {
        key: Operation(
            name=f"{'get' if key == 'detail' else key}{noun}",
            method=_METHODS[key],
            run=run,
            errors=_errors(access[_METHODS[key]], () if key in {"list", "detail"} else errors),
            locate=locate if key == "create" else None,
            **_permission(access[_METHODS[key]]),
            **shape,
            **kinds[key],
        )
        for key, run in given.items()
    }
    paths = (
        Endpoint(name, tuple(operations[key] for key in ("list", "create") if key in operations), name),
        Endpoint(
            f"{name}/{{id}}",
            tuple(operations[key] for key in ("detail", "replace", "update", "delete") if key in operations),
            name,
            id_pattern,
        ),
    )
    return Resource(name, tag or name, tuple(path for path in paths if path.operations), source)


def refuse_asynchronous(name: str, *functions: object) -> None:
    """Check the functions of a declaration: the coroutine that an asynchronous rule returns would always be true.

    :raises TypeError: one of them is asynchronous.
    """
    for function in functions:
        if iscoroutinefunction(function):
            raise TypeError(f"{name}: {function.__qualname__} is asynchronous; declared functions are synchronous")


def noun_of(name: str) -> str:
    """Return a resource's name as `openapi.yaml` has it in components and operations: `DownloadsOs`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))


def _split(permission: Permission) -> tuple[Access, Rule | None]:
    given: Any = permission  # what a project has really written
    if isinstance(given, Access):
        return given, None
    access, rule = given if isinstance(given, tuple) and len(given) == 2 else (Access.REQUIRED, given)
    if not isinstance(access, Access) or not callable(rule):
        raise TypeError(f"{permission!r} is no permission: give an Access, a function of the call, or a pair of both")
    return access, rule


def _permission(permission: Permission) -> dict[str, Any]:
    access, rule = _split(permission)
    return {"access": access, "authorize": None if rule is None else _authorizer(rule)}


def _authorizer(rule: Rule) -> Callable[[Call], None]:
    def authorize(call: Call) -> None:
        if not rule(call):
            raise NotAuthenticated if call.token is None else PermissionDenied

    return authorize


def _errors(permission: Permission, own: Sequence[type[ApiError]]) -> tuple[type[ApiError], ...]:
    access, rule = _split(permission)
    if rule is None:
        return tuple(own)
    refusals = (PermissionDenied,) if access is Access.REQUIRED else (NotAuthenticated, PermissionDenied)
    return (*refusals, *(one for one in own if one not in refusals))
