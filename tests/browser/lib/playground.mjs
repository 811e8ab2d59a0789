// Starts the built program with a playground of its own, in a folder that is thrown away.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const TARGET = process.env.CARGO_TARGET_DIR ?? join(homedir(), ".cache/patchbay/target");

/** Resolves to `{ url, stop() }` when its page is up; `settings` is more for its configuration file. */
export async function startPlayground(settings = "") {
  const data = await mkdtemp(join(tmpdir(), "patchbay-"));
  const config = join(data, "patchbay.toml");
  await writeFile(config, settings);
  const program = spawn(join(TARGET, "debug/patchbay"), ["playground", "--port", "0", "--data", join(data, "playground")], {
    cwd: data, env: { PATCHBAY_CONFIG: config, PATCHBAY_MODELS__DEFAULT: "demo/planner" }, stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve, reject) => program.once("error", reject).once("exit", resolve));
  const stop = async () => {
    program.kill();
    await ended;
    await rm(data, { recursive: true });
  };
  for await (const line of createInterface({ input: program.stdout })) {
    const url = /playground: open (\S+)/.exec(line)?.[1];
    if (url) return { url, stop };
  }
  await ended;
  throw new Error("The playground ended before its page was up.");
}
