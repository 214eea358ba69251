"""How every property of the repository is tried: bounded, never timed, and easy to try again."""

from itertools import count

from hypothesis import HealthCheck, settings

settings.register_profile(
    "house",
    max_examples=100,
    deadline=None,  # the machine may be busy, and a slow example is no wrong example
    print_blob=True,  # what failed elsewhere can be run here
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


_numbers = count(1)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Cases with material made by chance (keys, tokens) are named by their place in the run.

    Else two test processes would name the same case differently, and pytest-xdist would stop.
    """
    is_material = isinstance(val, bytes | dict | list) or type(val) is object
    return f"{argname}-{next(_numbers)}" if is_material else None
