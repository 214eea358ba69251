"""What the shell hands to a browser: its modules, all of them, and nothing that is not ours."""

from __future__ import annotations

import json
import re
from importlib import resources

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from nagara.kernel.profile import load_profile
from nagara.web.pages import Pages, page_router
from nagara.web.pages.merchant import MODULES as MERCHANT
from nagara.web.pages.merchant import merchant_handlers
from nagara.web.pages.wallet import MODULES as WALLET
from nagara.web.pages.wallet import wallet_handlers

_SCRIPTS = resources.files("nagara.web").joinpath("static", "js")


@pytest.fixture
def client() -> TestClient[Litestar]:
    pages = Pages(load_profile("la"), demo=False)
    handlers = [*wallet_handlers(pages), *merchant_handlers(pages)]
    app = Litestar(
        [page_router(pages, handlers), pages.assets.handler()],
        openapi_config=None,
    )
    return TestClient(app)


@pytest.mark.parametrize(
    ("entry", "modules"), [("wallet.js", WALLET), ("merchant.js", MERCHANT)], ids=["wallet", "shop"]
)
def test_the_modules_are_exactly_those_which_the_first_one_needs(
    entry: str, modules: tuple[str, ...]
) -> None:
    needed, open_ = {entry}, [entry]
    while open_:
        text = _SCRIPTS.joinpath(open_.pop()).read_text("utf-8")
        found = set(re.findall(r'from "\./([\w-]+\.js)"', text)) - needed
        needed |= found
        open_ += sorted(found)
    assert sorted(modules) == sorted(needed)


@pytest.mark.parametrize("home", ["/wallet", "/merchant"])
def test_what_the_worker_keeps_is_there_and_is_no_payment(
    client: TestClient[Litestar], home: str
) -> None:
    worker = client.get(f"{home}/worker.js")
    assert worker.headers["service-worker-allowed"] == home
    shell = json.loads(worker.text.splitlines()[0].removeprefix("const SHELL = ").rstrip(";"))
    for path in [shell["page"], *shell["files"]]:
        assert client.get(path).status_code == 200, path
    assert not [path for path in shell["files"] if path.startswith("/api")]


def test_a_module_of_this_version_is_kept_for_a_year_and_another_one_is_asked_for_again(
    client: TestClient[Litestar],
) -> None:
    page = client.get("/wallet").text
    (address,) = set(re.findall(r'"(/wallet/app/\w+/)wallet\.js"', page))
    module = client.get(f"{address}api.js")
    assert "immutable" in module.headers["cache-control"]
    assert module.headers["content-type"] == "text/javascript; charset=utf-8"
    assert module.text.startswith("/**")
    assert client.get("/wallet/app/older/api.js").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["page.js", "package.json", "..%2Fapi.js", "wallet-worker.js"])
def test_a_name_which_is_no_module_of_the_page_is_not_found(
    client: TestClient[Litestar], name: str
) -> None:
    assert client.get(f"/wallet/app/x/{name}").status_code == 404


def test_money_that_is_not_real_is_offered_only_in_a_demo(client: TestClient[Litestar]) -> None:
    assert "data-demo-agent" not in client.get("/wallet").text


@pytest.mark.parametrize("language", ["lo", "vi", "en"])
def test_each_address_of_a_step_answers_with_all_steps_and_their_headings(
    client: TestClient[Litestar], language: str
) -> None:
    answer = client.get("/wallet/scan", params={"lang": language})
    assert answer.status_code == 200
    sections = re.findall(r'<section class="step.*?</section>', answer.text, re.DOTALL)
    assert len(sections) == 12
    assert all(re.search("<h1[ >]", section) for section in sections)
