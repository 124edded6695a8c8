"""The peers' Django project, run by the peers' own interpreters: one module a peer has its view and its URLs."""
