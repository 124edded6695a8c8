"""drf-social-oauth2 exchanges a provider's token for one of django-oauth-toolkit."""

from django.urls import include, path

urlpatterns = [path("auth/", include("drf_social_oauth2.urls", namespace="drf"))]
