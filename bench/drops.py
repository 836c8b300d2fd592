"""What the rows about dropped files share: an environment, a file, a table."""

from __future__ import annotations

import json

BUCKET, KEY = "files", "texts/a.csv"
HEADER = b"sms_number,message,external_campaign_id,short_code,message_type,id_1,id_2\r\n"
ORIGINS = ("+12065550101", "+18005550102", "12345")
MESSAGES = ('He said ""hi"", and left', "two\nlines", "👍 and more, with a comma", "plain")
ENVIRONMENT = {
    "APPLICATION_ID": "app",
    "QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/texts.fifo",
    "LEDGER_TABLE": "ledger",
    "PREFIX": "texts/",
    "DEADLINE_HOURS": "96",
    "REMEMBERED_DAYS": "90",
    "POLL_SECONDS": "5",
    "SEND_DUPLICATES": "false",
    "RATES": json.dumps(
        {
            "types": {"LONG_CODE": 1, "TOLL_FREE": 3, "TEN_DLC": 10, "SHORT_CODE": 1000, "SENDER_ID": 10},
            "numbers": {},
        }
    ),
}


def rows(count: int, padding: int = 0) -> bytes:
    """Rows of a file, with quotes, commas, line breaks and emoji, from three numbers in turn."""
    return b"".join(
        f'+1206{n:07d},"{MESSAGES[n % len(MESSAGES)]}{"." * padding}",spring,{ORIGINS[n % 3]},PROMOTIONAL,{n},x\r\n'.encode()
        for n in range(count)
    )
