// What slack-morphism's types cannot say, and how the same is judged without it. slack-sim/README.md has the list.
import { same } from "../certify/workspace.mjs";

const answers = async (w, ts) => (await w.messages("alice", "general", ts)).slice(1).filter((message) => message.bot_id);

export const lacks = {
  /** Metadata whose values are not texts. */
  metadata: true,
};

/** Kinds that are judged in another way. */
export const instead = {
  // Which attempt it is, no typed callback is told: that it came twice shows in the answers.
  "a lost acknowledgement: delivered again, saying so": async (w) => {
    await w.fault({ on: "ack", kind: "lost_reply", times: 2 });
    const ts = await w.say("alice", "general", "@patchbay again");
    await w.when("a second answer", async () => {
      const found = await answers(w, ts);
      if (found.length > 1) return true;
      await w.post("/clock", { advance: "1s" });
      return false;
    });
    const texts = new Set((await answers(w, ts)).map((message) => message.text));
    same(texts.size, 1, "the number of different answers");
  },
};
