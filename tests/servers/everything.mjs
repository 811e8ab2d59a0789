// The MCP server with which the protocol's authors show everything that it has, on a free port of loopback.
// Says where it listens on its first line of output.

import { connect, createServer } from "node:net";
import { setTimeout } from "node:timers/promises";

const free = createServer();
await new Promise((resolve) => free.listen(0, "127.0.0.1", resolve));
const { port } = free.address();
await new Promise((resolve) => free.close(resolve));

// It says what it does where we say where it is.
console.log = console.error = () => {};
process.env.PORT = String(port);
await import("./node_modules/@modelcontextprotocol/server-everything/dist/transports/streamableHttp.js");

const listens = () =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.end());
  });
while (!(await listens())) await setTimeout(20);
process.stdout.write(`listening on http://127.0.0.1:${port}/mcp\n`);
