"""A Django project for each peer, run by the peers' own interpreter; nothing here is imported by Tandem."""
