#!/usr/bin/env python3
"""Django's command line."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import DatabaseError

from config.environment import Unreadable
from shared.http.database import database_is_away
from shared.http.redaction import exception_name

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except Unreadable as error:
        # 2 is a usage error: with 1 some commands report a result.
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    except DatabaseError as error:
        if not database_is_away(error):
            raise
        sys.stderr.write(f"The database of DATABASE_URL does not answer: {exception_name(error.__cause__ or error)}.\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)  # as shells report SIGINT
