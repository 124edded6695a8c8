"""Its one path, named as in its documentation."""

from django.urls import path

from benchmarks.peers.project.rest_social_auth.views import AccessTokenView

urlpatterns = [path("api/login/social/token/", AccessTokenView.as_view())]
