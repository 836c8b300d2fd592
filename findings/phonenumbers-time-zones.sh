#!/usr/bin/env bash
# phonenumbers 9.0.43 (the newest, November 2026): time zones of numbers, for whoever must leave somebody's night in peace.
#
# Guess: a landline in Dublin is in Europe/Dublin; a number of Kazakhstan is in zones of Kazakhstan; a number's zones are names that the
#   tz database counts as its own, since the library gives Europe/Kyiv and not Europe/Kiev.
# Seen: all of Ireland is in Guernsey, the Isle of Man and London, and never in Europe/Dublin (whose summer time is the tz database's
#   standard time); a mobile of Kazakhstan may be in 16 zones up to Asia/Anadyr, those of all countries with +7, though the library knows its
#   region; India's zone is Asia/Calcutta, a backward link. So a zone cannot be held against a country's list of zones.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check phonenumbers==9.0.43
venv/bin/python - > seen <<'PY'
import phonenumbers
from phonenumbers import timezone

for text in ("+35316710000", "+77011234567", "+919876543210", "+380441234567"):
    number = phonenumbers.parse(text)
    zones = timezone.time_zones_for_number(number)
    print(phonenumbers.region_code_for_number(number), len(zones), *zones[:3])
PY
cat seen
diff seen - <<'TXT'
IE 3 Europe/Guernsey Europe/Isle_of_Man Europe/London
KZ 16 Asia/Almaty Asia/Anadyr Asia/Aqtobe
IN 1 Asia/Calcutta
UA 1 Europe/Kyiv
TXT
