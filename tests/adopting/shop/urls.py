"""The shop's URLs, followed by those of docs/adopters.md."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

from rollout.dashboard.views import page
from tests.adopting import document
from tests.adopting.shop import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home),
    path("orders/", views.orders),
    path("api/stock/", views.StockView.as_view()),
    path("api/v1/article/", views.articles),
    path("admin/migration/", admin.site.admin_view(page), name="migration"),
    path("admin/", admin.site.urls),
]
document.run("urls", globals())
