"""OpenID Connect: verified id_tokens, and the signing keys and configurations that providers publish."""
