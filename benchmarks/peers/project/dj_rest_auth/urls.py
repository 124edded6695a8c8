"""Its one path, named as in its documentation."""

from django.urls import path

from benchmarks.peers.project.dj_rest_auth.views import FacebookLogin

urlpatterns = [path("dj-rest-auth/facebook/", FacebookLogin.as_view(), name="fb_login")]
