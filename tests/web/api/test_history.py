"""History over HTTP: every line once, page by page, and as a sheet that runs nothing."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.web.api.people import Holder, Told, Town, problem_of, words_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _pages(holder: Holder, limit: int) -> list[list[Told]]:
    pages, cursor = list[list[Told]](), ""
    while len(pages) < 20:
        path = f"/accounts/{holder.account}/payments?limit={limit}{cursor}"
        told = words_of(await holder.read(path), 200)
        pages.append(told["payments"])
        if told["next"] is None:
            break
        cursor = f"&before={told['next']}"
    return pages


async def test_every_line_is_on_one_page_newest_first(town: Town) -> None:
    buyer, shop = await town.person(1_000), await town.merchant()
    for amount in range(1, 8):
        words_of(await buyer.pay(shop.account, amount), 201)
    pages = await _pages(buyer, 3)
    assert [len(page) for page in pages] == [3, 3, 2]
    lines = [line for page in pages for line in page]
    assert [line["amount_minor"] for line in lines] == [7, 6, 5, 4, 3, 2, 1, 1_000]
    assert [line["at"] for line in lines] == sorted((x["at"] for x in lines), reverse=True)
    assert lines[0]["balance_minor"] == await buyer.balance() == 972
    assert len({line["id"] for line in lines}) == 8
    whole = await buyer.history()
    assert whole == lines


async def test_a_line_says_who_was_on_the_other_side(town: Town) -> None:
    buyer = await town.person(1_000, name="ສົມສີ ວົງສາ")
    shop = await town.customer("merchant", name="ຮ້ານກາເຟ ດາວ")
    words_of(await buyer.pay(shop.account, 10, note="ຂອບໃຈ"), 201)
    paid, deposited = await buyer.history()
    assert paid["counterpart"]["name"] == "ຮ້ານກາເຟ ດາວ"
    assert paid["counterpart"]["participant"] == "mekong"
    assert (paid["direction"], paid["state"], paid["note"]) == ("out", "posted", "ຂອບໃຈ")
    assert deposited["counterpart"] == {"name": "", "address": None, "participant": None}
    assert (deposited["direction"], deposited["purpose"]) == ("in", "deposit")
    got = (await shop.history())[0]
    assert (got["counterpart"]["name"], got["direction"]) == ("ສົມສີ ວົ***", "in")


async def test_a_refused_order_is_no_line_of_the_history(town: Town) -> None:
    buyer, shop = await town.person(5), await town.merchant()
    problem_of(await buyer.pay(shop.account, 6), 422, "ledger.funds_insufficient")
    assert len(await buyer.history()) == 1
    assert await shop.history() == []


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "before=-1", "before=x"])
async def test_a_page_is_refused_when_its_bounds_are_wrong(town: Town, query: str) -> None:
    holder = await town.person()
    answer = await holder.read(f"/accounts/{holder.account}/payments?{query}")
    problem_of(answer, 400, "kernel.malformed")


def _today() -> str:
    return datetime.now(UTC).astimezone(timezone(timedelta(hours=7))).date().isoformat()


async def _sheet(holder: Holder, first: str, last: str) -> list[dict[str, str]]:
    answer = await holder.read(f"/accounts/{holder.account}/statement?from={first}&to={last}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment")
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_a_statement_has_a_row_for_every_line_of_its_days(town: Town) -> None:
    buyer, shop = await town.person(1_000_000), await town.merchant()
    for amount in range(1, 106):  # over one page of the ledger
        words_of(await buyer.pay(shop.account, amount), 201)
    today = _today()
    rows = await _sheet(buyer, today, today)
    assert [row["amount_minor"] for row in rows] == [str(a) for a in range(105, 0, -1)] + [
        "1000000"
    ]
    assert rows[0]["balance_minor"] == str(await buyer.balance())
    assert {row["currency"] for row in rows} == {"LAK"}
    assert await _sheet(buyer, "2020-01-01", "2020-01-31") == []


@pytest.mark.parametrize("note", ["=1+1", "+1", "-1", "@SUM(A1)", " =1+1"])
async def test_a_statement_holds_no_text_that_a_spreadsheet_would_run(
    town: Town, note: str
) -> None:
    buyer = await town.person(1_000)
    shop = await town.merchant(name="=HYPERLINK x")
    words_of(await buyer.pay(shop.account, 5, note=note, reference='="a"'), 201)
    row = (await _sheet(buyer, _today(), _today()))[0]
    for column in ("note", "reference", "counterpart"):
        assert not row[column].lstrip().startswith(("=", "+", "-", "@")), row
    assert row["note"].endswith(note)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "from=2026-01-01",
        "from=2026-13-01&to=2026-01-01",
        "from=2026-02-30&to=2026-03-01",
        "from=26-1-1&to=2026-01-01",
        "from=2026-01-01%0A&to=2026-01-01",
        "from=0000-01-01&to=9999-12-31",
    ],
)
async def test_a_statement_is_refused_when_its_days_are_no_days(town: Town, query: str) -> None:
    holder = await town.person()
    answer = await holder.read(f"/accounts/{holder.account}/statement?{query}")
    problem_of(answer, 400, "kernel.malformed")


@pytest.mark.parametrize(
    "days",
    [
        "from=0001-01-01&to=0001-01-01",
        "from=9999-12-31&to=9999-12-31",
        "from=2026-01-02&to=2026-01-01",
    ],
)
async def test_a_statement_of_days_without_any_line_is_empty(town: Town, days: str) -> None:
    holder = await town.person(5)
    answer = await holder.read(f"/accounts/{holder.account}/statement?{days}")
    assert answer.status_code == 200, answer.text
    assert len(answer.text.splitlines()) == 1
