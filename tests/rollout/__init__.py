"""docs/contract.md, section 9: what becomes of v1, told on its answers and carried out."""
