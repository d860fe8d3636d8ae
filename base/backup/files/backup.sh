#!/bin/sh
# Keeps dumps of one database in a folder.
#
#   backup.sh backup         makes one, checks it, and removes all but the newest $BACKUP_KEEP
#   backup.sh list           shows those that there are, oldest first
#   backup.sh restore NAME   puts one back into the database, in place of what is there
#
# What differs between databases stands beside this file in $DATABASE_ENGINE.sh: the ending of a dump's name, and the functions
# dump, check and restore, each of which is given a file. Runs under the shells of four images, so it is POSIX and no more.
# Functions are called in conditions, where a shell does not heed "set -e": in them every step is tied to the next by &&.
set -eu

: "${DATABASE_ENGINE:?}" "${DATABASE_HOST:?}" "${DATABASE_NAME:?}" "${DATABASE_USER:?}"
folder=${BACKUP_FOLDER:-/backups}
scratch=${BACKUP_SCRATCH:-/tmp}
password=$(cat "${DATABASE_PASSWORD_FILE:-/etc/backup/secrets/password}")

fail() {
  echo "error: $*" >&2
  exit 1
}

# Runs a command and keeps what it prints, compressed, in the file $1. Not every shell here can tell a pipe's first failure, so it
# leaves a mark.
compressed() {
  target=$1
  shift
  rm -f "$scratch/failed" && { "$@" || : >"$scratch/failed"; } | gzip >"$target" && [ ! -e "$scratch/failed" ]
}

# shellcheck source=/dev/null
. "$(dirname "$0")/$DATABASE_ENGINE.sh"

backup() {
  [ "${BACKUP_KEEP:?}" -ge 1 ] || fail "BACKUP_KEEP has to be 1 or more"
  # Left by a run that was killed. No other run is under way: the CronJob forbids it.
  rm -f "$folder"/*.partial
  name=$(date -u +%Y%m%dT%H%M%SZ).$suffix
  partial=$folder/$name.partial
  trap 'rm -f "$partial"' EXIT
  dump "$partial" || fail "the dump failed; those of before stay"
  # What the disk did not take it tells here, before the dump gets its name.
  sync "$partial" || fail "the disk did not take the dump; those of before stay"
  check "$partial" || fail "the dump is not whole; those of before stay"
  mv "$partial" "$folder/$name"
  sync "$folder"
  echo "made $name, $(wc -c <"$folder/$name") bytes"
  # The names are dates, so they come in the order of age. The new one stays even if a clock that went wrong puts it first.
  set -- "$folder"/*."$suffix"
  too_many=$(($# - BACKUP_KEEP))
  for one in "$@"; do
    if [ "$too_many" -gt 0 ] && [ "$one" != "$folder/$name" ]; then
      rm -- "$one"
      echo "removed $(basename "$one")"
      too_many=$((too_many - 1))
    fi
  done
}

list() {
  for one in "$folder"/*."$suffix"; do
    [ ! -e "$one" ] || echo "$(basename "$one") $(wc -c <"$one")"
  done
}

put_back() {
  case $1 in
    */* | *.partial) fail "$1 is not the name of a dump; 'list' shows them" ;;
  esac
  [ -f "$folder/$1" ] || fail "there is no dump $1; 'list' shows those that there are"
  check "$folder/$1" || fail "the dump $1 is damaged; the database is as it was"
  restore "$folder/$1" || fail "$1 was not put back, or not all of it"
  echo "put $1 back"
}

case "${1:-} $#" in
  "backup 1") backup ;;
  "list 1") list ;;
  "restore 2") put_back "$2" ;;
  *) fail "say backup, list, or restore with the name of a dump" ;;
esac
