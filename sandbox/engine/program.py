"""Runs a Pulumi program for the language host: `python -m sandbox.engine.program PROGRAM ORDER`.

ORDER is a JSON object with the members of `pulumi.runtime.Settings`. Exit code 32: what went wrong was shown already.
"""

import asyncio
import json
import sys
import traceback
from pathlib import Path

import pulumi
from pulumi.runtime import Settings, configure, get_config_env, get_config_secret_keys_env, run_in_stack, set_all_config

from sandbox.deployer.program import run_program

SHOWN = 32
"""The exit code by which Pulumi's programs say that the person knows."""


def main() -> int:
    """Runs the program. What a RunError says is all that a person sees of it; other exceptions show where."""
    program, order = Path(sys.argv[1]), json.loads(sys.argv[2])
    sys.argv = [str(program)]
    sys.path[0] = str(program if program.is_dir() else program.parent)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    set_all_config(get_config_env(), get_config_secret_keys_env())
    configure(Settings(**order))

    try:
        loop.run_until_complete(run_in_stack(lambda: run_program(program)))
    except KeyboardInterrupt:
        return SHOWN
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return SHOWN
    except Exception:  # noqa: BLE001 whatever the program raises is shown
        pulumi.log.error(f"Program failed with an unhandled exception:\n{traceback.format_exc()}")
        return SHOWN
    finally:
        loop.close()
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
