// What the pictures need besides the product: a small GitHub, and a model that writes slowly and never ends by itself.
import { createServer } from "node:http";
import { once } from "node:events";

export const TOKEN = `ghp_${"a1b2c3d4e5f6".repeat(3)}`;
const ISSUES = ["The door sticks", "Prices are rounded twice", "Search forgets filters"].map((title, index) => ({
  number: 40 - index, title, state: "open", user: { login: "dana" }, labels: [{ name: "bug" }], comments: index, created_at: `2026-11-2${3 - index}T09:30:00Z`,
  updated_at: `2026-11-2${3 - index}T09:30:00Z`, html_url: `https://github.com/acme/web/issues/${40 - index}`, body: "Seen in the shop.",
}));
const WORDS = "Three things stand out. Orders rose in each of the last four months, and most of the growth comes from customers who came back. Refunds stayed at two in a hundred. The north sells more than the rest together, ".split(" ");

/** Serves both on loopback; resolves to `{ github, model, stop() }`, two addresses. */
export async function startServices() {
  const server = createServer((request, response) => (request.url.startsWith("/v1/") ? write(response) : github(request, response)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}`;
  const stop = () => { server.close(); server.closeAllConnections(); };
  return { github: url, model: `${url}/v1/`, stop };
}

function github(request, response) {
  const { pathname } = new URL(request.url, "http://localhost");
  const known = request.headers.authorization === `Bearer ${TOKEN}`;
  const created = { ...ISSUES[0], number: 41, title: "The window sticks", html_url: "https://github.com/acme/web/issues/41" };
  const answer = !known ? { message: "Bad credentials" } : pathname === "/repos/acme/web/issues" ? (request.method === "POST" ? created : ISSUES) : {};
  response.writeHead(known ? (request.method === "POST" ? 201 : 200) : 401, { "content-type": "application/json" }).end(JSON.stringify(answer));
}

/** OpenAI's format, a word at a time; then it thinks until somebody stops it. */
function write(response) {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const frame = (content) => response.write(`data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", model: "careful", choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`);
  for (const word of WORDS) frame(`${word} `);
  const alive = setInterval(() => frame(""), 1_000);
  response.on("close", () => clearInterval(alive));
}
