"""A module for each group of commands: its name is the group's (`event_database` is `event-database`), `COMMANDS` the commands."""
