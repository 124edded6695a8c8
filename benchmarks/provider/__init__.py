"""A provider on this machine that costs next to nothing: Facebook's answers, over http and TLS, as late as asked for."""
