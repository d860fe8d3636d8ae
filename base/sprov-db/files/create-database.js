// Run once by mongosh, when the data directory is created and before the server answers anybody else.
// If it fails, the image does not run it again: empty the claim before the next start.
const { readFileSync } = require("fs");

// assumed: the name of the database, the default of the published image. The API reads it from SPROV_DB.
const provenance = db.getSiblingDB("sprov-db");

// In this database and not in admin, because that is where a driver looks when the URL names the database alone.
provenance.createUser({
  user: "sprov",
  pwd: readFileSync("/etc/mongo/secrets/password", "utf8").trim(),
  // Also what mapReduce needs to write the summaries.
  roles: [{ role: "readWrite", db: provenance.getName() }],
});

// The indexes that the published versions of s-ProvFlow have in common. sprov-cronjob adds those of the version that runs.
const indexes = {
  terms: { "streams.indexedMeta.key": 1, "streams.indexedMeta.val": 1 },
  parameters: { "parameters.key": 1, "parameters.val": 1 },
  data: { "streams.id": 1 },
  derivations: { "derivationId.DerivedFromDatasetID": 1 },
  runs: { runId: 1 },
  formats: { "streams.format": 1 },
};
for (const keys of Object.values(indexes)) {
  // Without a name of our own: with another name for the same keys, upstream's script would fail.
  provenance.lineage.createIndex(keys);
}
