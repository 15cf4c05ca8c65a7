#!/bin/sh
# The account of the service, made when the database is; `rongzi upgrade-ledger` gives it its rights.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set password="$(cat /run/secrets/service-password)" <<'SQL'
CREATE ROLE rongzi LOGIN PASSWORD :'password';
SQL
