"""The page for staff: how far the migration is, in the admin's looks."""
