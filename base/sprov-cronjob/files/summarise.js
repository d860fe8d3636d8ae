// Run by "mongosh --nodb": signs in and then runs the scripts that the image of the API brings.
// They know nothing of passwords, and were started by a shell so old that MongoDB 8 does not understand it.
const { readFileSync } = require("fs");

const password = encodeURIComponent(readFileSync("/etc/sprov-cronjob/secrets/password", "utf8").trim());
db = connect(`mongodb://sprov:${password}@sprov-db:27017/sprov-db`);

load("/scripts/ensure_indexes.js");

// The script takes the newest entry for granted.
if (db.lineage.findOne() === null) {
  print("no provenance yet, nothing to summarise");
} else {
  load("/scripts/lineage_map_reduce.js");
}
