"""The page *Migration* for staff, in the style of the admin: `views.page`."""
