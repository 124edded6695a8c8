"""Load on raw sockets: the client must cost so little that it is not what is measured."""
