// The people's side: slack-sim's control API, and waiting for what a person would see.

export class Workspace {
  constructor(base) {
    this.base = base;
    /** The one that everything is about; without it, the first. */
    this.name = null;
  }

  /** The same simulator, in the workspace with this name. */
  within(name) {
    return Object.assign(new Workspace(this.base), { name });
  }

  address(path) {
    const address = new URL(`/sim${path}`, this.base);
    if (this.name) address.searchParams.set("workspace", this.name);
    return address;
  }

  async request(method, path, body) {
    const response = await fetch(this.address(path), {
      method, headers: body ? { "content-type": "application/json" } : {}, body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${path}: ${answer.error}`);
    return answer;
  }

  get = (path, query = {}) => this.request("GET", `${path}?${new URLSearchParams(query)}`);
  post = (path, body) => this.request("POST", path, body);

  state = () => this.get("/state");
  deliverTo = (request_url) => this.post("/delivery", { mode: "http", request_url });
  clearFaults = () => this.request("DELETE", "/faults");
  fault = (fault) => this.post("/faults", fault);
  messages = async (user, channel, thread_ts) => (await this.get("/messages", { user, channel, ...(thread_ts ? { thread_ts } : {}) })).messages;
  views = async (user) => (await this.get("/views", { user })).stack;
  home = async (user) => (await this.get("/home", { user })).view;
  log = async () => {
    const log = await this.get("/log", { after: 0 });
    return log.entries ?? log;
  };
  say = async (user, channel, text, thread_ts) => (await this.post("/say", { user, channel, text, thread_ts })).ts;
  /** Shares files, given as names with texts. */
  share = async (user, channel, text, files) => {
    const body = new FormData();
    for (const [name, content] of Object.entries(files)) body.append("file", new Blob([content]), name);
    const response = await fetch(this.address(`/upload?${new URLSearchParams({ user, channel, text })}`), { method: "POST", body });
    const answer = await response.json();
    if (!response.ok) throw new Error(`/upload: ${answer.error}`);
    return answer.ts;
  };
  command = (text, user = "alice", channel = "general") => this.post("/command", { user, channel, command: "/mcp", text });

  /** The message with these words, once it is there. */
  message = (words, { user = "alice", channel = "general", thread_ts } = {}) =>
    this.when(`“${words}” in ${channel}`, async () => (await this.messages(user, channel, thread_ts)).find((message) => message.text.includes(words)));

  /** What `look` finds, as soon as it finds something. */
  async when(what, look, limit = 10_000) {
    const end = Date.now() + limit;
    for (;;) {
      const found = await look();
      if (found) return found;
      if (Date.now() > end) throw new Error(`there was no ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
}

/** Throws unless two values have the same JSON. */
export function same(found, wanted, what) {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`${what} is ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
  }
}
