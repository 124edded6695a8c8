"""The measurements of a run; each can be run alone (`--only`)."""
