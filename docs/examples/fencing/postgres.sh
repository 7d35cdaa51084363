#!/bin/sh
# Writes to PostgreSQL within the fence: each transaction of a leader begins with take_fence().
#
#   postgres.sh setup                         once, by the owner of the database
#   tenure run service/stock/leader -- postgres.sh set apples 12
#
# psql finds the database by PGHOST, PGDATABASE, ... Exit code 3: fenced, or another error of SQL.
set -eu

sql() { psql -X -q -v ON_ERROR_STOP=1 "$@"; }

usage() {
  echo "usage: postgres.sh setup | set ITEM PIECES" >&2
  exit 64
}

case ${1-} in
setup)
  sql <<'SQL'
CREATE TABLE fences (resource text PRIMARY KEY, fence bigint NOT NULL);
CREATE TABLE stock (item text PRIMARY KEY, pieces integer NOT NULL);

-- Takes the row's lock until the end of the transaction. A later leader waits for it, and what it
-- writes comes after. An earlier leader finds a greater fence, and its transaction fails.
CREATE FUNCTION take_fence(which text, mine bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO fences VALUES (which, mine)
    ON CONFLICT (resource) DO UPDATE SET fence = excluded.fence
    WHERE fences.fence <= excluded.fence;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'fenced: a later leader has written to %', which;
  END IF;
END $$;
SQL
  ;;
set)
  [ $# -eq 3 ] || usage
  sql -v item="$2" -v pieces="$3" -v fence="$TENURE_FENCE" <<'SQL'
BEGIN;
SELECT take_fence('stock', :'fence') \g /dev/null
INSERT INTO stock VALUES (:'item', :'pieces')
  ON CONFLICT (item) DO UPDATE SET pieces = excluded.pieces;
COMMIT;
SQL
  ;;
*) usage ;;
esac
