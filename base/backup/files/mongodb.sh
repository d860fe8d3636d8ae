# MongoDB, through the user of the one database, whom it knows itself. Read by backup.sh.
suffix=archive.gz

# Not on the command line, which every process of the pod may read.
options=$scratch/mongodb.yaml
(
  umask 077
  printf 'password: "%s"\n' "$password" >"$options"
)

# The server is no replica set and has no log of operations, so what is written meanwhile may be in the dump or not, collection by
# collection.
dump() {
  mongodump --config="$options" --host="$DATABASE_HOST" --username="$DATABASE_USER" --authenticationDatabase="$DATABASE_NAME" \
    --db="$DATABASE_NAME" --archive="$1" --gzip
}

# An archive begins with its number and ends with the mark of a block's end, both of four bytes:
# https://github.com/mongodb/mongo-tools/blob/master/common/archive/spec.md
check() {
  gzip -t "$1" && [ "$(gzip -dc "$1" | head -c 4 | bytes)" = 6de29981 ] && [ "$(gzip -dc "$1" | tail -c 4 | bytes)" = ffffffff ]
}

bytes() {
  od -An -tx1 | tr -d ' \n'
}

# Each collection is dropped and made anew with its indexes; one that is not in the dump stays.
restore() {
  mongorestore --config="$options" --host="$DATABASE_HOST" --username="$DATABASE_USER" --authenticationDatabase="$DATABASE_NAME" \
    --nsInclude="$DATABASE_NAME.*" --drop --archive="$1" --gzip
}
