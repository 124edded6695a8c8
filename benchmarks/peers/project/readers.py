"""Add users with tokens, and print a value of `Authorization` for each.

python -m benchmarks.peers.project.readers NUMBER
"""

import sys

import django
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils.module_loading import import_string


def authorization(user):
    """Return a value of `Authorization` with a new token of a user's."""
    match settings.PEER:
        case "simplejwt":
            return f"Bearer {import_string('rest_framework_simplejwt.tokens.AccessToken').for_user(user)}"
        case "knox":
            return f"Token {apps.get_model('knox.AuthToken').objects.create(user)[1]}"
        case "tastypie_api_key":
            return f"ApiKey {user.username}:{apps.get_model('tastypie.ApiKey').objects.create(user=user).key}"
    return f"Token {apps.get_model('authtoken.Token').objects.create(user=user).key}"


django.setup()
for number in range(int(sys.argv[1])):
    reader = get_user_model().objects.create(username=f"reader-{number}", email=f"reader-{number}@example.com")
    sys.stdout.write(f"{authorization(reader)}\n")
