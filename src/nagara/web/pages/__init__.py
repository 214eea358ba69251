"""The pages: templates, languages, formats and the look.

How to add a page on this base:

1. A module here (`wallet.py`) with Litestar handlers. Each takes `request` and `pages`:

       @get("/wallet", include_in_schema=False)
       async def wallet(
           request: Request[Any, Any, Any], pages: NamedDependency[Pages]
       ) -> Response[bytes]:
           return pages.render(request, "wallet/home.html", errors=[], balance_minor=None)

   `pages` is the one `Pages(profile, demo=...)` of the application; `page_router(pages, handlers)`
   hands it in. `render` escapes, sets the language and refuses undefined names; a form which
   came back wrong is `status=422` with `errors=[(field id, sentence)]`. Sentences made in Python
   come from `pages.gettext(request, "...")`; a POST from a form asks `is_same_origin` first.

2. A template: `{% extends "base.html" %}`, blocks `title`, `main`, and where needed `whose`
   (the macro `whose(name, detail)`: whose page is this), `header_slot`, `page_class`, `head`,
   `scripts`, `footer`. Known in every template: `_()`, `language`, `profile`, `demo`, `formats`,
   `path`, and `asset("js/wallet.js")` for the address of a file below `static/`.
   Macros of `components.html`: `icon button field error_summary amount result notice card
   nothing_yet data_table sparkline whose`, each explained there. The page's main buttons stand
   in `<div class="actions">`, which sinks to the thumb on a phone.
   Classes: `stack`, `panel`, `cards`, `lead`, `soft`, `page--wide`, `govuk-visually-hidden`.

3. Sentences: `_("...")` or `{% trans %}` in templates, in plain English with the citizen's words;
   translations in a catalogue of your own, `locales/{lo,vi,en}/LC_MESSAGES/<persona>.po`.
   tests/web/pages/test_sentences.py names what is missing and finds texts outside gettext.
   A `%` in a sentence is written `%%`; values go in as `_("Pay %(name)s", name=name)`.
   Scripts hold no sentences: they read them from `data-` attributes or <template> elements.

4. Styles: tokens and components are in `static/css/nagara.css`; a persona's own file comes in by
   the block `head`. No inline style or script: the policy in `headers.py` forbids it. Scripts are
   modules; `import { announce, focusOnOutcome } from "./page.js"`.

5. A browser test in tests/browser/: the fixtures `serve` and `page_at`, and what
   tests/browser/screen.py offers: `assert_no_overflow`, `assert_accessible`, `take_picture`.

Not here: the API, and which status a refusal has.
"""

from nagara.web.pages.formats import Formats
from nagara.web.pages.headers import SECURITY_HEADERS, is_same_origin, security_headers
from nagara.web.pages.operate import SESSION_COOKIE, Operators
from nagara.web.pages.overview import Balance, Overview, Overviews, Part, Position, State
from nagara.web.pages.problems import (
    Problem,
    broken_page,
    missing_page,
    problem_page,
    wants_page,
)
from nagara.web.pages.routing import Country, page_router, page_routes
from nagara.web.pages.templating import Pages

__all__ = [
    "SECURITY_HEADERS",
    "SESSION_COOKIE",
    "Balance",
    "Country",
    "Formats",
    "Operators",
    "Overview",
    "Overviews",
    "Pages",
    "Part",
    "Position",
    "Problem",
    "State",
    "broken_page",
    "is_same_origin",
    "missing_page",
    "page_router",
    "page_routes",
    "problem_page",
    "security_headers",
    "wants_page",
]
