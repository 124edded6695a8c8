"""The process: settings from the environment, URLs, server."""
