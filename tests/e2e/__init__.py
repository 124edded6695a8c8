"""The running process: real sockets, real providers of the sandbox, real databases."""
