"""One view."""

from django.urls import path

from benchmarks.yardstick.views import sign_in

urlpatterns = [path("sign_in/", sign_in)]
