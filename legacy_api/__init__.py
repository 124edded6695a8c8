"""The Tastypie adapter: v1, for existing clients. Nothing outside this folder depends on it, so it can be deleted."""
