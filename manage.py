#!/usr/bin/env python3
"""Django's command line."""

import os
import sys

from django.core.management import execute_from_command_line

from config.environment import Unreadable

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except Unreadable as error:
        # 2 is a usage error: with 1 some commands report a result.
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
