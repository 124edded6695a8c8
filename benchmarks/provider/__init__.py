"""A provider on this machine that costs next to nothing: Facebook's answers, as late as asked for."""
