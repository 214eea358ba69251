"""How every property of the repository is tried: bounded, never timed, and easy to try again."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "house",
    max_examples=100,
    deadline=None,  # the machine may be busy, and a slow example is no wrong example
    print_blob=True,  # what failed elsewhere can be run here
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")
