"""The live company board."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from backoffice import company
from backoffice.access import head_office_required


@require_GET
@head_office_required("backoffice.view_board")
def board(request):
    """Show how the company is doing today and in this period."""
    return render(request, "backoffice/company/board.html", {"board": company.board()})


@require_GET
@head_office_required("backoffice.view_board")
def figures(request):
    """Bring the board's figures anew; the open page asks every few seconds."""
    return render(request, "backoffice/company/_figures.html", {"board": company.board(), "oob": True})
