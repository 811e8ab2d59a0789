"""The certification app on Bolt for Python. Usage: app.py socket|http API_URL PORT"""

import json
import sys
import threading
from urllib.parse import urljoin, urlparse
from urllib.request import Request, urlopen

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.oauth import OAuthFlow
from slack_bolt.oauth.oauth_settings import OAuthSettings
from slack_bolt.request import BoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.installation_store import InstallationStore
from slack_sdk.oauth.token_rotation import TokenRotator
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from serve import serve

TRANSPORT, API_URL, PORT = sys.argv[1:]

client = WebClient(token="xoxb-sim", base_url=API_URL)
client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=3))
app = App(client=client, signing_secret="sim-signing-secret")


def text(words):
    return {"type": "plain_text", "text": words}


def button(action_id, words):
    element = {"type": "button", "action_id": action_id, "text": text(words), "value": action_id}
    return {"type": "actions", "elements": [element]}


def section(words):
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}}


def form(title):
    element = {"type": "plain_text_input", "action_id": "value"}
    name = {"type": "input", "block_id": "name", "label": text("Name"), "element": element}
    return {
        "type": "modal",
        "callback_id": "form",
        "title": text(title),
        "submit": text("Send"),
        "notify_on_close": True,
        "blocks": [name, button("push", "Push")],
    }


def note(words):
    return {"type": "modal", "callback_id": "note", "title": text("Note"), "blocks": [section(words)]}


def home(words):
    return {"type": "home", "blocks": [section(words), button("home_ping", "Home ping")]}


def failure(call):
    try:
        call()
        return "worked"
    except SlackApiError as error:
        return error.response["error"]


def do_ack(ack, **_):
    ack("acked with words")


def do_respond(ack, respond, **_):
    ack()
    respond("first answer")
    respond(text="second answer", replace_original=True)


def do_modal(ack, client, body, **_):
    ack()
    trigger = body["trigger_id"]
    opened = client.views_open(trigger_id=trigger, view=form("Form"))
    view_id = opened["view"]["id"]
    stale = failure(lambda: client.views_update(view_id=view_id, hash="0.wrong", view=form("Form")))
    spent = failure(lambda: client.views_open(trigger_id=trigger, view=form("Form")))
    client.chat_postMessage(channel=body["user_id"], text=f"views: {stale} {spent}")


def do_update(ack, client, body, **_):
    ack()
    view = client.views_open(trigger_id=body["trigger_id"], view=note("looking"))["view"]
    client.views_update(view_id=view["id"], hash=view["hash"], view=note("found it"))


def do_once(ack, respond, **_):
    ack()
    respond("soon gone")
    respond(delete_original=True)
    respond(text="everybody reads this", response_type="in_channel")


def do_buttons(ack, client, body, **_):
    ack()
    blocks = [section("with a button"), button("ping", "Ping")]
    client.chat_postMessage(channel=body["channel_id"], text="with a button", blocks=blocks)


def do_stream(ack, client, body, **_):
    ack()
    channel = body["channel_id"]
    root = client.chat_postMessage(channel=channel, text="a stream follows")
    stream = client.chat_stream(
        channel=channel,
        thread_ts=root["ts"],
        recipient_user_id=body["user_id"],
        recipient_team_id=body["team_id"],
        buffer_size=10,
    )
    for piece in ("One, two, three. ", "Four, five, six. ", "Seven."):
        stream.append(markdown_text=piece)
    stream.stop(blocks=[section("the end")])


def do_tasks(ack, client, body, **_):
    ack()
    channel = body["channel_id"]
    root = client.chat_postMessage(channel=channel, text="tasks follow")
    task = {"type": "task_update", "id": "t1", "title": "Look", "status": "in_progress"}
    begun = client.chat_startStream(
        channel=channel,
        thread_ts=root["ts"],
        recipient_user_id=body["user_id"],
        recipient_team_id=body["team_id"],
        chunks=[task],
    )
    words = {"type": "markdown_text", "text": "Working on it."}
    client.chat_appendStream(channel=channel, ts=begun["ts"], chunks=[words])


def do_status(ack, client, body, **_):
    ack()
    channel = body["channel_id"]
    root = client.chat_postMessage(channel=channel, text="a status follows")
    status = {"channel_id": channel, "thread_ts": root["ts"], "status": "is touring"}
    client.assistant_threads_setStatus(**status)


def read(file):
    """What is in a file, read as an app has to: with its token."""
    request = Request(file["url_private"], headers={"authorization": "Bearer xoxb-sim"})
    with urlopen(request) as response:
        return response.read().decode()


class MemoryStore(InstallationStore):
    """Remembers the last installation."""

    def save(self, installation):
        self.installation = installation


def do_scopes(ack, client, body, **_):
    """Nothing but the acknowledgement can say this: the token may do nothing else."""
    try:
        client.users_info(user=body["user_id"])
        ack("worked")
    except SlackApiError as error:
        ack(f"{error.response['error']}: {error.response['needed']}")


def do_validate(ack, client, **_):
    good = client.api_call("blocks.validate", json={"blocks": [section("fine")]})
    try:
        client.api_call("blocks.validate", json={"message": {"blocks": [{"type": "section"}]}})
    except SlackApiError as error:
        bad = error.response
        ack(f"{str(good['ok']).lower()}, {bad['error']} at {bad['errors'][0]['pointer']}")


def do_select(ack, client, body, **_):
    ack()
    accessory = {"type": "external_select", "action_id": "project", "min_query_length": 2}
    block = {**section("choose a project"), "accessory": accessory}
    client.chat_postMessage(channel=body["channel_id"], text="choose a project", blocks=[block])


CLIENT = {"client_id": "1234567890.0987654321", "client_secret": "sim-client-secret"}
STORE = MemoryStore()
FLOW = OAuthFlow(
    client=WebClient(base_url=API_URL),
    settings=OAuthSettings(
        **CLIENT,
        scopes=["chat:write", "users:read"],
        user_scopes=["users:read"],
        redirect_uri="http://127.0.0.1:9/callback",
        authorization_url=urljoin(API_URL, "/oauth/v2/authorize"),
        installation_store=STORE,
        state_validation_enabled=False,
    ),
)


def do_install(ack, **_):
    ack(FLOW.build_authorize_url("state", BoltRequest(body="")))


def who(token):
    return WebClient(token=token, base_url=API_URL).auth_test()["user"]


def installation(url):
    """What the address that the browser came back to leads to; and a line about it."""
    answer = FLOW.handle_callback(BoltRequest(body="", query=urlparse(url).query))
    if answer.status != 200:
        raise RuntimeError(f"the callback ended with {answer.status}: {answer.body}")
    first = STORE.installation
    place = first.team_id or first.enterprise_id
    return first, f"installed in {place} as {who(first.bot_token)} and {who(first.user_token)}"


def do_installed(ack, respond, body, **_):
    """The browser comes back with a code."""
    ack()
    respond(installation(body["text"].split(" ")[1])[1])


def do_callback(ack, respond, body, **_):
    """The same; then the tokens renewed as if they ran out."""
    ack()
    first, told = installation(body["text"].split(" ")[1])
    rotator = TokenRotator(**CLIENT, client=WebClient(base_url=API_URL))
    second = rotator.perform_token_rotation(installation=first, minutes_before_expiration=24 * 60)
    renewed = first.bot_token != second.bot_token and who(second.bot_token) == "patchbay"
    respond(f"{told}, renewed: {str(renewed).lower()}")


def do_leave(ack, client, **_):
    ack()
    client.apps_uninstall(**CLIENT)


EARLIER = ["none"]


def do_late(ack, client, body, **_):
    """Opens with the trigger of the command before this one."""
    opened = failure(lambda: client.views_open(trigger_id=EARLIER[0], view=note("late")))
    EARLIER[0] = body["trigger_id"]
    ack(f"late: {opened}")


NOTICED = []


def do_noticed(ack, **_):
    ack(f"noticed: {' '.join(NOTICED)}")


def do_file(ack, client, body, **_):
    ack()
    uploaded = client.files_upload_v2(
        channel=body["channel_id"],
        initial_comment="a file follows",
        content="Zeile eins\nLine two ✓\n",
        filename="lines.txt",
        title="Two lines",
    )
    file = client.files_info(file=uploaded["file"]["id"])["file"]
    listed = client.files_list(channel=body["channel_id"])["files"]
    if not any(one["id"] == file["id"] for one in listed):
        raise RuntimeError("files.list does not have it")
    client.chat_postMessage(channel=body["user_id"], text=f"uploaded {file['title']}: {read(file)}")
    client.files_delete(file=file["id"])
    gone = failure(lambda: client.files_info(file=file["id"]))
    client.chat_postMessage(channel=body["user_id"], text=f"then {gone}")


def do_tour(ack, client, body, respond, **_):
    ack()
    respond(json.dumps(tour(client, body["channel_id"], body["user_id"])))


def tour(client, channel, user):
    """Every other outbound call once; what came back, for the driver to judge."""
    seen = {}
    metadata = {"event_type": "tour", "event_payload": {"n": 1, "deep": {"er": True}}}
    noted = client.chat_postMessage(channel=channel, text="tour: noted", metadata=metadata)["ts"]
    ts = client.chat_postMessage(channel=channel, text="tour: one")["ts"]
    client.chat_update(channel=channel, ts=ts, text="tour: two")
    client.reactions_add(channel=channel, timestamp=ts, name="eyes")
    client.chat_postMessage(channel=channel, thread_ts=ts, text="tour: reply")
    gone = client.chat_postMessage(channel=channel, text="tour: gone")
    client.chat_delete(channel=channel, ts=gone["ts"])
    client.chat_postEphemeral(channel=channel, user=user, text="tour: for you")
    seen["permalink"] = client.chat_getPermalink(channel=channel, message_ts=ts)["permalink"]
    replies = client.conversations_replies(channel=channel, ts=ts)
    seen["replies"] = [message["text"] for message in replies["messages"]]
    noted = client.conversations_replies(channel=channel, ts=noted, include_all_metadata=True)
    seen["metadata"] = noted["messages"][0].get("metadata", {}).get("event_payload")
    seen["history"] = len(client.conversations_history(channel=channel, limit=1)["messages"])
    seen["channel"] = client.conversations_info(channel=channel)["channel"]["name"]
    seen["channels"] = sum(len(page["channels"]) for page in client.conversations_list(limit=1))
    seen["members"] = len(client.conversations_members(channel=channel)["members"])
    seen["im"] = client.conversations_open(users=user)["channel"]["id"]
    seen["name"] = client.users_info(user=user)["user"]["name"]
    seen["users"] = len(client.users_list()["members"])
    seen["me"] = client.auth_test()["user"]
    seen["missing"] = failure(lambda: client.chat_update(channel=channel, ts="1.000001", text="x"))
    nonsense = [{"type": "nonsense"}]
    seen["blocks"] = failure(lambda: client.chat_postMessage(channel=channel, text="x", blocks=nonsense))
    session = {"channel_id": channel, "thread_ts": ts, "status": "closed"}
    client.api_call("agents.sessions.setStatus", json=session)
    return seen


def do_rest(ack, client, body, respond, **_):
    ack()
    respond(json.dumps(rest(client, body["channel_id"], body["user_id"])))


def rest(client, channel, user):
    """The methods that no other verb calls; what came back, for the driver to judge."""
    seen = {"echo": client.api_test(foo="bar")["args"]["foo"], "bot": client.bots_info()["bot"]["name"]}
    ts = client.chat_postMessage(channel=channel, text="rest: root")["ts"]
    for name in ("eyes", "tada"):
        client.reactions_add(channel=channel, timestamp=ts, name=name)
    client.reactions_remove(channel=channel, timestamp=ts, name="eyes")
    session = {"channel_id": channel, "thread_ts": ts}
    client.api_call("agents.sessions.setStatus", json={**session, "status": "active"})
    renamed = client.api_call("agents.sessions.rename", json={**session, "title": "The rest"})
    seen["title"] = renamed["title"]
    place = {"channel_id": client.conversations_open(users=user)["channel"]["id"], "thread_ts": ts}
    prompts = [{"title": "Ask", "message": "What is left?"}]
    client.assistant_threads_setSuggestedPrompts(**place, prompts=prompts)
    client.assistant_threads_setTitle(**place, title="The rest")
    whose = WebClient(token="xapp-sim", base_url=API_URL).apps_event_authorizations_list(
        event_context="of an event"
    )
    seen["whose"] = whose["authorizations"][0]["user_id"]
    seen["team"] = client.team_info()["team"]["domain"]
    seen["revoked"] = client.auth_revoke(test=True)["revoked"]
    return seen


VERBS = {
    "ack": do_ack,
    "respond": do_respond,
    "modal": do_modal,
    "update": do_update,
    "once": do_once,
    "buttons": do_buttons,
    "stream": do_stream,
    "tasks": do_tasks,
    "status": do_status,
    "scopes": do_scopes,
    "validate": do_validate,
    "select": do_select,
    "install": do_install,
    "callback": do_callback,
    "late": do_late,
    "installed": do_installed,
    "leave": do_leave,
    "noticed": do_noticed,
    "rest": do_rest,
    "file": do_file,
    "tour": do_tour,
}


@app.command("/mcp")
def command(ack, client, body, respond):
    verb = VERBS.get(body["text"].split(" ")[0])
    if verb is None:
        ack(f"unknown: {body['text']}")
    else:
        verb(ack=ack, client=client, body=body, respond=respond)


@app.event("app_mention")
def mentioned(event, say, request):
    retry = request.headers.get("x-slack-retry-num", ["0"])[0]
    say(text=f"mentioned: {event['text']} (retry {retry})", thread_ts=event.get("thread_ts", event["ts"]))


@app.event("message")
def heard(event, say):
    if event.get("channel_type") != "im":
        return
    subtype = event.get("subtype")
    if subtype is None and "bot_id" not in event:
        say(f"heard: {event['text']}")
    elif subtype == "file_share" and "bot_id" not in event:
        texts = "|".join(read(file) for file in event["files"])
        say(f"got {len(event['files'])} with “{event['text']}”: {texts}")
    elif subtype == "message_changed" and "bot_id" not in event["message"]:
        say(f"edited: {event['previous_message']['text']} to {event['message']['text']}")
    elif subtype == "message_deleted" and "bot_id" not in event["previous_message"]:
        say(f"taken back: {event['previous_message']['text']}")


@app.shortcut("ask_about")
def asked(ack, client, body):
    ack()
    message = body["message"]
    words = f"asked about: {message['text']}"
    client.chat_postMessage(channel=body["channel"]["id"], thread_ts=message["ts"], text=words)


@app.shortcut("connect_service")
def connect(ack, client, body):
    ack()
    client.views_open(trigger_id=body["trigger_id"], view=note("by a shortcut"))


@app.action("ping")
def ping(ack, respond):
    ack()
    respond(text="pong", replace_original=True)


@app.action("push")
def push(ack, client, body):
    ack()
    client.views_push(trigger_id=body["trigger_id"], view=note("pushed on top"))


@app.action("home_ping")
def home_ping(ack, client, body):
    ack()
    client.views_publish(user_id=body["user"]["id"], view=home("home pong"))


@app.view("form")
def submitted(ack, client, body, view):
    name = view["state"]["values"]["name"]["value"]["value"]
    if name == "bad":
        ack(response_action="errors", errors={"name": "not that one"})
    elif name == "update":
        ack(response_action="update", view=note("updated in place"))
    elif name == "push":
        ack(response_action="push", view=note("pushed by answer"))
    elif name == "clear":
        ack(response_action="clear")
    else:
        ack()
        client.chat_postMessage(channel=body["user"]["id"], text=f"saved: {name}")


@app.view_closed("form")
def closed(ack, client, body):
    ack()
    client.chat_postMessage(channel=body["user"]["id"], text="closed the form")


@app.event("app_home_opened")
def home_opened(event, client):
    if event["tab"] == "home":
        client.views_publish(user_id=event["user"], view=home("welcome home"))


@app.event("agent_session_stopped")
def stopped(event, client):
    place = {"channel_id": event["channel"], "thread_ts": event["thread_ts"]}
    client.api_call("agents.sessions.setStatus", json={**place, "status": "active"})
    words = f"stopped {len(event['streaming_message_ts'])} stream"
    client.chat_postMessage(channel=event["channel"], thread_ts=event["thread_ts"], text=words)


@app.event("reaction_added")
def reacted(event, client):
    if event["reaction"] == "tada":
        item = event["item"]
        client.chat_postMessage(channel=item["channel"], thread_ts=item["ts"], text="saw a reaction")


@app.options("project")
def offered(ack, payload):
    value = payload["value"]
    options = [{"text": text(f"{value} {end}"), "value": f"{value}-{end}"} for end in ("map", "works")]
    ack(options=options)


@app.action("project")
def chosen(ack, action, respond):
    ack()
    respond(text=f"chose {action['selected_option']['value']}", replace_original=True)


def notice(event):
    NOTICED.append(event["type"])


for kind in (
    "tokens_revoked",
    "app_uninstalled",
    "member_joined_channel",
    "user_change",
    "member_left_channel",
    "channel_deleted",
    "channel_left",
    "group_deleted",
    "group_left",
    "app_context_changed",
    "agent_session_title_changed",
):
    app.event(kind)(notice)


@app.middleware
def limited(body, next):
    """Of this no listener can hear: it is no event."""
    if body.get("type") == "app_rate_limited":
        NOTICED.append(body["type"])
        return BoltResponse(status=200)
    return next()


if TRANSPORT == "socket":
    handler = SocketModeHandler(app, "xapp-sim")
    handler.connect()
    print("ready", flush=True)
    threading.Event().wait()
else:
    serve(app, PORT)
