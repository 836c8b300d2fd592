"""What moto knows of its own classes stays true when the sandbox adds to them."""

from tests.handlers import moto_methods


class Responses:
    def get_app(self): ...


def test_a_method_that_a_class_gets_after_the_first_look_is_found():
    assert "send_messages" not in moto_methods.names(Responses)
    Responses.send_messages = lambda self: None
    assert {"get_app", "send_messages"} <= set(moto_methods.names(Responses))


def test_the_methods_are_looked_for_once():
    assert moto_methods.names(Responses) is moto_methods.names(Responses)
