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

const day = (options) => (at) => new Intl.DateTimeFormat(undefined, options).format(at);
const pretty = (format) => (at) => {
  const days = Math.round((startOfDay(new Date()) - startOfDay(at)) / 86_400_000);
  return { 0: "today", 1: "yesterday", [-1]: "tomorrow" }[days] ?? format(at);
};
const date = day({ month: "long", day: "numeric", year: "numeric" });
const short = day({ month: "short", day: "numeric", year: "numeric" });
const long = day({ weekday: "long", month: "long", day: "numeric", year: "numeric" });
const DATE_PARTS = {
  date, date_short: short, date_long: long, date_pretty: pretty(date), date_short_pretty: pretty(short), date_long_pretty: pretty(long),
  date_num: day({ year: "numeric", month: "2-digit", day: "2-digit" }), time: (at) => clock.format(at), time_secs: day({ timeStyle: "medium" }), ago: (at) => full.format(at),
};

/** A moment in the format of `<!date^…>`, as in "{date_short} at {time}"; null where a part of it is not known. */
export function formatted(seconds, format) {
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime())) return null;
  let known = true;
  const text = format.replace(/\{(\w+)\}/g, (whole, name) => {
    known &&= name in DATE_PARTS;
    return known ? DATE_PARTS[name](at) : whole;
  });
  return known ? text : null;
}

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
