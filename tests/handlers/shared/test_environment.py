from __future__ import annotations

import pytest

from handlers.shared import environment


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_or_empty_variable_is_an_error_that_names_it(monkeypatch, value):
    monkeypatch.delenv("QUEUE_URL", raising=False) if value is None else monkeypatch.setenv("QUEUE_URL", value)
    with pytest.raises(environment.MissingVariableError, match="QUEUE_URL"):
        environment.required("QUEUE_URL")


def test_numbers_and_flags_say_what_is_allowed(monkeypatch):
    monkeypatch.setenv("CALLS", "0")
    monkeypatch.setenv("FLAG", "yes")
    with pytest.raises(ValueError, match="CALLS is '0'; allowed is a whole number from 1"):
        environment.whole_number("CALLS", minimum=1)
    with pytest.raises(ValueError, match="FLAG is 'yes'; allowed are true and false"):
        environment.flag("FLAG")
    monkeypatch.setenv("CALLS", "16")
    monkeypatch.setenv("FLAG", "false")
    assert environment.whole_number("CALLS", minimum=1) == 16
    assert environment.flag("FLAG") is False
