// Uses a Supabase project through the libraries that Supabase publishes for it, which so say whether
// it speaks as theirs do. Usage: node supabase.mjs URL KEY
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { PostgrestClient } = require("@supabase/postgrest-js");
const { StorageClient } = require("@supabase/storage-js");
const { GoTrueAdminApi } = require("@supabase/auth-js");

const [url, key] = process.argv.slice(2);
const headers = { apikey: key };
if (!key.startsWith("sb_")) headers.Authorization = `Bearer ${key}`;

async function tables() {
  const rest = new PostgrestClient(`${url}/rest/v1`, { headers });
  const ok = ({ data, error, count }) => (assert.equal(error, null), count ?? data);
  const rows = [
    { state: "paid", total: 12.5, note: "a,b" },
    { state: 'on "hold")', total: 3, note: null },
    { state: "paid", total: 7, note: "c" },
  ];
  const added = ok(await rest.from("orders").insert(rows).select());
  assert.deepEqual(added.map((row) => row.id), [1, 2, 3]);
  const paid = ok(await rest.from("orders").select("id,total").eq("state", "paid").order("total"));
  assert.deepEqual(paid, [{ id: 3, total: 7 }, { id: 1, total: 12.5 }]);
  const found = async (filter) => ok(await filter(rest.from("orders").select("id")).order("id")).map((row) => row.id);
  assert.deepEqual(await found((all) => all.in("note", ["a,b", "c"])), [1, 3]);
  assert.deepEqual(await found((all) => all.is("note", null)), [2]);
  assert.deepEqual(await found((all) => all.not("note", "is", null)), [1, 3]);
  assert.deepEqual(await found((all) => all.neq("note", "c")), [1]);
  assert.deepEqual(await found((all) => all.like("state", "on%")), [2]);
  assert.deepEqual(await found((all) => all.ilike("state", "PAI*")), [1, 3]);
  assert.deepEqual(await found((all) => all.gt("total", 3).lte("total", 12.5)), [1, 3]);
  assert.deepEqual(await found((all) => all.or('note.eq."a,b",and(total.lt.5,note.is.null)')), [1, 2]);
  assert.deepEqual(await found((all) => all.or('state.eq."on \\"hold\\")"')), [2]);
  assert.deepEqual(await found((all) => all.range(1, 2)), [2, 3]);
  assert.equal(ok(await rest.from("orders").select("*", { count: "exact", head: true })), 3);
  assert.equal(ok(await rest.from("orders").select().eq("id", 2).single()).total, 3);
  const changed = ok(await rest.from("orders").update({ note: "x" }).eq("id", 2).select("*"));
  assert.equal(changed[0].note, "x");
  const gone = ok(await rest.from("orders").delete().lt("total", 5).select());
  assert.deepEqual(gone.map((row) => row.id), [2]);
  const refused = async (asked) => (await asked).error;
  assert.equal((await refused(rest.from("ordres").select())).code, "PGRST205");
  assert.equal((await refused(rest.from("orders").select().eq("nothing", 1))).code, "42703");
  assert.equal((await refused(rest.from("orders").select().eq("id", "x"))).code, "22P02");
  assert.equal((await refused(rest.from("orders").insert({ nothing: 1 }))).code, "PGRST204");
  assert.equal((await refused(rest.from("orders").select().or("nonsense"))).code, "PGRST100");
  assert.equal((await refused(rest.from("orders").select().single())).code, "PGRST116");
  const many = rest.from("orders").delete().gt("total", 0).maxAffected(1);
  assert.equal((await refused(many)).code, "PGRST124");
  return ok(await rest.from("orders").select().order("id"));
}

async function files() {
  const storage = new StorageClient(`${url}/storage/v1`, headers);
  const ok = ({ data, error }) => (assert.equal(error, null), data);
  ok(await storage.createBucket("reports", { public: false }));
  assert.deepEqual(ok(await storage.listBuckets()).map((bucket) => bucket.name), ["reports"]);
  const bucket = storage.from("reports");
  const upload = () => bucket.upload("2026/may 1.csv", "id,total", { contentType: "text/csv" });
  ok(await upload());
  assert.match((await upload()).error.message, /already exists/);
  assert.deepEqual(ok(await bucket.list()).map((file) => file.name), ["2026"]);
  const [file] = ok(await bucket.list("2026"));
  assert.deepEqual([file.name, file.metadata.size], ["may 1.csv", 8]);
  const { signedUrl } = ok(await bucket.createSignedUrl("2026/may 1.csv", 60));
  assert.equal(await (await fetch(signedUrl)).text(), "id,total");
  assert.equal(await ok(await bucket.download("2026/may 1.csv")).text(), "id,total");
  assert.match((await storage.deleteBucket("reports")).error.message, /not empty/);
  assert.deepEqual(ok(await bucket.remove(["2026/may 1.csv", "nothing"])).map((file) => file.name), ["2026/may 1.csv"]);
  ok(await storage.deleteBucket("reports"));
}

async function users() {
  const admin = new GoTrueAdminApi({ url: `${url}/auth/v1`, headers });
  const ok = ({ data, error }) => (assert.equal(error, null), data);
  const { user } = ok(await admin.createUser({ email: "ann@example.com", email_confirm: true, user_metadata: { name: "Ann" } }));
  assert.equal((await admin.createUser({ email: "ann@example.com" })).error.code, "email_exists");
  assert.deepEqual(ok(await admin.listUsers({ page: 1, perPage: 10 })).users.map((one) => one.email), ["ann@example.com"]);
  assert.equal(ok(await admin.getUserById(user.id)).user.user_metadata.name, "Ann");
  assert.ok(ok(await admin.updateUserById(user.id, { ban_duration: "24h" })).user.banned_until);
  ok(await admin.deleteUser(user.id));
  assert.equal((await admin.getUserById(user.id)).error.code, "user_not_found");
}

const left = await tables();
await files();
await users();
console.log(JSON.stringify(left));
