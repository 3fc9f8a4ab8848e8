"""A small company in files, right in every row, which each test spoils or grows in its own way."""

import csv
import shutil
from pathlib import Path

from backoffice.demo.generator import plan_text
from backoffice.imports.company import Import

COMPANY = """\
name = "Fernhollow"

[house]
number = "F1"
name = "Fernhollow"
market = "us"

[[market]]
code = "us"
name = "United States"
country = "US"
currency = "USD"
time_zone = "America/New_York"
delivery = "6.90"
free_delivery_from = "75.00"

[[market]]
code = "jp"
name = "Japan"
country = "JP"
currency = "JPY"
language = "ja"
time_zone = "Asia/Tokyo"
delivery = "600"
"""
PRODUCTS = """\
sku,slug,name,category,details
TEA,evening-tea,Evening Tea,Tea,"Loose leaf
With a ""little"" mint"
OIL,night-oil,Night Oil,Skin care,
"""
PRICES = """\
product,market,buyer_kind,price,pv,cv
TEA,us,retail,20.00,12.00,10.00
TEA,us,preferred,18.00,12.00,10.00
TEA,us,distributor,15.00,12.00,10.00
TEA,jp,retail,2000,12,10
TEA,jp,distributor,1500,12,10
OIL,us,retail,40.00,30.5,25
OIL,us,distributor,30.00,30.5,25
"""
PEOPLE = """\
number,name,email,market,sponsor,placement,leg,status,enrolled_at,shop
A1,Ana Fernández,ana@example.com,us,,F1,left,active,2024-01-05T10:00:00+00:00,ana
B1,Ben Müller,ben@example.com,us,A1,A1,left,active,2024-02-05T10:00:00+00:00,
C1,千尋 森,cy@example.com,jp,B1,B1,right,,2024-03-05T10:00:00+00:00,cy
D1,Dee,dee@example.com,us,F1,F1,right,terminated,2024-03-06T10:00:00+00:00,
E1,Eve,eve@example.com,us,A1,A1,right,suspended,2024-03-07T10:00:00+00:00,
"""
CUSTOMERS = """\
email,name,market,kind,referred_by,since,street,city
kit@example.com,Kit,us,,A1,2025-01-01T00:00:00+00:00,1 Fern Road,Portland
pat@example.com,Pat,us,preferred,B1,2025-01-01T00:00:00+00:00,,
lou@example.com,Lou,jp,retail,,2025-01-01T00:00:00+00:00,,
"""
ORDERS = """\
number,market,currency,buyer_kind,buyer,seller,paid_at,delivery,total
O1,us,USD,retail,kit@example.com,A1,2026-02-03T10:00:00+00:00,6.90,66.90
O2,us,USD,preferred,pat@example.com,B1,2026-02-04T10:00:00+00:00,,36.00
O3,us,USD,distributor,B1,,2026-02-05T10:00:00-05:00,0,15.00
O4,jp,JPY,retail,lou@example.com,,2026-02-06T10:00:00+09:00,600,2600
O5,us,USD,retail,kit@example.com,A1,2026-02-07T10:00:00+00:00,0,11.00
"""
ORDER_LINES = """\
order,line,product,quantity,unit_price,pv,cv
O1,1,TEA,1,20.00,,
O1,2,OIL,1,40.00,,
O2,1,TEA,2,18.00,,
O3,1,TEA,1,15.00,,
O4,1,TEA,1,2000,,
O5,1,TEA,1,11.00,5.00,4.00
"""
REFUNDS = """\
order,line,quantity,refunded_at,reason
O1,2,1,2026-02-10T10:00:00+00:00,Broken
O4,1,1,2026-02-11T10:00:00+00:00,
"""
FILES = {
    "company.toml": COMPANY, "products.csv": PRODUCTS, "prices.csv": PRICES, "people.csv": PEOPLE, "customers.csv": CUSTOMERS,
    "orders.csv": ORDERS, "order_lines.csv": ORDER_LINES, "refunds.csv": REFUNDS,
}  # fmt: skip


def write(folder: Path) -> Path:
    """Write the company's files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "plan.toml").write_text(plan_text(), encoding="utf-8")
    return folder


def add(folder: Path, name: str, *rows: str) -> int:
    """Add rows to a file; return the line of the first."""
    path = folder / name
    line = path.read_text(encoding="utf-8").count("\n") + 1
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{row}\n" for row in rows)
    return line


def bring_in(folder: Path, **options):
    """Import the folder and return its report."""
    return Import(folder, report=folder.parent / "refused.csv", **options).run()


def refused(folder: Path) -> list[dict[str, str]]:
    """Read the report of refusals."""
    with (folder.parent / "refused.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def copied(folder: Path, to: Path) -> Path:
    """Copy a company's folder."""
    shutil.copytree(folder, to)
    return to
