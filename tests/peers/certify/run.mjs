// Certifies slack-sim with clients that others wrote: the same app on Bolt for JavaScript, on Bolt for Python and on
// slack-morphism, over sockets and over HTTP, is used by two people, and what the workspace shows afterwards is judged.
// Usage: node run.mjs PATH_TO_SLACK_SIM PATH_TO_PYTHON PATH_TO_MORPHISM_PEER [words that a kind's name must have]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { instead, lacks } from "../morphism/lacks.mjs";
import { kinds } from "./kinds.mjs";
import { Workspace } from "./workspace.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const [simulator, python, morphism, words = ""] = process.argv.slice(2);
const chosen = Object.entries(kinds).filter(([kind]) => kind.includes(words));
const CLIENTS = {
  "Bolt JS": { command: [process.execPath, join(here, "app.mjs")] },
  "Bolt Python": { command: [python, join(here, "app.py")] },
  "slack-morphism": { command: [morphism], lacks, instead },
};

/** Starts a program and waits for the line it says when it can be used. */
async function start(command, args, until) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const timer = setTimeout(() => child.kill(), 30_000);
  for await (const line of lines) {
    const found = until.exec(line);
    if (!found) continue;
    clearTimeout(timer);
    child.stdout.resume();
    return { child, found };
  }
  clearTimeout(timer);
  throw new Error(`${command} ${args[0] ?? ""} ended before it was ready`);
}

async function stop(child) {
  if (child.exitCode !== null) return;
  const ended = once(child, "exit");
  child.kill();
  const timer = setTimeout(() => child.kill("SIGKILL"), 3_000);
  await ended;
  clearTimeout(timer);
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** One client over one transport: every kind, each on its own; a failure is a sentence. */
async function certify(name, transport) {
  const sim = await start(simulator, ["--port", "0"], /(http:\/\/127\.0\.0\.1:\d+)/);
  const base = sim.found[1];
  const port = await freePort();
  const { command: [program, ...script], lacks = {}, instead = {} } = CLIENTS[name];
  let app;
  const outcomes = {};
  try {
    app = await start(program, [...script, transport, `${base}/api/`, String(port)], /^ready$/);
    const workspace = new Workspace(base, lacks);
    if (transport === "http") await workspace.deliverTo(`http://127.0.0.1:${port}`);
    else await workspace.when("a socket is open", async () => (await workspace.state()).sockets > 0);
    for (const [kind, check] of chosen) {
      if (check.only && check.only !== transport) continue;
      if (check.clients && !check.clients.includes(name)) continue;
      try {
        await (instead[kind] ?? check)(workspace);
        outcomes[kind] = null;
      } catch (error) {
        outcomes[kind] = error.message;
        await workspace.clearFaults();
      }
    }
  } finally {
    if (app) await stop(app.child);
    await stop(sim.child);
  }
  return outcomes;
}

const columns = Object.keys(CLIENTS).flatMap((client) => ["socket", "http"].map((transport) => [client, transport]));
const results = [];
for (const [client, transport] of columns) results.push(await certify(client, transport));

let passed = 0;
let failed = 0;
const width = Math.max(...chosen.map(([kind]) => kind.length)) + 1;
console.log(`${"".padEnd(width)}  ${columns.map(([client, transport]) => `${client} ${transport}`.padEnd(23)).join("")}`);
for (const [kind] of chosen) {
  const cells = results.map((outcomes) => {
    if (!(kind in outcomes)) return "–";
    if (isDeepStrictEqual(outcomes[kind], null)) { passed += 1; return "ok"; }
    failed += 1;
    return "FAILED";
  });
  console.log(`${kind.padEnd(width)}  ${cells.map((cell) => cell.padEnd(23)).join("")}`);
}
results.forEach((outcomes, index) => {
  for (const [kind, why] of Object.entries(outcomes)) if (why !== null) console.log(`${columns[index].join(" ")}: ${kind}: ${why}`);
});
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
