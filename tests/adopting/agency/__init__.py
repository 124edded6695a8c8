"""An agency for jobs, behind a CDN, with a root and resources of its own on both versions of its API."""
