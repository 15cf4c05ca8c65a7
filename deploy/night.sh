#!/bin/bash
# One night: import what visits confirmed and what the branches sent, publish, reconcile, verify. It stops at the first step that
# fails, and its exit status is that of the step, so that the timer's failure is seen (systemctl --failed, OnFailure=).
set -euo pipefail

bin=${RONGZI_BIN:-/opt/rongzi/.venv/bin}
archive=${RONGZI_ARCHIVE:-/srv/archive}
inbox=${RONGZI_INBOX:-/srv/inbox}
home=${RONGZI_HOME:?}
day=${1:-$(TZ=Asia/Shanghai date +%F)}

mkdir -p "$home/reports"
# What officers confirmed by visits, before a branch's newer row of the same plot or member. The files hold personal
# data.
if [ -d "$archive" ]; then
    "$bin/rongzi" visits --archive "$archive" --out "$home/visits" --home "$home"
fi
if [ -d "$home/visits" ]; then
    "$bin/rongzi" import "$home/visits" --archive "$archive" --home "$home" --report "$home/reports/visits-$day.json"
    rm -r "$home/visits"
fi
# An inbox without files is a night without an import, and not a fault.
if [ -n "$(find "$inbox" -type f -print -quit)" ]; then
    "$bin/rongzi" import "$inbox" --archive "$archive" --home "$home" --report "$home/reports/import-$day.json"
fi
# The console hands quarantine files back: the service's group may read them, as it reads editions.
for folder in "$home/imports" "$home/quarantine"; do
    [ ! -d "$folder" ] || chmod -R g+rX "$folder"
done
"$bin/rongzi" whitelist --archive "$archive" --as-of "$day" --out "$home/reports/whitelist-$day.parquet" --home "$home"
# Differences are for people in the morning, and no fault of the night.
"$bin/rongzi" reconcile --archive "$archive" --as-of "$day" --home "$home" > "$home/reports/reconcile-$day.txt"
"$bin/rongzi" person expire --home "$home"
"$bin/rongzi" verify-ledger --home "$home"
