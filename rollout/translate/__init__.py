"""From a captured request to v1, a curl command or an entry of an HTTP archive, to the same request to v2."""
