"""The view that articles of 2015 recommended, on today's libraries; its exceptions have today's names."""

from django.urls import path
from rest_framework import serializers
from rest_framework.authtoken.models import Token
from rest_framework.generics import CreateAPIView
from rest_framework.response import Response
from social_core.exceptions import SocialAuthBaseException
from social_django.utils import load_backend, load_strategy


class SocialSignUpSerializer(serializers.Serializer):
    """A provider and its token."""

    provider = serializers.CharField()
    access_token = serializers.CharField()


class SocialSignUp(CreateAPIView):
    """Sign a user up or in, or link another account."""

    serializer_class = SocialSignUpSerializer

    def create(self, request, *args, **kwargs):
        """Return a token of our own."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        provider = serializer.validated_data["provider"]
        access_token = serializer.validated_data["access_token"]
        authed_user = request.user if request.user.is_authenticated else None
        strategy = load_strategy(request)
        backend = load_backend(strategy, provider, redirect_uri=None)
        try:
            user = backend.do_auth(access_token, user=authed_user)
        except SocialAuthBaseException as error:
            return Response({"errors": str(error)}, status=400)
        if not user or not user.is_active:
            return Response({"errors": "Error with social authentication"}, status=400)
        # Instagram and others did not return the token, so the view stored it for later calls.
        association = user.social_auth.get(provider=provider)
        if not association.extra_data.get("access_token"):
            association.extra_data["access_token"] = access_token
            association.save()
        token, _ = Token.objects.get_or_create(user=user)
        return Response({"id": user.pk, "username": user.username, "token": token.key}, status=201)


urlpatterns = [path("social_sign_up/", SocialSignUp.as_view())]
