# PostgreSQL, through the owner of the one database. Read by backup.sh.
suffix=dump
export PGHOST="$DATABASE_HOST" PGUSER="$DATABASE_USER" PGDATABASE="$DATABASE_NAME" PGPASSWORD="$password" PGCONNECT_TIMEOUT=30

# One transaction sees the database as it was at its start, while others go on writing. The format is compressed in itself.
dump() {
  pg_dump --no-password --format=custom --file="$1"
}

# Turned into SQL and thrown away: the list of contents alone is whole even where the data after it break off.
check() {
  pg_restore --file=/dev/null "$1"
}

# All or nothing.
restore() {
  pg_restore --no-password --clean --if-exists --exit-on-error --single-transaction --dbname="$DATABASE_NAME" "$1"
}
