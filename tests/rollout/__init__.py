"""docs/contract.md, section 9: the life cycle of v1, in its headers and in its effects."""
