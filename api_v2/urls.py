"""The paths of the contract, and the two pages of documentation that v2 alone has."""

from django.urls import re_path

from api_v2 import documents, views

_VIEWS = (
    views.RootView,
    views.ProvidersView,
    views.SocialAccountsView,
    views.SocialAccountView,
    views.SignUpView,
    views.TokensView,
    views.CurrentTokenView,
    views.TokenView,
    views.UsersView,
    views.UserView,
)

urlpatterns = [
    re_path(r"^openapi\.yaml$", documents.openapi, name="openapi"),
    re_path(r"^docs/?$", documents.SwaggerUI.as_view(), name="docs"),
    *(re_path(view.endpoint.route, view.as_view()) for view in _VIEWS),
    re_path(r"", views.NotFoundView.as_view()),
]
