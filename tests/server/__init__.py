"""Starting the server, stopping it and replacing its workers."""
