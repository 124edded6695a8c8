"""Resources of `tests.declared.catalogue` beside the Tastypie resources that they stand in for."""
