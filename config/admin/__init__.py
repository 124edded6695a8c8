"""Django's admin for staff: the site, its AppConfig, and the middleware of its pages."""
