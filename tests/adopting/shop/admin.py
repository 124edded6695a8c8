"""The shop's admin of customers, with the action that docs/adopters.md adds."""

from tests.adopting import document

document.run("admin", globals())
