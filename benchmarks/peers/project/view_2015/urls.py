"""Its one path, as the articles of the time had it."""

from django.urls import path

from benchmarks.peers.project.view_2015.views import SocialSignUp

urlpatterns = [path("social_sign_up/", SocialSignUp.as_view())]
