import { simulatedApp } from "./simulation/simulated-app.ts";
import { runSeed } from "./simulation/run-seed.ts";
const built = await simulatedApp();
const app = { ...built, timeoutSeconds: { DeployGate: 60, ...built.timeoutSeconds } };
const [from, to] = process.argv.slice(2).map(Number);
const marks: Record<string, number> = {}; const ends: any = {}; let bad = 0;
for (let seed = from!; seed <= to!; seed++) {
  const r = await runSeed(seed, seed % 2 ? "books-everything" : "deduplicates", { app, deployers: true });
  for (const [k, v] of Object.entries(r.marks)) if (k.startsWith("deploy")) marks[k] = (marks[k] ?? 0) + v;
  for (const [k, v] of Object.entries(r.ends)) ends[k] = (ends[k] ?? 0) + (v as number);
  if (r.violations.length) { bad++; console.log(seed, r.violations[0], r.last); }
}
console.log(marks, ends, bad);
