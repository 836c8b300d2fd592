"""One structured logger for all handlers: Powertools' Logger.

Its service name is POWERTOOLS_SERVICE_NAME. Its level is the function's own setting, `ApplicationLogLevel` of its logging
configuration, which Lambda hands over as AWS_LAMBDA_LOG_LEVEL and which drops what is below it; Powertools then reads no
other. Outside Lambda it is POWERTOOLS_LOG_LEVEL, or INFO.

Logs name ids and counts. Addresses, names and message text are for DEBUG at most; whole events are for nowhere.
"""

from aws_lambda_powertools import Logger

logger = Logger()
