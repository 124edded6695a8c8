"""The files in deploy/, the list of variables, and the pages that an operator follows."""
