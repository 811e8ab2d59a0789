// Uses a Klaviyo account through the library that Klaviyo publishes for it, which so says whether it
// speaks as theirs does. Usage: node klaviyo.mjs URL KEY
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { ApiKeySession, CampaignsApi, ListsApi, MetricsApi, ProfilesApi } = require("klaviyo-api");

const [url, key] = process.argv.slice(2);
const session = new ApiKeySession(key);
const api = (Kind) => Object.assign(new Kind(session), { basePath: url });
const [campaigns, lists, metrics, profiles] = [CampaignsApi, ListsApi, MetricsApi, ProfilesApi].map(api);

const added = [];
for (const email of ["ann@example.com", "bob@example.com", "cara@example.com"]) {
  const attributes = { email, firstName: email.split("@")[0] };
  const { body } = await profiles.createProfile({ data: { type: "profile", attributes } });
  assert.equal(body.data.attributes.email, email);
  added.push(body.data.id);
}
const twice = profiles.createProfile({ data: { type: "profile", attributes: { email: "ann@example.com" } } });
await assert.rejects(twice, (error) => error.response.status === 409);
const { body: changed } = await profiles.updateProfile(added[1], { data: { type: "profile", id: added[1], attributes: { title: "CTO" } } });
assert.deepEqual([changed.data.attributes.title, changed.data.attributes.firstName], ["CTO", "bob"]);
const { body: found } = await profiles.getProfiles({ filter: 'equals(email,"bob@example.com")' });
assert.deepEqual(found.data.map((one) => one.id), [added[1]]);

const emails = [];
for (let cursor; ; ) {
  const { body } = await profiles.getProfiles({ pageCursor: cursor });
  emails.push(...body.data.map((one) => one.attributes.email));
  if (!body.links.next) break;
  cursor = new URL(body.links.next).searchParams.get("page[cursor]");
}
await lists.addProfilesToList("L1", { data: [{ type: "profile", id: added[0] }, { type: "profile", id: added[1] }] });
await lists.removeProfilesFromList("L1", { data: [{ type: "profile", id: added[0] }] });
const { body: onList } = await lists.getProfilesForList("L1");

const { body: sent } = await campaigns.getCampaigns('equals(messages.channel,"email")');
assert.deepEqual(sent.data.map((one) => one.attributes.name), ["May sale"]);
await assert.rejects(campaigns.getCampaign("nothing"), (error) => error.response.status === 404);
const attributes = {
  metricId: "M1",
  measurements: ["count"],
  filter: ["greater-or-equal(datetime,2026-11-01T00:00:00)", "less-than(datetime,2026-11-03T00:00:00)"],
};
const { body: totals } = await metrics.queryMetricAggregates({ data: { type: "metric-aggregate", attributes } });
assert.equal(totals.data.attributes.dates.length, 2);
console.log(JSON.stringify({ emails, on_list: onList.data.map((one) => one.id) }));
