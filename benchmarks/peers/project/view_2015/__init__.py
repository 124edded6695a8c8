"""The view that companies wrote by hand in 2015, on today's libraries."""
