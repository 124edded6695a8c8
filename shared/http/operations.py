"""Running a declared operation. Adapters call it once they have checked method, authentication and rate limit."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.module_loading import import_string

from shared.contract.bodies import Body
from shared.contract.declarations import registry
from shared.contract.fields import read_fields
from shared.contract.paging import read_page, render_page
from shared.contract.replies import Reply
from shared.contract.resources import Call, Endpoint, Input, Operation
from shared.http.requests import read_object, read_query
from shared.http.urls import api_of


def perform(endpoint: Endpoint, operation: Operation, request: HttpRequest, *, token: Any, id: str = "") -> Reply:
    """Read the request as the operation declares it, run the operation, and return its result as a reply.

    :param token: the access token of the call, with its user loaded; None for an anonymous call.
    :param id: the id in the path, as it was sent.
    :raises ApiError: the operation does not allow the call (`Operation.authorize`).
    :raises UnsupportedMediaType: the body is not JSON in UTF-8.
    :raises PayloadTooLarge: the body is longer than 64 KiB.
    :raises InvalidJson: the body is not one strict JSON object.
    :raises InvalidRequest: a query parameter or a field is invalid.
    :raises ApiError: the operation fails.

    The checks run in this order.
    """
    api = api_of(request)
    if api is None:
        raise ValueError("the path is not below the prefix of an API")
    prefix = f"{request.path.removesuffix(request.path_info)}/{api.route}"
    make_call = partial(Call, prefix=prefix, version=api.version, token=token, id=id, request=request)
    if operation.authorize is not None:
        operation.authorize(make_call())
    data = read_object(request) if operation.takes else None
    page = read_page(read_query(request), operation.filters, operation.dialect) if operation.is_list else None
    call = make_call(
        input=_read_input(operation.takes, data) if operation.takes else None, filters=page.filters if page else {}
    )
    result = _function(operation.run)(call)
    if page is not None and operation.returns is not None:
        total, rows = _page_of(result, page.window)
        objects = [_represent(operation, operation.returns, row, call) for row in rows]
        found: Mapping[str, Any] | None = render_page(page, objects, total=total, uri=endpoint.uri(prefix))
    else:
        found = None if operation.returns is None else _represent(operation, operation.returns, result, call)
    return Reply(operation.status, found, _headers(operation, result, found, call), operation.dialect)


def list_resources(call: Call) -> dict[str, Any]:
    """Run the root's operation: return the path of each resource's list."""
    return {one.name: {"list_endpoint": one.list_endpoint.uri(call.prefix)} for one in registry if one.list_endpoint}


def _function(declared: str | Callable[..., Any]) -> Callable[..., Any]:
    """Return a declared function, which is named by its dotted path or given itself."""
    if isinstance(declared, str):
        found: Callable[..., Any] = import_string(declared)
        return found
    return declared


def _read_input(takes: Input, data: Any) -> Any:
    if takes.reader:
        return import_string(takes.reader)(data)
    return read_fields(takes.fields, data, partial=takes.partial)


def _represent(operation: Operation, body: Body, found: Any, call: Call) -> dict[str, Any]:
    return body.render(_function(operation.represent)(found, call) if operation.represent else found)


def _headers(operation: Operation, result: Any, body: Mapping[str, Any] | None, call: Call) -> dict[str, str]:
    if operation.status != 201:
        return {}
    if operation.locate is not None:
        return {"Location": operation.locate(result, call)}
    return {} if body is None else {"Location": body["resource_uri"]}


def _page_of(rows: QuerySet[Any] | Sequence[Any], window: slice) -> tuple[int, Sequence[Any]]:
    """Return the number of all rows and the rows of the page; of a queryset only the page is fetched."""
    if isinstance(rows, QuerySet):
        return rows.count(), list(rows[window])
    return len(rows), rows[window]
