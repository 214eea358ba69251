"""What the web itself can fail with: only that we made a mistake."""

from __future__ import annotations

from nagara.kernel.errors import Fault


class Broken(Fault):
    """Something that we did not foresee; the log has its trace."""

    code, slug = 7101, "web.broken"
