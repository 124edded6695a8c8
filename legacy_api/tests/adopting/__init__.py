"""The shop of tests/adopting with an old API on Tastypie."""
