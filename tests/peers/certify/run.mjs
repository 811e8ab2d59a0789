// Certifies slack-sim with clients that others wrote: the same app on Bolt for JavaScript, on Bolt for Python and on
// slack-morphism, over sockets and over HTTP, is used by two people, and what the workspace shows afterwards is judged.
// Usage: node run.mjs PATH_TO_SLACK_SIM PATH_TO_PYTHON PATH_TO_MORPHISM_PEER [words that a kind's name must have]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { kinds } from "./kinds.mjs";
import { lacks } from "./lacks.mjs";
import { several } from "./several.kinds.mjs";
import { inbound, outbound, Wire } from "./wire.mjs";
import { Workspace } from "./workspace.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const [simulator, python, morphism, words = ""] = process.argv.slice(2);
const wanted = (all) => Object.entries(all).filter(([kind]) => kind.includes(words));
const CLIENTS = {
  "Bolt JS": [process.execPath, join(here, "app.mjs")],
  "Bolt Python": [python, join(here, "app.py")],
  "slack-morphism": [morphism, "typed"],
  "slack-morphism, open": [morphism, "open"],
};
/** The apps that are installed in several workspaces: these know of no installation at first. */
const SEVERAL = {
  "Bolt JS": [process.execPath, join(here, "several.mjs")],
  "Bolt Python": [python, join(here, "several.py")],
};
/** They mostly wait, so that more of them run at a time than there are processors. */
const AT_A_TIME = 8;
/** A kind that takes longer has got stuck. */
const LIMIT = 60_000;

/** Starts a program and waits for the line it says when it can be used; what it complains about is kept. */
async function start(command, args, until) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const complaints = [];
  createInterface({ input: child.stderr }).on("line", (line) => { if (complaints.push(line) > 200) complaints.shift(); });
  const failed = new Promise((_, reject) => { child.once("error", reject); });
  const timer = setTimeout(() => child.kill(), 30_000);
  const begun = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      const found = until.exec(line);
      if (found) return found;
    }
    throw new Error(`${command} ${args[0] ?? ""} ended before it was ready: ${complaints.join(" | ")}`);
  })();
  try {
    const found = await Promise.race([begun, failed]);
    child.stdout.resume();
    const gone = once(child, "exit").then(() => { throw new Error("the app ended"); });
    // Nobody may be waiting when it ends.
    gone.catch(() => {});
    return { child, found, complaints, gone };
  } finally {
    clearTimeout(timer);
  }
}

const ended = (child) => child.exitCode !== null || child.signalCode !== null;

async function stop(child) {
  if (ended(child)) return;
  const end = once(child, "exit");
  child.kill();
  const timer = setTimeout(() => child.kill("SIGKILL"), 3_000);
  await end;
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

/** Why a kind is not for this client over this transport, if it is not, and what passes by it alone. */
function lackOf(client, transport, kind) {
  const { only } = kinds[kind] ?? several[kind];
  if (only && only !== transport) return { why: `it is for ${only} alone` };
  const lack = lacks[client]?.[kind];
  return lack && (lack.transport ?? transport) === transport ? lack : null;
}

/** Runs one check; null, or in a sentence what is wrong. */
async function run(check, workspace, app, address) {
  let timer;
  const stuck = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`it took longer than ${LIMIT / 1_000} s`)), LIMIT); });
  try {
    await Promise.race([app.gone, check(workspace, address), stuck]);
    return null;
  } catch (error) {
    await workspace.clearFaults().catch(() => {});
    return error.message || String(error);
  } finally {
    clearTimeout(timer);
  }
}

/** One client over one transport: every kind, each on its own. */
async function certify(column) {
  const { client, transport, group, outcomes, wire } = column;
  const [program, ...script] = group.clients[client];
  let sim;
  let app;
  try {
    sim = await start(simulator, ["--port", "0", ...group.flags], /(http:\/\/127\.0\.0\.1:\d+)/);
    const base = sim.found[1];
    const port = await freePort();
    app = await start(program, [...script, transport, `${base}/api/`, String(port)], /^ready$/);
    const workspace = new Workspace(base);
    const address = `http://127.0.0.1:${port}`;
    if (transport === "http") await workspace.deliverTo(address);
    else await workspace.when("a socket is open", async () => (await workspace.state()).sockets > 0);
    for (const [kind, check] of group.chosen) {
      if (lackOf(client, transport, kind)) continue;
      outcomes.set(kind, await run(check, workspace, app, address));
      await wire.look(workspace);
    }
    await wire.look(workspace);
  } catch (error) {
    column.broken = error.message;
  } finally {
    column.complaints = app?.complaints ?? [];
    if (app) await stop(app.child);
    if (sim) await stop(sim.child);
  }
}

/** What is checked together: of `whole` everything must have passed by. */
const groups = [
  { clients: CLIENTS, chosen: wanted(kinds), flags: [], whole: true },
  { clients: SEVERAL, chosen: wanted(several), flags: ["--workspace-without-app", "Second"], whole: false },
].filter((group) => group.chosen.length > 0);
const columns = groups.flatMap((group) => Object.keys(group.clients).flatMap((client) => ["socket", "http"].map((transport) => (
  { client, transport, group, name: `${client}, ${transport}${group.whole ? "" : ", several workspaces"}`, outcomes: new Map(), wire: new Wire() }))));
const waiting = [...columns];
const turns = Array.from({ length: AT_A_TIME }, async () => {
  for (let column = waiting.shift(); column; column = waiting.shift()) await certify(column);
});
await Promise.all(turns);

const wrong = [];
for (const [client, kindsOf] of Object.entries(lacks)) {
  if (!CLIENTS[client]) wrong.push(`lacks.mjs: there is no client ${client}`);
  for (const [kind, { why }] of Object.entries(kindsOf)) {
    if (!kinds[kind]) wrong.push(`lacks.mjs, ${client}: there is no kind “${kind}”`);
    if (!why) wrong.push(`lacks.mjs, ${client}, “${kind}”: no reason`);
  }
}
for (const group of groups) {
  const shown = columns.filter((column) => column.group === group);
  const width = Math.max(...group.chosen.map(([kind]) => kind.length)) + 2;
  const heads = shown.map(({ client, transport }) => `${client.replace(",", "").replace("slack-morphism", "morphism")} ${transport}`);
  console.log(`${"".padEnd(width)}${heads.map((head) => head.padEnd(23)).join("")}`);
  for (const [kind] of group.chosen) {
    const cells = shown.map(({ client, transport, outcomes }) => {
      if (lackOf(client, transport, kind)) return "–";
      return outcomes.get(kind) === null ? "ok" : outcomes.has(kind) ? "FAILED" : "NOT CHECKED";
    });
    console.log(`${kind.padEnd(width)}${cells.map((cell) => cell.padEnd(23)).join("")}`);
  }
  console.log();
}
let passed = 0;
for (const { client, transport, group, name, outcomes, wire, broken, complaints } of columns) {
  const before = wrong.length;
  if (broken) wrong.push(`${name}: ${broken}`);
  let good = 0;
  const lacking = [];
  for (const [kind] of group.chosen) {
    const lack = lackOf(client, transport, kind);
    if (lack) lacking.push({ kind, ...lack });
    else if (outcomes.get(kind) === null) good += 1;
    else if (!broken || outcomes.has(kind)) wrong.push(`${name}: ${kind}: ${outcomes.get(kind) ?? "neither checked nor in lacks.mjs"}`);
  }
  passed += good;
  // Of some kinds alone nobody expects that everything passes, nor of a client that broke.
  const expected = (words || broken || !group.whole ? [] : [["received", inbound], ["sent", outbound]]).map(([what, all]) => {
    const missing = all[transport].filter((kind) => !wire[what].has(kind));
    for (const kind of missing) if (!lacking.some((lack) => lack.wire === kind)) wrong.push(`${name}: ${kind} was never ${what}`);
    return `${what} ${all[transport].filter((kind) => wire[what].has(kind)).length} of ${all[transport].length} kinds`;
  });
  console.log([`${name}: ${good} of ${group.chosen.length} kinds passed`, ...expected].join(", "));
  for (const { kind, why } of lacking) console.log(`  not “${kind}”: ${why}`);
  if (wrong.length > before) for (const line of complaints) console.log(`  it said: ${line}`);
}
console.log();
for (const line of wrong) console.log(line);
console.log(`${passed} passed, ${wrong.length} failed`);
process.exitCode = wrong.length > 0 || passed === 0 ? 1 : 0;
