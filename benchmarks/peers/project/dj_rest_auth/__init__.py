"""dj-rest-auth on django-allauth."""
