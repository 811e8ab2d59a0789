// Turns moments into what a person reads, by their own clock and in the language they use Slack in.

/** The language of dates and times: the browser's until the workspace has said whose eyes one looks through. */
let language;
let spoken;
const formats = new Map();

/** Writes dates and times in this language from now on, such as "de-DE"; true when it was another before. */
export function speak(locale) {
  if (locale === spoken) return false;
  spoken = locale;
  language = known(locale) ? locale : undefined;
  formats.clear();
  return true;
}

function known(locale) {
  try { return Intl.DateTimeFormat.supportedLocalesOf(locale ?? []).length > 0; } catch { return false; }
}

/** A formatter of these options, made once in a language. */
function format(options) {
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(language, options));
  return formats.get(key);
}

const CLOCK = { timeStyle: "short" };
const FULL = { dateStyle: "full", timeStyle: "medium" };
const WEEKDAY = { weekday: "long", day: "numeric", month: "long" };
const DATED = { day: "numeric", month: "long", year: "numeric" };

/** The moment of a timestamp such as "1700000000.000100". */
export const momentOf = (ts) => new Date(Number.parseFloat(ts) * 1000);

/** The hour and minute of a message. */
export const timeOf = (ts) => format(CLOCK).format(momentOf(ts));

/** The same without "AM" or "PM", for where there is little room. */
export const shortTimeOf = (ts) => format(CLOCK).formatToParts(momentOf(ts)).filter(({ type }) => type !== "dayPeriod").map(({ value }) => value).join("").trim();

/** The whole date and time, for the tooltip. */
export const fullTimeOf = (ts) => format(FULL).format(momentOf(ts));

const UNITS = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];
const relative = () => new Intl.RelativeTimeFormat(language, { numeric: "auto" });
/** "3 minutes ago", in the largest unit that is there. */
const ago = (at) => {
  const seconds = Math.round((at - Date.now()) / 1000);
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS.at(-1);
  return relative().format(Math.trunc(seconds / length), unit);
};
/** "today", "yesterday" or "tomorrow", or null on other days. */
const nearby = (at, now = new Date()) => {
  const days = Math.round((startOfDay(at) - startOfDay(now)) / 86_400_000);
  return Math.abs(days) <= 1 ? relative().format(days, "day") : null;
};

const written = (options) => (at) => format(options).format(at);
const pretty = (options) => (at) => nearby(at) ?? format(options).format(at);
const DATE = { month: "long", day: "numeric", year: "numeric" };
const SHORT = { month: "short", day: "numeric", year: "numeric" };
const LONG = { weekday: "long", month: "long", day: "numeric", year: "numeric" };
const DATE_PARTS = {
  date: written(DATE), date_short: written(SHORT), date_long: written(LONG), date_pretty: pretty(DATE), date_short_pretty: pretty(SHORT), date_long_pretty: pretty(LONG),
  date_num: written({ year: "numeric", month: "2-digit", day: "2-digit" }), time: written(CLOCK), time_secs: written({ timeStyle: "medium" }), ago,
};

/** A moment in the format of `<!date^…>`, as in "{date_short} at {time}"; null where a part of it is not known. */
export function formatted(seconds, pattern) {
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime())) return null;
  let whole = true;
  const text = pattern.replace(/\{(\w+)\}/g, (token, name) => {
    whole &&= name in DATE_PARTS;
    return whole ? DATE_PARTS[name](at) : token;
  });
  return whole ? text : null;
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
  const near = days >= 0 && nearby(at, now);
  if (near) return near[0].toLocaleUpperCase(language) + near.slice(1);
  return format(days > 1 && days < 300 ? WEEKDAY : DATED).format(at);
}

const startOfDay = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
