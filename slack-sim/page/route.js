// The address of what is on screen: #/alice/general, #/alice/general/t/1700000000.000100, #/alice/@app/home; and
// #/~second/alice/general in another workspace than the first. A link to a message leads to …/m/1700000000.000200, in its
// thread to …/t/1700000000.000100/m/1700000000.000200, and may leave the person out.

/** Reads the address bar. Missing parts are null. */
export function readRoute() {
  const parts = location.hash.replace(/^#\/?/, "").split("/").map(decode);
  const workspace = parts[0].startsWith("~") ? parts.shift().slice(1) : null;
  const [person, place, ...rest] = parts;
  const after = (mark) => (rest.includes(mark) && rest[rest.indexOf(mark) + 1]) || null;
  return {
    workspace,
    person: person || null,
    place: place || null,
    home: rest[0] === "home",
    thread: after("t"),
    message: after("m"),
  };
}

/** The address of a place. */
export function hashOf({ workspace, person, place, home, thread, message }) {
  const parts = [workspace && `~${workspace}`, person, place];
  if (home) parts.push("home");
  else parts.push(...(thread ? ["t", thread] : []), ...(message ? ["m", message] : []));
  return `#/${parts.filter(Boolean).map(encodeURIComponent).join("/").replaceAll("%40", "@")}`;
}

/** How a channel is written in the address. */
export const placeOf = (channel, state) => {
  if (channel.kind === "im") return `@${state.bot.name}`;
  // The people in it may be called like a channel.
  return channel.kind === "mpim" ? channel.id : channel.name;
};

/** The channel an address means, by its name or its id, or undefined. */
export const channelAt = (place, state) => state.channels.find((channel) => placeOf(channel, state) === place) ?? state.channels.find(({ id }) => id === place);

/** The message that a permalink of this workspace leads to, as `{ channel, ts, root }`, or null for any other address. */
export function linkedMessage(address) {
  const { origin, pathname, searchParams } = new URL(address, location.href);
  const [, channel, digits] = /^\/archives\/(\w+)\/p(\d{7,})$/.exec(pathname) ?? [];
  if (origin !== location.origin || !digits) return null;
  return { channel, ts: `${digits.slice(0, -6)}.${digits.slice(-6)}`, root: searchParams.get("thread_ts") };
}

function decode(part) {
  try { return decodeURIComponent(part); } catch { return part; }
}
