"""The page *Migration*."""
