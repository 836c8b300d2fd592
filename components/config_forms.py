"""What each pattern of a config field asks for, in words: no message shows a regular expression."""

FUNCTION_ARN = "the ARN of a Lambda function, without a version"
TEMPLATE = "1 to 128 letters, digits, - and _, the first a letter or digit"

FORMS = {
    r"^[0-9a-f]{32}$": "32 digits and letters a to f, in quotes where they are all digits",
    r"^[A-Za-z0-9_-]{0,64}$": "at most 64 letters, digits, - and _",
    r"^[A-Za-z0-9_-]{1,64}$": "1 to 64 letters, digits, - and _",
    r"^(\+[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9_-]{1,11})$": 'in quotes, a phone number ("+12065550100"), a short code of '
    "3 to 8 digits, or a sender id of at most 11 letters, digits, - and _",
    r"^[a-z]{2}(-[a-z]+)+-\d$": "a Region, such as eu-west-1",
    r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)?$": "STACK, or ORGANIZATION/PROJECT/STACK",
    r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$": "the name of a bucket: 3 to 63 lower-case letters, digits, - and .",
    r"^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+$": "the ARN of a KMS key (no alias)",
    r"^[^*?$]*$": "a key prefix without *, ? and $",
    r"^[A-Za-z0-9_@-]{1,256}$": "1 to 256 letters, digits, _, @ and -",
    r"^arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+$": FUNCTION_ARN,
    r"^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+$": FUNCTION_ARN,
    r"^[a-z][a-z0-9-]{0,23}$": "at most 24 lower-case letters, digits and -, the first a letter",
    r"^(rate|cron|at)\(.+\)$": "rate(...), cron(...) or at(...)",
    r"^(rate|cron)\(.+\)$": "rate(...) or cron(...)",
    r"^(Id|Address|User\.UserId|(Attributes|User\.UserAttributes)\..{1,50})$": "Id, Address, User.UserId, Attributes.NAME "
    "or User.UserAttributes.NAME",
    r"^[A-Za-z0-9_.-]{3,255}$": "3 to 255 letters, digits, _, . and -",
    r"^[^/\x00-\x1f]*$": "a name without / and control characters",
    r"^(Demographic\.Locale|(Attributes|User\.UserAttributes)\..{1,50})$": "Demographic.Locale, Attributes.NAME or "
    "User.UserAttributes.NAME",
    r"^[a-z]{2,8}(-[a-z0-9]{1,8})*$": "a language in lower case, such as en or pt-br",
    r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$": "an id such as "
    "00000000-0000-4000-8000-000000000001, the last part of the ARN",
    r"^phone-number-id-[0-9a-zA-Z]{1,99}$": "phone-number-id- and up to 99 letters and digits",
    r"^[a-z0-9_]{1,512}$": "1 to 512 lower-case letters, digits and _",
    r"^[a-z]{2,3}(_[A-Z]{2,3})?$": "a language such as de or en_US",
    r"^v\d{1,3}\.\d$": "a version such as v20.0",
    r"^[^/].*$": "a key that does not begin with /",
    r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$": "a domain in lower case, such as www.example.com",
    r"^Z[A-Z0-9]+$": "the id of a hosted zone, such as Z2FDTNDATAQYW2",
    r"^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate/.+$": "the ARN of a certificate in us-east-1",
    r"^[a-z][a-z0-9_]{0,127}$": "at most 128 lower-case letters, digits and _, the first a letter",
    r"^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$": TEMPLATE,
    r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$": "the ARN of a topic that is not FIFO",
    r"^arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[A-Za-z0-9+=,.@_/-]{1,512}$": "the ARN of an IAM policy, such as "
    "arn:PARTITION:iam::ACCOUNT:policy/NAME",
    r"^/([A-Za-z0-9+=,.@_-]+/)*$": "a path that begins and ends with /, such as /marketing/",
    r"^([a-z][a-z0-9-]{0,19})?$": "at most 20 lower-case letters, digits and -, the first a letter; or nothing",
    r"^subnet-[0-9a-f]{8,17}$": "the id of a subnet, such as subnet-0123456789abcdef0",
    r"^sg-[0-9a-f]{8,17}$": "the id of a security group, such as sg-0123456789abcdef0",
}
"""By the pattern as the field has it."""
