"""The components with the longest names, an error showing, and nothing there yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from jinja2 import ChoiceLoader, DictLoader
from litestar import Litestar, Request, Response, get
from litestar.di import NamedDependency

from nagara.kernel.profile import load_profile
from nagara.web.pages import Pages, page_router, security_headers
from tests.browser.screen import Screen

_NAME = "ທ້າວ ຄຳຫຼ້າ ວົງສະຫວັນພັນທະວົງໄຊຍະສານສົມບັດ"
_SHOP = "Cửa hàng tạp hóa Nguyễn Thị Phương Thảo, chợ Đông Ba, thành phố Huế"
_HEAD = """{% extends "base.html" %}
{% from "components.html" import amount, button, card, error_summary, field, notice, nothing_yet,
  result, whose %}
{% block title %}x{% endblock %}"""
_FORM = (
    _HEAD
    + """{% block whose %}{{ whose(name, shop) }}{% endblock %}
{% block main %}
{{ error_summary([("sum", name), ("note", shop)]) }}
<h1>{{ shop }}</h1>
<p>{{ amount(98765432100, size="huge") }}</p>
<form class="panel stack">
{{ field("sum", name, value="25.000", hint=shop, error=shop, suffix="₭", big=true,
  inputmode="numeric") }}
{{ field("note", shop) }}
</form>
{% for kind in ["plain", "success", "warning", "danger"] %}
{% call notice(kind, name) %}<p>{{ shop }}</p>{% endcall %}
{% endfor %}
<ul class="cards">
{{ card(name, shop, href="/", icon_name="store", aside=amount(-98765432100),
  aside_detail="12:04") }}
{{ card(shop, name, icon_name="user", aside=amount(25000, sign=true)) }}
</ul>
<div class="panel">{{ nothing_yet(name) }}</div>
<div class="actions">{{ button(name, icon_name="send") }}{{ button(name, kind="quiet") }}
{{ button(shop, kind="danger") }}</div>
{% endblock %}"""
)
_RESULT = (
    _HEAD
    + """{% block main %}
{% call result(state, word, 98765432100, detail=shop) %}
<a class="button button--primary" href="/">{{ name }}</a>
<a class="button button--quiet" href="/">{{ name }}</a>
{% endcall %}
{% endblock %}"""
)
_WORDS = {"success": "ຈ່າຍແລ້ວ", "failure": "ບໍ່ໄດ້ຈ່າຍ", "waiting": "ກຳລັງສົ່ງ"}


@get("/form")
async def form(request: Request[Any, Any, Any], pages: NamedDependency[Pages]) -> Response[bytes]:
    return pages.render(request, "form", name=_NAME, shop=_SHOP)


@get("/{kind:str}")
async def outcome(
    request: Request[Any, Any, Any], pages: NamedDependency[Pages]
) -> Response[bytes]:
    state = request.path_params["kind"]
    return pages.render(request, "result", state=state, word=_WORDS[state], name=_NAME, shop=_SHOP)


@pytest.fixture(scope="module")
def address(serve: Callable[[Litestar], str]) -> str:
    pages = Pages(load_profile("la"), demo=True)
    for environment in pages._environments.values():
        packaged = environment.loader
        assert packaged is not None
        environment.loader = ChoiceLoader(
            [DictLoader({"form": _FORM, "result": _RESULT}), packaged]
        )
    app = Litestar(
        [page_router(pages, [form, outcome]), pages.assets.handler()],
        before_send=[security_headers],
        openapi_config=None,
    )
    return serve(app)


@pytest.mark.parametrize("dark", [False, True], ids=["day", "dark"])
@pytest.mark.parametrize("name", ["form", *_WORDS])
def test_components_bear_the_longest_names(
    address: str,
    page_at: Callable[..., Screen],
    name: str,
    *,
    dark: bool,
) -> None:
    screen = page_at(390, dark=dark)
    screen.page.goto(f"{address}/{name}")
    screen.assert_sound_at_each_width(f"components-{name}{'-dark' if dark else ''}")


def test_focus_moves_to_the_word_of_a_result(address: str, page_at: Callable[..., Screen]) -> None:
    screen = page_at(390)
    screen.page.goto(f"{address}/success")
    assert screen.page.evaluate("document.activeElement.textContent") == _WORDS["success"]
