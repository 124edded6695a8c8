"""django-allauth's own API, for apps."""
