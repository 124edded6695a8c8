"""drf-social-oauth2: a provider's token for one of django-oauth-toolkit."""
