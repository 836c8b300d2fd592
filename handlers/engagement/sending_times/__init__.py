"""When a message may reach somebody: time zones of endpoints, quiet time, open hours, closed days."""
