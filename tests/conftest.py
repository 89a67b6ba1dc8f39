"""Settings for all tests."""

from hypothesis import settings

settings.register_profile("course", deadline=None)  # a busy machine is no reason to fail
settings.load_profile("course")
