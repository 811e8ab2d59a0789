// Turns Slack's message timestamps into what a person reads.
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const dated = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });

/** The moment of a timestamp such as "1700000000.000100". */
export const momentOf = (ts) => new Date(Number.parseFloat(ts) * 1000);

/** The hour and minute of a message. */
export const timeOf = (ts) => clock.format(momentOf(ts));

/** The whole date and time, for the tooltip. */
export const fullTimeOf = (ts) => full.format(momentOf(ts));

/** A key equal for two messages of the same day. */
export function dayOf(ts) {
  const at = momentOf(ts);
  return `${at.getFullYear()}-${at.getMonth() + 1}-${at.getDate()}`;
}

/** What the divider above a day says. */
export function dayLabel(ts, now = new Date()) {
  const at = momentOf(ts);
  const days = Math.round((startOfDay(now) - startOfDay(at)) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return days > 1 && days < 300 ? weekday.format(at) : dated.format(at);
}

const startOfDay = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
