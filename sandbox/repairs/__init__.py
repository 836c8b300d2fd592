"""What the sandbox mends in MiniStack and adds to it, within MiniStack's process: nothing else imports this package's
modules that import `ministack`."""

# MiniStack lives in an environment of its own, out of the type checker's sight.
# pyright: reportMissingImports=false


def install() -> None:
    """Mends and adds everything. Called once, before MiniStack serves."""
    from sandbox.repairs import (  # noqa: PLC0415 they import MiniStack
        alarms,
        athena,
        control,
        dead_letters,
        fifo,
        firehose,
        function_code,
        function_logs,
        glue,
        iam,
        late_rights,
        move_tasks,
        notification_times,
        ses,
        ses_receiving,
        ses_sent,
        signatures,
        static_hosting,
    )

    for module in (
        alarms,
        athena,
        control,
        dead_letters,
        fifo,
        firehose,
        function_code,
        function_logs,
        glue,
        iam,
        late_rights,
        move_tasks,
        notification_times,
        ses,
        ses_receiving,
        ses_sent,
        signatures,
        static_hosting,
    ):
        module.install()
