// Kinds that a client cannot say: by client and kind, why, with the place in its source; over which transport, if not over
// both; and `wire`, what does not pass without it. The driver fails for a kind that is neither checked nor here.

export const lacks = {
  "Bolt JS": {
    "told that it hears too much": {
      wire: "app_rate_limited",
      why: "a body without `event` has no type for `getTypeAndConversation` (dist/helpers.js), so `processEvent` (dist/App.js) calls nobody and acknowledges nothing",
    },
  },
  "slack-morphism": {
    "an organisation's app: mention, modal": {
      why: "`SlackEventAuthorization` (src/models/events/authorization.rs) and the views' events (src/models/events/interaction.rs) want a team; payloads without one go to the error handler, whose answer is a status alone",
    },
    "a lost acknowledgement: which attempt it is": {
      why: "no callback gets the headers of a request (src/hyper_tokio/listener/push_events.rs) or `retry_attempt` of an envelope (`SlackSocketModeEventEnvelopeParams`, src/models/socket_mode/mod.rs)",
    },
    "told that it hears too much": {
      wire: "app_rate_limited",
      transport: "socket",
      why: "over sockets an event is a `SlackPushEventCallback` (src/models/socket_mode/mod.rs), which wants an `event`",
    },
  },
};
