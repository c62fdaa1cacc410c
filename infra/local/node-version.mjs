// Says in one sentence what to do when the Node that runs npm's scripts cannot run TypeScript as it is.
// Plain JavaScript of the oldest kind: an old Node must be able to read this file.
var major = Number(process.versions.node.split(".")[0]);
if (!(major >= 24)) {
  var platform = process.platform + "-" + process.arch;
  var reason = process.env.npm_lifecycle_event
    ? "the one that npm installs for " +
      platform +
      " is missing, so run `npm ci` without --omit=optional" +
      " (or, if npm has none for this platform, install Node 24 or newer) and try again."
    : "`npm ci` installs one that only npm's scripts use, so start it as `npm start`, `npm test` or `npm run …`.";
  console.error(
    "debit-once needs Node 24 or newer and this is Node " + process.versions.node + ": " + reason,
  );
  process.exit(1);
}
