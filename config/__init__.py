"""The process: settings from the environment, database, logging, URLs, the admin."""
