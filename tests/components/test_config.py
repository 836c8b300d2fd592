"""What config refuses before anything is registered."""

import pytest
from pulumi.runtime import set_all_config

from components import config


class Model(config.ArchitectureConfig):
    """Any architecture's."""


def test_a_key_that_holds_a_secret_is_refused_without_its_value():
    set_all_config({"engagement:one": '{"enabled": true, "name": "hush-hush"}'}, ["engagement:one"])
    try:
        with pytest.raises(config.ConfigError, match="engagement:one: holds a secret") as raised:
            config.load({"one": Model})
    finally:
        set_all_config({})
    assert "hush-hush" not in str(raised.value)
