"""What is particular to this adapter; the contract itself is tested for every API alike in tests/contract."""
