# MySQL, through the user of the one database: root signs in from inside the server's pod only. Read by backup.sh.
suffix=sql.gz

# Not on the command line, which every process of the pod may read.
options=$scratch/mysql.cnf
(
  umask 077
  printf '[client]\nhost=%s\nuser=%s\npassword="%s"\n' "$DATABASE_HOST" "$DATABASE_USER" "$password" >"$options"
)

# One transaction sees the database as it was at its start, while others go on writing. Tablespaces only root may read, and the
# server has none of its own. Nothing replicates, so the dump needs no transaction identifiers.
dump() {
  compressed "$1" mysqldump --defaults-extra-file="$options" --single-transaction --quick --hex-blob --routines --events \
    --no-tablespaces --set-gtid-purged=OFF "$DATABASE_NAME"
}

# mysqldump writes its last line only when it got to the end.
check() {
  gzip -t "$1" && gzip -dc "$1" | tail -n 1 | grep -q '^-- Dump completed'
}

# Each table is dropped and made anew; one that is not in the dump stays.
restore() {
  gzip -dc "$1" | mysql --defaults-extra-file="$options" "$DATABASE_NAME"
}
