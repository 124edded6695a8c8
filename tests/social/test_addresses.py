"""What a provider says about an address, in the forms of profiles that no policy of ours is for."""

from typing import Any

import pytest

from social.engine.addresses import AddressRule, Verification

ADDRESS = "ripley@example.com"
ANY = AddressRule()


@pytest.mark.threat(39)
@pytest.mark.parametrize("flag", ["confirmed", "verified"])
@pytest.mark.parametrize("name", ["email", "value"])
def test_a_list_of_addresses(name: str, flag: str) -> None:
    """A flag in an entry of `emails` is about the address of that entry alone."""
    profile = {"emails": ["text", {name: "other@example.com", flag: True}, {name: ADDRESS, flag: False}]}
    assert ANY.verification_of(profile, ADDRESS) is Verification.DENIED
    assert ANY.verification_of(profile, "other@example.com") is Verification.UNKNOWN


@pytest.mark.threat(39)
def test_a_flag_in_a_list_of_objects() -> None:
    """An unambiguous flag denies the address wherever it stands."""
    assert ANY.verification_of({"accounts": [{"email_verified": False}]}, ADDRESS) is Verification.DENIED


@pytest.mark.threat(38)
@pytest.mark.parametrize("holder", [None, 5, True, "text", []])
def test_no_object_with_the_flags(holder: Any) -> None:
    """Nothing vouches for the address if the object that should have the flags is none."""
    rule = AddressRule(flags=("is_email_valid",), within="kakao_account")
    assert rule.verification_of({"kakao_account": holder, "email": ADDRESS}, ADDRESS) is Verification.UNKNOWN
