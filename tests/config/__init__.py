"""The settings and what reads them: database, CORS, health, the admin."""
