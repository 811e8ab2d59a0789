// An app that shows every block and every input of Block Kit, with long, empty and foreign texts among them.
import { createServer } from "node:http";
import { once } from "node:events";

const plain = (text) => ({ type: "plain_text", text });
const mrkdwn = (text) => ({ type: "mrkdwn", text });
const option = (text, description) => ({ text: plain(text), value: text, ...(description ? { description: plain(description) } : {}) });
const options = [option("Small", "Fits anywhere"), option("Large"), option("كبير جدا"), option("とても大きい")];
const rich = (...elements) => ({ type: "rich_text", elements });
const words = (text, style) => ({ type: "text", text, ...(style ? { style } : {}) });
const task = (status, title, more = {}) => ({ type: "task_card", task_id: title, title, status, ...more });
const details = rich({ type: "rich_text_section", elements: [words("select * from orders", { code: true })] });

/** Messages, by what they show. */
export const messages = {
  "texts in sections": [
    { type: "header", text: plain("Quarterly report") },
    { type: "section", text: mrkdwn("*bold* _italic_ ~struck~ `code` <https://example.com|a link>, <!date^1790000000^{date_short_pretty}|a date>\n> quoted\n```select 1;```") },
    { type: "section", fields: [mrkdwn("*Owner*\nAlice"), mrkdwn("*State*\nopen"), mrkdwn("*المالك*\nأحمد"), mrkdwn("*担当者*\n山田太郎")] },
    { type: "section", text: mrkdwn("مرحبا، هذه رسالة طويلة من اليمين إلى اليسار with `latin_code` بينها، وأرقام 12,345.") },
    { type: "section", text: mrkdwn("顧客一覧:山田太郎、佐藤花子、鈴木一郎。とても長い文は折り返されます。" + "長い".repeat(60)) },
    { type: "section", text: mrkdwn("a_word_without_any_space_".repeat(12)) },
    { type: "divider" },
    { type: "context", elements: [mrkdwn("Small grey text"), plain("and more")] },
  ],
  "Markdown": [{ type: "markdown", text: [
    "# Title", "## Part", "Text with **bold**, *italic*, `code` and [a link](https://example.com).", "", "1. one", "2. two", "   - inner", "",
    "- [x] done", "- [ ] open", "", "> quoted", "", "```sql", "select id, name from customers where country = 'DE' order by revenue desc limit 5;", "```", "",
    "| id | name | revenue |", "|---|---|---:|", "| 1 | Ana Souza | $1,200.50 |", "| 2 | 山田太郎 | $88 |", "| 3 | أحمد علي | $7 |", "", "---",
  ].join("\n") }],
  "rich text": [rich(
    { type: "rich_text_section", elements: [words("Bold", { bold: true }), words(" and "), { type: "link", url: "https://example.com", text: "a link" }, { type: "emoji", name: "wave" }] },
    { type: "rich_text_list", style: "bullet", indent: 0, elements: ["one", "two"].map((text) => ({ type: "rich_text_section", elements: [words(text)] })) },
    { type: "rich_text_list", style: "ordered", indent: 0, elements: ["first", "second"].map((text) => ({ type: "rich_text_section", elements: [words(text)] })) },
    { type: "rich_text_quote", elements: [words("quoted")] },
    { type: "rich_text_preformatted", elements: [words("let answer = 42;")] },
  )],
  "a table": [{ type: "table", rows: [["id", "name", "a very long column name", "amount"], ["1", "Ana", "x".repeat(60), "12.50"], ["2", "أحمد", "", "7"]]
    .map((row) => row.map((text) => ({ type: "raw_text", text: text || " " }))) }],
  "task cards": ["pending", "in_progress", "complete", "error"].map((status) => task(status, `Look at orders (${status})`, { details, output: details, sources: [{ type: "url", url: "https://example.com", text: "Source" }] })),
  "a plan": [{ type: "plan", title: "Find the best customers", tasks: [task("complete", "List the tables"), task("in_progress", "Read customers", { details }), task("pending", "Sum up")] }],
  "charts": [
    { type: "data_visualization", title: "Orders", chart: { type: "bar", series: [{ name: "Paid", data: [{ label: "Jan", value: 9 }, { label: "Feb", value: 20 }] }, { name: "Open", data: [{ label: "Jan", value: 3 }, { label: "Feb", value: 4 }] }], axis_config: { categories: ["Jan", "Feb"], y_label: "Orders" } } },
    { type: "data_visualization", title: "Plans", chart: { type: "pie", segments: [{ label: "Free", value: 5 }, { label: "Paid", value: 3 }, { label: "Trial", value: 1 }] } },
  ],
  "buttons and menus": [
    { type: "actions", elements: [
      { type: "button", text: plain("Approve"), action_id: "approve", value: "1", style: "primary" },
      { type: "button", text: plain("Remove"), action_id: "remove", value: "1", style: "danger", confirm: { title: plain("Remove it?"), text: plain("It is gone for good."), confirm: plain("Remove"), deny: plain("Cancel"), style: "danger" } },
      { type: "button", text: plain("A label that is as long as Slack lets one be, which is seventy-five chars"), action_id: "long", value: "1" },
      { type: "button", text: plain("Open"), action_id: "open", url: "https://example.com" },
      { type: "overflow", action_id: "more", options: options.slice(0, 3) },
    ] },
    { type: "section", text: mrkdwn("With a button beside it"), accessory: { type: "button", text: plain("Look"), action_id: "look", value: "1" } },
    { type: "section", text: mrkdwn("With a menu beside it"), accessory: { type: "static_select", action_id: "size", placeholder: plain("Choose a size"), options } },
    { type: "actions", elements: [
      { type: "users_select", action_id: "user", placeholder: plain("Choose somebody") },
      { type: "datepicker", action_id: "day", placeholder: plain("Choose a day") },
      { type: "radio_buttons", action_id: "radio", options },
      { type: "checkboxes", action_id: "boxes", options: options.slice(0, 2) },
    ] },
    { type: "context_actions", elements: [
      { type: "feedback_buttons", action_id: "feedback", positive_button: { text: plain("Good answer"), value: "good" }, negative_button: { text: plain("Bad answer"), value: "bad" } },
      { type: "icon_button", action_id: "trash", icon: "trash", text: plain("Remove") },
    ] },
  ],
};

const input = (type, label, element = {}, more = {}) =>
  ({ type: "input", block_id: type, label: plain(label), element: { type, action_id: type, ...element }, ...more });

/** A form with every kind of input. */
export const form = {
  type: "modal", callback_id: "every_input", title: plain("Every input"), submit: plain("Save"), close: plain("Cancel"),
  blocks: [
    { type: "section", text: mrkdwn("Some text *above* the fields.") },
    input("plain_text_input", "Name", { placeholder: plain("such as sales-db") }, { hint: plain("Letters and digits."), optional: true }),
    { ...input("plain_text_input", "Notes", { multiline: true }, { optional: true }), block_id: "notes" },
    input("email_text_input", "Email", {}, { optional: true }),
    input("url_text_input", "Address"),
    input("number_input", "How many", { is_decimal_allowed: false }, { optional: true }),
    input("rich_text_input", "Description", {}, { optional: true }),
    input("static_select", "Size", { options, placeholder: plain("Choose a size") }, { optional: true }),
    input("multi_static_select", "Sizes", { options }, { optional: true }),
    input("external_select", "Project", { initial_option: options[0] }, { optional: true }),
    input("multi_external_select", "Projects", { initial_options: options.slice(0, 2) }, { optional: true }),
    input("file_input", "Attachments", { filetypes: ["csv"] }, { optional: true }),
    input("users_select", "Owner", {}, { optional: true }),
    input("multi_users_select", "Readers", {}, { optional: true }),
    input("channels_select", "Channel", {}, { optional: true }),
    input("multi_channels_select", "Channels", {}, { optional: true }),
    input("conversations_select", "Conversation", {}, { optional: true }),
    input("multi_conversations_select", "Conversations", {}, { optional: true }),
    input("datepicker", "Day", {}, { optional: true }),
    input("timepicker", "Time", {}, { optional: true }),
    input("datetimepicker", "Moment", {}, { optional: true }),
    input("radio_buttons", "One of these", { options }, { optional: true }),
    input("checkboxes", "Any of these", { options }, { optional: true }),
    { type: "context", elements: [mrkdwn("Small print below.")] },
  ],
};

/** A text, a picture and something else, in one message; and one of a person. */
async function share(url, call) {
  const files = [];
  const contents = { "answer.md": `# Answer\n${"line\n".repeat(20)}`, "chart.svg": "<svg xmlns='http://www.w3.org/2000/svg' width='80' height='40'/>", "data.bin": "?" };
  for (const [filename, content] of Object.entries(contents)) {
    const { upload_url: to, file_id: id } = await call("files.getUploadURLExternal", { filename, length: content.length, alt_txt: "A chart" });
    await fetch(to, { method: "POST", body: content });
    files.push({ id });
  }
  await call("files.completeUploadExternal", { files, channel_id: "C0GENERAL1", initial_comment: "The rest is in these files." });
  const body = new FormData();
  body.append("file", new Blob(["id,name"]), "ملف طويل الاسم.csv");
  const shared = await fetch(`${url}/sim/upload?user=bob&channel=general&text=mine`, { method: "POST", body });
  if (!shared.ok) throw new Error(await shared.text());
}

/** Serves the app to the simulator at `url` over signed HTTP; resolves to `{ call(method, body), stop() }`. */
export async function startGallery(url) {
  const call = async (method, body) => {
    const reply = await fetch(`${url}/api/${method}`, { method: "POST", headers: { "content-type": "application/json; charset=utf-8", authorization: "Bearer xoxb-sim" }, body: JSON.stringify(body) });
    const answer = await reply.json();
    if (!answer.ok) throw new Error(`${method}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    if (request.url === "/slack/events") return response.end(JSON.parse(body).challenge ?? "");
    const trigger = new URLSearchParams(body).get("trigger_id");
    response.end();
    if (request.url === "/slack/commands") await call("views.open", { trigger_id: trigger, view: form });
    return undefined;
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const delivery = { mode: "http", request_url: `http://127.0.0.1:${server.address().port}` };
  const told = await fetch(`${url}/sim/delivery`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(delivery) });
  if (!told.ok) throw new Error(await told.text());
  const { bot } = await (await fetch(`${url}/sim/state?user=alice`)).json();
  await share(url, call);
  const { people } = await (await fetch(`${url}/sim/state?user=alice`)).json();
  const alice = people.find(({ name }) => name === "alice").id;
  await call("views.publish", { user_id: alice, view: { type: "home", blocks: Object.values(messages).flat().filter(({ type }) => !["task_card", "plan", "markdown", "table", "data_visualization", "context_actions"].includes(type)) } });
  return { call, bot, stop: () => server.close() };
}
