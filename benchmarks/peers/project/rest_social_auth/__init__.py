"""rest-social-auth, fed an access token."""
