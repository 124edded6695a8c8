"""The Tastypie adapter: the contract for clients in the field. It leaves whole, and nothing notices."""
