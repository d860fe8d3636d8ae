# Virtuoso, through a user who may read and change graphs and no more; the procedures are in base/virtuoso/files/autoexec.isql. A
# dump is N-Quads, which other RDF stores read as well. Read by backup.sh.
suffix=nq.gz

# isql returns success when a statement fails, so what it prints has to say that all went well. It takes the password from nowhere
# but the command line.
ask() {
  isql "$DATABASE_HOST" "$DATABASE_USER" "$password" VERBOSE=OFF BANNER=OFF PROMPT=OFF BLOBS=ON MACRO_SUBSTITUTION=OFF "$@"
}

dump() {
  compressed "$1" ask "EXEC=$DATABASE_NAME.BACKUP_DUMP ();"
}

# The last line is a comment with the number of quads, one in each line before it.
check() {
  gzip -t "$1" && gzip -dc "$1" | awk '
    /^# [0-9]+ quads$/ { promised = $2; next }
    { there++; promised = "" }
    END { exit promised == "" || promised != there + 0 }
  '
}

# In pieces that a statement can hold, as SQL literals: backslash and apostrophe stand for themselves when doubled.
restore() {
  gzip -dc "$1" | sed "/^#/d; s/\\\\/&&/g; s/'/&&/g" | awk -v call="$DATABASE_NAME.BACKUP_" '
    function flush() { if (piece != "") printf "%sADD (\047%s\047);\n", call, piece; piece = "" }
    BEGIN { print call "BEGIN ();" }
    { piece = piece $0 "\n"; if (length(piece) > 60000) flush() }
    END { flush(); print call "LOAD ();" }
  ' | ask >"$scratch/outcome" && cat "$scratch/outcome" && [ "$(tail -n 1 "$scratch/outcome")" = "$(gzip -dc "$1" | tail -n 1)" ]
}
