"""Where the office and the company pages answer."""

from django.urls import include, path

from backoffice.views.company import board, outbox, runs, settlements, simulator
from backoffice.views.office import earnings, goals, home, live, sales, shop, team

office = [
    path("", home.home, name="home"),
    path("live/", live.live, name="live"),
    path("figures/", home.figures, name="figures"),
    path("feed/", home.feed, name="feed"),
    path("news/", home.news, name="news"),
    path("team/", team.overview, name="team"),
    path("team/<int:distributor_id>/", team.children, name="children"),
    path("people/<int:distributor_id>/", team.person, name="person"),
    path("sales/", sales.sale_list, name="sales"),
    path("sales/<int:order_id>/", sales.sale, name="sale"),
    path("earnings/", earnings.overview, name="earnings"),
    path("earnings/<str:period>/", earnings.overview, name="period"),
    path("earnings/<str:period>/<slug:bonus>/", earnings.bonus, name="bonus"),
    path("earnings/<str:period>/<slug:bonus>/<slug:line>/", earnings.explanation, name="explanation"),
    path("goals/", goals.overview, name="goals"),
    path("shop/", shop.edit, name="shop"),
    path("shop/qr.svg", shop.qr, name="qr"),
]

company_pages = [
    path("", board.board, name="board"),
    path("figures/", board.figures, name="figures"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/replay/", outbox.replay, name="replay"),
    path("runs/", runs.index, name="runs"),
    path("runs/begin/", runs.begin, name="run_begin"),
    path("runs/<int:run_id>/", runs.show, name="run"),
    path("runs/<int:run_id>/progress/", runs.progress, name="run_progress"),
    path("runs/<int:run_id>/step/", runs.step, name="run_step"),
    path("runs/<int:run_id>/again/", runs.again, name="run_again"),
    path("runs/<int:run_id>/compare/<int:other_id>/", runs.compare, name="run_compare"),
    path("runs/<int:run_id>/people/<int:distributor_id>/", runs.person, name="run_person"),
    path("settlements/", settlements.index, name="settlements"),
    path("settlements/<slug:kind>/<int:settlement_id>/", settlements.settle, name="settle"),
    path("simulator/", simulator.index, name="simulator"),
    path("simulator/new/", simulator.ask, name="simulation_ask"),
    path("simulator/<int:simulation_id>/", simulator.show, name="simulation"),
    path("simulator/<int:simulation_id>/progress/", simulator.progress, name="simulation_progress"),
    path("simulator/<int:simulation_id>/cancel/", simulator.cancel, name="simulation_cancel"),
    path("simulator/<int:simulation_id>/remove/", simulator.remove, name="simulation_remove"),
    path("simulator/<int:simulation_id>/draft/", simulator.draft, name="simulation_draft"),
    path("simulator/<int:simulation_id>/people/<int:distributor_id>/", simulator.person, name="simulation_person"),
    path("simulator/<int:simulation_id>/<slug:rows>.csv", simulator.download, name="simulation_download"),
]

urlpatterns = [
    path("office/", include((office, "office"))),
    path("company/", include((company_pages, "company"))),
    path("demo/", include("backoffice.demo.urls")),
]
