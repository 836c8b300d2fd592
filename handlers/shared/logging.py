"""One structured logger for all handlers: Powertools' Logger, which takes its service name and level from the
function's environment (POWERTOOLS_SERVICE_NAME, POWERTOOLS_LOG_LEVEL).

Logs name ids and counts. Addresses, names and message text are for DEBUG at most; whole events are for nowhere.
"""

from aws_lambda_powertools import Logger

logger = Logger()
