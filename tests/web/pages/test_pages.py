"""What the pages answer over HTTP: attacks first, then weight, languages, the operator's door."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from nagara.web.pages import SECURITY_HEADERS, SESSION_COOKIE
from tests.web.pages.sample import CODE, WORN_OUT, Sample, country

_Client = TestClient[Litestar]
_PAGE_BYTES_MAX = 100_000
_HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def sample() -> Sample:
    return country()


@pytest.fixture
def client(sample: Sample) -> Iterator[_Client]:
    with TestClient(sample.app, raise_server_exceptions=False) as opened:
        opened.follow_redirects = False
        opened.headers.update(_HTML)
        yield opened


@pytest.mark.parametrize(
    "path",
    [
        "/static/../pages/operate.py",
        "/static/%2e%2e/pages/operate.py",
        "/static/vendor/govuk-frontend/LICENSE",
        "/static/vendor/govuk-frontend/govuk.scss",
        "/static//etc/passwd",
        "/static/",
        "/static/css",
    ],
)
def test_nothing_but_the_known_files_is_served(client: _Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/operate", "/docs", "/none", "/trouble/broken", "/static/x"]
)
def test_every_answer_carries_the_policy(client: _Client, path: str) -> None:
    answer = client.get(path)
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_what_a_refusal_repeats_is_escaped(client: _Client, text: str) -> None:
    answer = client.get(f"/trouble/{text.replace('/', '')}")
    assert answer.status_code == 403
    assert "<script>a" not in answer.text
    assert "<img" not in answer.text


def test_the_language_links_keep_the_query_and_escape_it(client: _Client) -> None:
    page = client.get("/", params={"a": '"><b>', "lang": "en"}).text
    assert "?a=%22%3E%3Cb%3E&amp;lang=vi" in page


def test_a_page_that_broke_says_nothing_about_how(client: _Client) -> None:
    answer = client.get("/trouble/broken")
    assert answer.status_code == 500
    assert "RuntimeError" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_from_another_site_is_refused(client: _Client, headers: dict[str, str]) -> None:
    answer = client.post("/operate/session", data={"code": CODE}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("code", ["", " ", "0", CODE + "0", "' OR 1=1 --", "x" * 64])
def test_a_wrong_code_opens_nothing_and_is_not_repeated(client: _Client, code: str) -> None:
    answer = client.post("/operate/session", data={"code": code})
    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers
    assert 'value=""' in answer.text


def test_a_code_over_the_limit_is_refused_before_it_is_looked_at(client: _Client) -> None:
    assert client.post("/operate/session", data={"code": "x" * 65}).status_code == 400


def test_too_many_tries_are_told_how_long_to_wait(client: _Client) -> None:
    answer = client.post("/operate/session?lang=en", data={"code": WORN_OUT})
    assert answer.status_code == 429
    assert "Wait 30 seconds" in answer.text


def test_the_board_is_not_shown_without_a_session(client: _Client) -> None:
    client.cookies.set(SESSION_COOKIE, "made-up")
    assert "verdict" not in client.get("/operate").text
    answer = client.get("/operate/board")
    assert (answer.status_code, answer.content) == (401, b"")


def test_a_session_is_closed_to_scripts_and_to_other_sites(client: _Client) -> None:
    answer = client.post("/operate/session", data={"code": f" {CODE} "})
    assert answer.status_code == 303
    assert "httponly; path=/; samesite=strict" in answer.headers["set-cookie"].lower()
    assert "verdict--well" in client.get("/operate").text


def test_leaving_ends_the_session_in_the_country_too(client: _Client, sample: Sample) -> None:
    client.post("/operate/session", data={"demo": "yes"})
    session = client.cookies[SESSION_COOKIE]
    assert session in sample.operators.inside
    client.post("/operate/session/end")
    assert session not in sample.operators.inside
    assert "verdict" not in client.get("/operate").text


def test_a_real_country_has_no_demo_door_and_asks_for_tls() -> None:
    real = country(demo=False)
    with TestClient(real.app) as client:
        client.follow_redirects = False
        page = client.get("/operate").text
        assert "demo" not in page
        assert client.post("/operate/session", data={"demo": "yes"}).status_code == 422
        entered = client.post("/operate/session", data={"code": CODE})
        assert "secure" in entered.headers["set-cookie"].lower()


@pytest.mark.parametrize("path", ["/", "/operate", "/docs"])
@pytest.mark.parametrize("language", ["lo", "vi", "en"])
def test_a_page_weighs_at_most_100_kb_with_all_that_it_brings(
    client: _Client, path: str, language: str
) -> None:
    client.post("/operate/session", data={"demo": "yes"})
    page = client.get(path, params={"lang": language})
    weight = len(gzip.compress(page.content))
    for brought in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)):
        answer = client.get(brought)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        weight += int(answer.headers["content-length"])
        fonts = re.findall(r'url\("\.\./(fonts/[^"]+)"\)', answer.text)
        weight += sum(
            int(client.get(f"/static/{font}").headers["content-length"]) for font in fonts
        )
    assert 20_000 < weight <= _PAGE_BYTES_MAX


def test_a_file_is_not_sent_again_while_it_is_the_same(client: _Client) -> None:
    first = client.get("/static/css/nagara.css")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/static/css/nagara.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("code", ["la", "vn"])
def test_the_first_language_of_the_profile_is_the_default(code: str) -> None:
    with TestClient(country(code).app) as client:
        answer = client.get("/")
        assert answer.headers["content-language"] == {"la": "lo", "vn": "vi"}[code]
        assert "set-cookie" not in answer.headers
        assert "nagara_lang=en" in client.get("/?lang=en").headers["set-cookie"]
        assert client.get("/").headers["content-language"] == "en"


def test_the_reference_names_each_call_and_links_its_shapes(client: _Client) -> None:
    page = client.get("/docs").text
    assert "/api/payments/v1/accounts/{account}" in page
    assert '<a href="#shape-Account">' in page
    assert "Whole minor units." in page
    assert "/operate" not in page.partition("<main")[2]
