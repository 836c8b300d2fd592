"""Which columns an import file may have, and what its rows make of an endpoint."""

from __future__ import annotations

import pytest

from handlers.shared.records.dialect import Dialect, Place
from handlers.shared.records.endpoint_columns import (
    CHANNEL_TYPES,
    Columns,
    Header,
    checked_choice,
    checked_number,
    csv_columns,
    is_known,
)
from handlers.shared.records.errors import FileError, RowError
from handlers.shared.records.reading import Record

FIXED = [
    "Id", "Address", "ChannelType", "OptOut", "RequestId", "EffectiveDate",
    "Location.City", "Location.Country", "Location.Latitude", "Location.Longitude",
    "Location.PostalCode", "Location.Region",
    "Demographic.AppVersion", "Demographic.Locale", "Demographic.Make", "Demographic.Model", "Demographic.ModelVersion",
    "Demographic.Platform", "Demographic.PlatformVersion", "Demographic.Timezone",
    "User.UserId",
]  # fmt: skip
NAMED = ["Attributes.a", "Attributes.a.b", "Metrics.m", "User.UserAttributes.u", "User.UserAttributes.u.v"]
UNKNOWN = [
    "id", "address", "Attributes", "Attributes.", "Metrics", "Metrics.", "User", "User.", "User.UserAttributes",
    "User.UserAttributes.", "User.Name",
    "Location", "Location.", "Location.Street", "Location.Make", "Demographic", "Demographic.City", "Demographic.",
    "Other", "Other.City", ".City",
]  # fmt: skip


def endpoint(header, *values, dialect=None):
    return Columns(header.split(","), dialect).endpoint(list(values))


def refused(header, *values, dialect=None):
    with pytest.raises(RowError) as raised:
        endpoint(header, *values, dialect=dialect)
    return str(raised.value)


def unusable(header, dialect=None):
    with pytest.raises(FileError) as raised:
        Columns(header.split(","), dialect)
    return str(raised.value)


@pytest.mark.parametrize("name", [*FIXED, *NAMED])
def test_a_column_of_a_name_that_endpoints_have_is_known(name):
    assert is_known(name) is True and Header().knows(name)
    assert unusable(f"{name}x" if name in FIXED else f"X{name}").startswith("the header has the unknown column")


@pytest.mark.parametrize("name", ["", *UNKNOWN])
def test_no_other_column_is(name):
    assert is_known(name) is False and not Header().knows(name)


@pytest.mark.parametrize(
    ("names", "complete"),
    [
        (["Address"], True),
        (["Id"], True),
        (["User.UserId"], True),
        (["Id", "Attributes.a"], True),
        (["Attributes.a", "ChannelType"], False),
        (["Address", "+12065550100"], False),
        ([], False),
    ],
)
def test_a_header_is_whole_where_it_names_whom_its_rows_are_about_and_nothing_unknown(names, complete):
    assert Header().is_complete(names) is complete


@pytest.mark.parametrize(
    ("column", "value", "made"),
    [
        ("Attributes.a.b", "1", {"Attributes": {"a.b": ["1"]}}),
        ("Metrics.m", "1.5", {"Metrics": {"m": 1.5}}),
        ("User.UserId", "u", {"User": {"UserId": "u"}}),
        ("User.UserAttributes.u.v", "w", {"User": {"UserAttributes": {"u.v": ["w"]}}}),
        ("Location.City", "Rome", {"Location": {"City": "Rome"}}),
        ("Location.PostalCode", "00184", {"Location": {"PostalCode": "00184"}}),
        ("Location.Latitude", "41.9", {"Location": {"Latitude": 41.9}}),
        ("Location.Longitude", "-12", {"Location": {"Longitude": -12.0}}),
        ("Demographic.Make", "Acme", {"Demographic": {"Make": "Acme"}}),
        ("Metrics.Latitude", "2", {"Metrics": {"Latitude": 2.0}}),
        ("Attributes.Latitude", "2", {"Attributes": {"Latitude": ["2"]}}),
        ("OptOut", "ALL", {"OptOut": "ALL"}),
        ("OptOut", "NONE", {"OptOut": "NONE"}),
        ("RequestId", " r ", {"RequestId": " r "}),
        ("EffectiveDate", "2027-01-04", {"EffectiveDate": "2027-01-04"}),
        ("Address", " +12065550100\t", {"Address": "+12065550100"}),
        ("Address", " ", {}),
        ("Attributes.a", "", {}),
        ("Metrics.m", "", {}),
        ("OptOut", "", {}),
    ],
)
def test_a_value_goes_where_its_column_says_and_an_empty_one_nowhere(column, value, made):
    assert endpoint(f"Id,ChannelType,{column}", "e1", "EMAIL", value) == {"Id": "e1", "ChannelType": "EMAIL", **made}


def test_columns_of_one_attribute_give_it_several_values_and_groups_are_filled_together():
    header = "Id,Attributes.a,Attributes.a,Attributes.b,User.UserId,User.UserAttributes.c,User.UserAttributes.c"
    assert endpoint(header, "e1", "1", "2", "3", "u", "4", "5") == {
        "Id": "e1",
        "Attributes": {"a": ["1", "2"], "b": ["3"]},
        "User": {"UserId": "u", "UserAttributes": {"c": ["4", "5"]}},
    }
    assert endpoint("Id,Metrics.m,Metrics.n,Location.City,Location.Latitude", "e1", "1", "2", "Rome", "3") == {
        "Id": "e1",
        "Metrics": {"m": 1.0, "n": 2.0},
        "Location": {"City": "Rome", "Latitude": 3.0},
    }


@pytest.mark.parametrize(
    "channel",
    ["PUSH", "GCM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "ADM", "SMS", "VOICE", "EMAIL", "BAIDU",
     "CUSTOM", "IN_APP"],
)  # fmt: skip
def test_every_channel_of_pinpoint_may_be_imported(channel):
    assert endpoint("Address,ChannelType", "a", channel) == {"Address": "a", "ChannelType": channel}


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("ChannelType", "sms", f"ChannelType is 'sms'; allowed are {', '.join(CHANNEL_TYPES)}"),
        ("OptOut", "all", "OptOut is 'all'; allowed are ALL, NONE"),
        ("OptOut", "x" * 60, f"OptOut is '{'x' * 40}'; allowed are ALL, NONE"),
        ("Metrics.m", "much", "Metrics.m is 'much'; allowed is a number"),
        ("Metrics.m", "nan", "Metrics.m is 'nan'; allowed is a number"),
        ("Metrics.m", "y" * 60, f"Metrics.m is '{'y' * 40}'; allowed is a number"),
        ("Location.Latitude", "inf", "Location.Latitude is 'inf'; allowed is a number"),
    ],
)
def test_a_value_that_cannot_be_refuses_its_row_and_is_told_with_what_is_allowed(column, value, told):
    assert refused(f"Id,{column}", "e1", value) == told


@pytest.mark.parametrize(("value", "number"), [("2", 2.0), (2.5, 2.5), (0, 0.0), (" -1e3 ", -1000.0)])
def test_a_number_may_be_one_or_its_text(value, number):
    assert checked_number("m", value) == number


@pytest.mark.parametrize(
    "value", [None, "", "1,5", [1], {"age": 7}, True, False, float("nan"), float("-inf"), "1e999", 10**400]
)
def test_nothing_else_is_a_number(value):
    with pytest.raises(RowError, match=r"^m is ['\"].*['\"]; allowed is a number$"):
        checked_number("m", value)


def test_a_choice_is_one_of_those_allowed_to_the_letter():
    assert checked_choice("n", "b", ("a", "b")) == "b"
    for value in (5, "", "B", ["b"], {"b": 1}, None):
        with pytest.raises(RowError, match=r"^n is ['\"].*['\"]; allowed are a, b$"):
            checked_choice("n", value, ("a", "b"))


@pytest.mark.parametrize(
    ("header", "values", "told"),
    [
        ("Id,Address,ChannelType", ("1.4E+10", "+12065550100", "SMS"), "Id"),
        ("Id,Address,ChannelType", ("1.4E+10", "a@example.org", "EMAIL"), "Id"),
        ("Id", ("1.4E+10",), "Id"),
        ("Address,ChannelType", ("1.42568E+10", "SMS"), "Address"),
        ("Address,ChannelType", ("1.42568E+10", "VOICE"), "Address"),
        ("User.UserId", ("1.42568E+10",), "User.UserId"),
        ("User.UserId", ("1E10",), ""),
        ("Id,Address,ChannelType", ("+1", "+12065550100", "SMS"), ""),
        ("Address,ChannelType", ("1.42568E+10", "EMAIL"), ""),
        ("Id,Address,ChannelType", ("1E10", "e1", "CUSTOM"), ""),
        ("Id,User.UserAttributes.a", ("e1", "1.4E+10"), ""),
        ("Id,Attributes.a,User.UserId", ("e1", "1.4E+10", "u"), ""),
    ],
)
def test_a_number_that_a_spreadsheet_has_rounded_refuses_the_row_where_it_says_who_is_meant(header, values, told):
    if told:
        assert refused(header, *values).startswith(f"{told} is in scientific notation")
    else:
        assert endpoint(header, *values)


def test_a_row_may_lack_values_at_its_end_and_have_blanks_behind_it_as_far_as_the_header_has():
    assert endpoint("Id,Attributes.a,OptOut", "e1") == {"Id": "e1"}
    assert endpoint("Id,OptOut,,", "e1", "ALL", "", " ") == {"Id": "e1", "OptOut": "ALL"}
    assert refused("Id,OptOut,,", "e1", "ALL", "", "x").startswith("has 4 values where the file has 2 columns")
    assert refused("Id,OptOut,", "e1", "ALL", "", "").startswith("has 4 values where the file has 2 columns")
    assert "separated by semicolons" in refused("Id", "e1", "x", dialect=Dialect(";"))


def test_names_count_without_space_around_them():
    made = Columns([" Id ", "OptOut\t", " "])
    assert made.names == ["Id", "OptOut"] and made.dialect == Dialect()
    assert made.endpoint(["e1", "NONE"]) == {"Id": "e1", "OptOut": "NONE"}


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (
            "Id,Nme",
            "the header has the unknown column 'Nme'; allowed are Id, Address, ChannelType, OptOut, RequestId, ",
        ),
        ("Id,A,B", "the header has 2 unknown columns, among them 'A', 'B'; allowed are Id, "),
        ("A,B,C,D,E,F", "the header has 6 unknown columns, among them 'A', 'B', 'C', 'D', 'E'; allowed"),
        (f"Id,{'n' * 70}", f"the header has the unknown column '{'n' * 60}'; allowed are"),
        ("Attributes.a", "the Address column is missing from the header (a file of known endpoints needs Id instead)"),
        ("Id,OptOut,Metrics.m,OptOut,Metrics.m", "the header repeats Metrics.m, OptOut; only attributes may have"),
        ("Id,User.UserId,User.UserId", "the header repeats User.UserId; only attributes may have several columns"),
        ("Address,Attributes.a", "the ChannelType column is missing from the header"),
        ("Address,User.UserId", "the ChannelType column is missing from the header"),
        ("User.UserId,Attributes.a", "the Address column is missing from the header (or leave User.UserId as its only"),
        ("ChannelType,User.UserId", "the Address column is missing from the header (or leave User.UserId as its only"),
    ],
)
def test_a_header_that_cannot_be_refuses_the_file_and_says_why(header, told):
    assert unusable(header).startswith(told)


@pytest.mark.parametrize(
    ("separator", "read"),
    [(",", ""), (";", ", read as separated by semicolons,"), ("\t", ", read as separated by tabs,")],
)
def test_an_unknown_column_is_told_with_the_separator_that_it_was_read_by_if_that_is_no_comma(separator, read):
    assert unusable("Id,Nme", Dialect(separator)).startswith(f"the header{read} has the unknown column")


@pytest.mark.parametrize(
    ("header", "only_users"),
    [
        ("User.UserId", True),
        ("Id,User.UserId", False),
        ("Id", False),
        ("Address,ChannelType", False),
        ("Address,Id", False),
    ],
)
def test_a_header_is_usable_that_names_endpoints_or_users_alone(header, only_users):
    assert Columns(header.split(",")).only_users is only_users


def record(values, problem=""):
    return Record(1, values, problem, Place(0, 1), Place(9, 2))


def test_a_file_s_columns_are_those_of_its_header_unless_that_is_unreadable():
    assert csv_columns(record(["Id", "OptOut"]), Dialect(";")).dialect == Dialect(";")
    with pytest.raises(FileError, match=r"^has a header that is not UTF-8 text$"):
        csv_columns(record(["Id"], "is not UTF-8 text"), Dialect())
