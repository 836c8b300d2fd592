"""A project without a push application: messages to devices are refused with the key that is missing."""

from tests.handlers.engagement.conftest import APPLICATION as APP


def test_a_push_message_is_refused_with_the_key_that_is_missing(pinpoint):
    request = {"Addresses": {"t": {"ChannelType": "GCM"}}, "MessageConfiguration": {"GCMMessage": {"Body": "Hi"}}}
    [result] = pinpoint.send_messages(ApplicationId=APP, MessageRequest=request)["MessageResponse"]["Result"].values()
    assert result["DeliveryStatus"] == "PERMANENT_FAILURE"
    assert "set project.push.applicationId in the config of the stack that holds the project" in result["StatusMessage"]


def told_of_the_device_of(pinpoint, message):
    """What SendUsersMessages says of the endpoints of somebody who has a device."""
    endpoint = {"ChannelType": "GCM", "Address": "t", "User": {"UserId": "ada"}}
    pinpoint.update_endpoint(ApplicationId=APP, EndpointId="a", EndpointRequest=endpoint)
    request = {"Users": {"ada": {}}, "MessageConfiguration": message}
    answer = pinpoint.send_users_messages(ApplicationId=APP, SendUsersMessageRequest=request)
    return answer["SendUsersMessageResponse"]["Result"]["ada"]


def test_each_of_a_users_devices_is_told_the_key_that_is_missing(pinpoint):
    [result] = told_of_the_device_of(pinpoint, {"GCMMessage": {"Body": "Hi"}}).values()
    assert (result["DeliveryStatus"], result["Address"]) == ("PERMANENT_FAILURE", "t")
    assert "set project.push.applicationId" in result["StatusMessage"]


def test_a_users_devices_that_the_message_has_nothing_for_are_passed_over(pinpoint):
    assert told_of_the_device_of(pinpoint, {"SMSMessage": {"Body": "Hi"}}) == {}
