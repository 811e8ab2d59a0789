// Talks to the control API of the simulated workspaces, about one of them at a time.

/** The id of the workspace that everything is about; the first until one is entered. */
let here = null;

/** Makes everything from now on be about this workspace. */
export function enter(teamId) {
  here = teamId;
}

/** A request the workspace refused or that never arrived; `message` is a sentence for the person. */
export class ApiError extends Error {}

const query = (params) => new URLSearchParams(Object.entries(params).filter(([, value]) => value !== undefined && value !== null));

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ApiError("The workspace cannot be reached. Check that it is still running.");
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(body?.error ?? `The workspace answered with status ${response.status}.`);
  return body;
}

const about = (params = {}) => query({ ...params, workspace: here });
const get = (path, params) => request(`${path}?${about(params)}`);
const post = (path, body) =>
  request(`${path}?${about()}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

/** A form goes as the browser sends forms, so that files can be in it. */
const form = (path, params, files) => {
  const body = new FormData();
  for (const file of files) body.append("file", file, file.name);
  return request(`${path}?${about(params)}`, { method: "POST", body });
};

export const api = {
  state: (user) => get("/sim/state", { user }),
  messages: (user, channel, thread_ts) => get("/sim/messages", { user, channel, thread_ts }),
  say: (body) => post("/sim/say", body),
  share: (params, files) => form("/sim/upload", params, files),
  fileAddress: (id, user, download) => `/sim/files/${encodeURIComponent(id)}?${about({ user, download: download || null })}`,
  fileText: async (address) => {
    const response = await fetch(address).catch(() => null);
    if (!response?.ok) throw new ApiError("The file cannot be read. Try again in a moment.");
    return response.text();
  },
  command: (body) => post("/sim/command", body),
  click: (body) => post("/sim/click", body),
  suggest: (body) => post("/sim/suggest", body),
  submit: (body) => post("/sim/submit", body),
  edit: (body) => post("/sim/edit", body),
  erase: (body) => post("/sim/delete", body),
  shortcut: (body) => post("/sim/shortcut", body),
  stop: (body) => post("/sim/stop", body),
  close: (body) => post("/sim/close", body),
  views: (user) => get("/sim/views", { user }),
  openHome: (user, tab) => post("/sim/home", { user, tab }),
  home: (user) => get("/sim/home", { user }),
  change: (body) => post("/sim/people", body),
  react: (body) => post("/sim/react", body),
  /** What passed in all workspaces. */
  log: (after) => request(`/sim/log?${query({ after })}`),
};

/** Listens to what changes for one person, reconnecting for as long as it takes. Returns a function that stops it. */
export function listen(user, { onChange, onUp, onDown }) {
  const address = `/sim/events?${about({ user })}`;
  let source = null;
  let timer = 0;
  let wait = 500;
  const open = () => {
    source = new EventSource(address);
    source.onopen = () => { wait = 500; onUp(); };
    source.onmessage = (event) => onChange(JSON.parse(event.data));
    source.onerror = () => {
      onDown();
      source.close();
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 2, 5_000);
    };
  };
  open();
  return () => { clearTimeout(timer); source.close(); };
}
