"""What every test stands on: how hard Hypothesis looks, and that it looks the same way in CI."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# A shared machine is slow now and then: a deadline per example would fail for its neighbours' sake.
settings.register_profile("ci", deadline=None, derandomize=True, max_examples=50, print_blob=True)
settings.register_profile("dev", deadline=None, max_examples=50)
settings.register_profile(
    "thorough",
    deadline=None,
    max_examples=2_500,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "dev"))

pytest_plugins = ["tests.redis_fixtures"]
