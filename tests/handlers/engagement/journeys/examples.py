"""Journeys as users built them in Amazon Pinpoint, with entry from segments, and from an event."""

from __future__ import annotations

from typing import Any


def event(activity: str, *types: str) -> dict[str, Any]:
    return {
        "EventCondition": {
            "MessageActivity": activity,
            "Dimensions": {"EventType": {"DimensionType": "INCLUSIVE", "Values": list(types)}},
        }
    }


def start(segment: str) -> dict[str, Any]:
    return {"SegmentStartCondition": {"SegmentId": segment}}


WELCOME: dict[str, Any] = {
    "Name": "welcome",
    "State": "ACTIVE",
    "StartActivity": "hello",
    "RefreshFrequency": "PT1H",
    "StartCondition": start("S-new"),
    "Limits": {"EndpointReentryCap": 1},
    "Activities": {
        "hello": {"EMAIL": {"TemplateName": "welcome1", "NextActivity": "pause"}},
        "pause": {"Wait": {"WaitTime": {"WaitFor": "P3D"}, "NextActivity": "opened"}},
        "opened": {
            "ConditionalSplit": {
                "Condition": {
                    "Operator": "ANY",
                    "Conditions": [event("hello", "_email.open"), event("hello", "_email.click")],
                },
                "EvaluationWaitTime": {"WaitFor": "PT1H"},
                "TrueActivity": "tips",
                "FalseActivity": "again",
            }
        },
        "tips": {"EMAIL": {"TemplateName": "welcome2"}},
        "again": {"EMAIL": {"TemplateName": "welcome1b"}},
    },
}
CART: dict[str, Any] = {
    "Name": "cart",
    "State": "ACTIVE",
    "StartActivity": "hour",
    "Limits": {"EndpointReentryCap": 0, "EndpointReentryInterval": "P1D"},
    "StartCondition": {
        "EventStartCondition": {
            "SegmentId": "S-shoppers",
            "EventFilter": {
                "FilterType": "ENDPOINT",
                "Dimensions": {
                    "EventType": {"DimensionType": "INCLUSIVE", "Values": ["cart.updated"]},
                    "Attributes": {"store": {"AttributeType": "INCLUSIVE", "Values": ["web", "app"]}},
                    "Metrics": {"total": {"ComparisonOperator": "GREATER_THAN_OR_EQUAL", "Value": 20.0}},
                },
            },
        }
    },
    "Activities": {
        "hour": {"Wait": {"WaitTime": {"WaitFor": "PT1H"}, "NextActivity": "still"}},
        "still": {
            "ConditionalSplit": {
                "Condition": {
                    "Operator": "ALL",
                    "Conditions": [
                        {
                            "segmentDimensions": {
                                "Attributes": {"HasShoppingCart": {"AttributeType": "INCLUSIVE", "Values": ["true"]}}
                            }
                        }
                    ],
                },
                "TrueActivity": "remind",
            }
        },
        "remind": {"EMAIL": {"TemplateName": "cart"}},
    },
}
WINBACK: dict[str, Any] = {
    "Name": "winback",
    "State": "ACTIVE",
    "StartActivity": "control",
    "StartCondition": start("S-quiet"),
    "Activities": {
        "control": {"Holdout": {"Percentage": 10, "NextActivity": "mail"}},
        "mail": {
            "EMAIL": {
                "TemplateName": "miss-you",
                "MessageConfig": {"FromAddress": "shop@example.org"},
                "NextActivity": "look",
            }
        },
        "look": {
            "MultiCondition": {
                "EvaluationWaitTime": {"WaitFor": "P7D"},
                "Branches": [
                    {"Condition": event("mail", "_email.hardbounce", "_email.complaint"), "NextActivity": "note"},
                    {"Condition": event("mail", "_email.open")},
                ],
                "DefaultActivity": "variant",
            }
        },
        "variant": {
            "RandomSplit": {
                "Branches": [
                    {"Percentage": 50, "NextActivity": "ten"},
                    {"Percentage": 50, "NextActivity": "twenty"},
                ]
            }
        },
        "ten": {"EMAIL": {"TemplateName": "coupon10"}},
        "twenty": {"EMAIL": {"TemplateName": "coupon20"}},
        "note": {
            "CUSTOM": {
                "DeliveryUri": "arn:aws:lambda:us-east-1:000000000001:function:note",
                "EndpointTypes": ["EMAIL"],
                "MessageConfig": {"Data": "bad-address"},
            }
        },
    },
}
APPOINTMENT: dict[str, Any] = {
    "Name": "appointment",
    "State": "ACTIVE",
    "StartActivity": "ask",
    "StartCondition": start("S-due"),
    "Activities": {
        "ask": {
            "CUSTOM": {
                "DeliveryUri": "arn:aws:lambda:us-east-1:000000000001:function:calendar",
                "EndpointTypes": ["SMS", "EMAIL"],
                "MessageConfig": {"Data": "lookup"},
                "NextActivity": "state",
            }
        },
        "state": {
            "ConditionalSplit": {
                "Condition": {
                    "Operator": "ALL",
                    "Conditions": [
                        {
                            "EventCondition": {
                                "MessageActivity": "ask",
                                "Dimensions": {
                                    "Attributes": {"slot": {"AttributeType": "INCLUSIVE", "Values": ["open"]}}
                                },
                            }
                        }
                    ],
                },
                "EvaluationWaitTime": {"WaitFor": "PT15M"},
                "TrueActivity": "text",
            }
        },
        "text": {
            "SMS": {
                "TemplateName": "reminder",
                "MessageConfig": {"MessageType": "TRANSACTIONAL", "SenderId": "CLINIC"},
                "NextActivity": "failed",
            }
        },
        "failed": {
            "ConditionalSplit": {"Condition": {"Conditions": [event("text", "_SMS.FAILURE")]}, "TrueActivity": "call"}
        },
        "call": {
            "CUSTOM": {
                "DeliveryUri": "arn:aws:lambda:us-east-1:000000000001:function:call",
                "EndpointTypes": ["SMS"],
                "MessageConfig": {"Data": "voice"},
            }
        },
    },
}
ALL = (WELCOME, CART, WINBACK, APPOINTMENT)
