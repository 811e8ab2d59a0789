// The address of what is on screen: #/alice/general, #/alice/general/t/1700000000.000100, #/alice/@app/home; and
// #/~second/alice/general in another workspace than the first.

/** Reads the address bar. Missing parts are null. */
export function readRoute() {
  const parts = location.hash.replace(/^#\/?/, "").split("/").map(decode);
  const workspace = parts[0].startsWith("~") ? parts.shift().slice(1) : null;
  const [person, place, part, ts] = parts;
  return {
    workspace,
    person: person || null,
    place: place || null,
    home: part === "home",
    thread: part === "t" && ts ? ts : null,
  };
}

/** The address of a place. */
export function hashOf({ workspace, person, place, home, thread }) {
  const parts = [workspace && `~${workspace}`, person, place];
  if (home) parts.push("home");
  else if (thread) parts.push("t", thread);
  return `#/${parts.filter(Boolean).map(encodeURIComponent).join("/").replaceAll("%40", "@")}`;
}

/** How a channel is written in the address. */
export const placeOf = (channel, state) => {
  if (channel.kind === "im") return `@${state.bot.name}`;
  // The people in it may be called like a channel.
  return channel.kind === "mpim" ? channel.id : channel.name;
};

/** The channel an address means, or undefined. */
export const channelAt = (place, state) => state.channels.find((channel) => placeOf(channel, state) === place);

function decode(part) {
  try { return decodeURIComponent(part); } catch { return part; }
}
