"""The service: sign up, sign in, link. It speaks no API framework; every API calls it alike."""
