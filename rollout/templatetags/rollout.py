"""Template filters of the dashboard."""

from django import template
from django.template.defaultfilters import stringfilter

register = template.Library()


@register.filter
@stringfilter
def together(text: str) -> str:
    """Return the text with a no-break space between each number and its percent sign."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")
