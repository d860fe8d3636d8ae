#!/bin/bash
# Writes the definition of the user sprov: create-user.sh PASSWORD_FILE DEFINITION_FILE
#
# Definitions are the only users that RabbitMQ creates when it reads any, and they hold a password or its hash, so this one cannot
# be in Git. The hash is RabbitMQ's default: base64 of a salt of four bytes and the SHA-256 of salt and password.
set -euo pipefail

password="$(< "$1")"
work="$(mktemp -d)"
head --bytes=4 /dev/urandom > "$work/salt"
{ cat "$work/salt"; printf %s "$password"; } | openssl dgst -sha256 -binary > "$work/digest"
hash="$(cat "$work/salt" "$work/digest" | base64 --wrap=0)"

cat > "$2" <<JSON
{
  "users": [
    {
      "name": "sprov",
      "password_hash": "$hash",
      "hashing_algorithm": "rabbit_password_hashing_sha256",
      "tags": [],
      "limits": {}
    }
  ]
}
JSON
