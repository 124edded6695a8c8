"""The shop of tests/adopting, whose old API is Tastypie's."""
