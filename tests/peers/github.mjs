// GitHub's API as GitHub describes it: what it answers to a GET is the example of its documentation.
// Says where it listens, which is on loopback alone, and ends with its standard input.
import net from "node:net";

const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (...given) {
  const ready = given.find((one) => typeof one === "function");
  return listen.call(this, { port: 0, host: "127.0.0.1" }, ready);
};
const { simulation } = await import("@simulacrum/github-api-simulator");
const server = await simulation().listen(0);
console.log(`listening on http://127.0.0.1:${server.port}`);
process.stdin.resume().on("end", () => process.exit());
