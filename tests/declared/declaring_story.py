"""What a declaration of a resource of functions refuses; the errors of such resources are not Tandem's own."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.contract.bodies import Body
from shared.contract.declaring import declare_resource
from shared.contract.resources import Access, Call


def allow(call: Call) -> bool:
    return True


async def allow_later(call: Call) -> bool:
    return False


def objects(call: Call) -> list[Mapping[str, Any]]:
    return []


@pytest.mark.parametrize("access", [allow_later, (Access.PUBLIC, allow_later)])
def test_an_asynchronous_rule_is_refused(access: Any) -> None:
    """Its coroutine would be true, and so allow every call."""
    with pytest.raises(TypeError, match="allow_later is asynchronous"):
        declare_resource("note", body=Body("Note", ()), access={"GET": access}, list=objects)


@pytest.mark.parametrize("access", ["public", (allow, Access.PUBLIC), None])
def test_what_is_no_permission_is_refused(access: Any) -> None:
    """When the resource is declared, not when it is called."""
    with pytest.raises(TypeError, match="is no permission"):
        declare_resource("note", body=Body("Note", ()), access={"GET": access}, list=objects)
