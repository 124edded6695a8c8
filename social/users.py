"""Users, of whom a caller sees one: oneself."""

from shared.contract.errors import NotFound
from social.user_model import User


def get_for(user: User, user_id: str) -> User:
    """Give the caller for the caller's own id.

    :raises NotFound: for any other id, whether there is such a user or not.
    """
    if user_id != str(user.pk):
        raise NotFound
    return user
