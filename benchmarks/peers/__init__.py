"""The peers that Tandem is measured against: their environments, and their Django project."""
