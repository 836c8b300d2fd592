"""With the environment that every function has, time zones come from the layer's tzdata and not from the system."""

import os
import struct
import subprocess
import sys

ASKS = "import datetime, zoneinfo; print(datetime.datetime.now(zoneinfo.ZoneInfo('Europe/Berlin')).utcoffset())"


def test_the_layers_time_zone_data_win_over_the_systems(tmp_path):
    zones = tmp_path / "tzdata" / "zoneinfo" / "Europe"
    zones.mkdir(parents=True)
    for folder in (tmp_path / "tzdata", zones.parent, zones):
        (folder / "__init__.py").touch()
    counts = struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    nine_hours = struct.pack(">lbb", 9 * 3600, 0, 0) + b"NIN\0"
    (zones / "Berlin").write_bytes(b"TZif" + bytes(16) + counts + nine_hours)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONTZPATH": ""}
    answer = subprocess.run([sys.executable, "-c", ASKS], env=environment, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "9:00:00"
