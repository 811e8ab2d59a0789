"""An app on Bolt for Python that is installed in several workspaces: Bolt's own flow installs it, and Bolt's own `authorize`
picks the token by what each payload says. Usage: python several.py socket|http WEB_API PORT"""

import sys
import tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urljoin, urlsplit

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.oauth.oauth_settings import OAuthSettings
from slack_bolt.request import BoltRequest
from slack_sdk import WebClient
from slack_sdk.oauth.installation_store import FileInstallationStore

TRANSPORT, API_URL, PORT = sys.argv[1:]
FOLDER = tempfile.TemporaryDirectory()
CLIENT_ID = "1234567890.0987654321"

app = App(
    client=WebClient(base_url=API_URL),
    signing_secret="sim-signing-secret",
    oauth_settings=OAuthSettings(
        client_id=CLIENT_ID,
        client_secret="sim-client-secret",
        scopes=["app_mentions:read", "chat:write", "commands"],
        redirect_uri=f"http://127.0.0.1:{PORT}/slack/oauth_redirect",
        authorization_url=urljoin(API_URL, "/oauth/v2/authorize"),
        installation_store=FileInstallationStore(base_dir=FOLDER.name, client_id=CLIENT_ID),
        install_page_rendering_enabled=False,
        state_validation_enabled=False,
    ),
)

# Whichever workspace lets the app go is forgotten, and no other.
app.enable_token_revocation_listeners()

VIEW = {
    "type": "modal",
    "callback_id": "form",
    "title": {"type": "plain_text", "text": "Form"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Nothing to fill in"}}],
}


def where(client):
    it = client.auth_test()
    return f"{it['team']} as {it['user_id']}"


@app.command("/mcp")
def command(ack, client, body, context, respond):
    ack()
    client.chat_postMessage(channel=body["channel_id"], text=f"in {where(client)}, said to be {context.team_id}")
    respond("answered privately")
    client.views_open(trigger_id=body["trigger_id"], view=VIEW)


@app.view("form")
def form(ack, client, body):
    ack()
    client.chat_postMessage(channel=body["user"]["id"], text=f"sent in {where(client)}")


@app.event("app_mention")
def mention(client, event, say):
    say(text=f"heard in {where(client)}", thread_ts=event["ts"])


class Handler(BaseHTTPRequestHandler):
    """Bolt's own development server answers on one path; Slack's three paths all mean it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        address = urlsplit(self.path)
        flow = app.oauth_flow
        handle = {"/slack/install": flow.handle_installation, "/slack/oauth_redirect": flow.handle_callback}[address.path]
        self.answer(handle(BoltRequest(body="", query=address.query, headers=self.all_headers())))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.answer(app.dispatch(BoltRequest(body=body, headers=self.all_headers())))

    def all_headers(self):
        return {name: self.headers.get_all(name) for name in self.headers}

    def answer(self, answer):
        payload = answer.body.encode()
        self.send_response(answer.status)
        for name, values in answer.headers.items():
            for value in values:
                self.send_header(name, value)
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_):
        pass


if TRANSPORT == "socket":
    SocketModeHandler(app, "xapp-sim").connect()
server = ThreadingHTTPServer(("127.0.0.1", int(PORT)), Handler)
print("ready", flush=True)
server.serve_forever()
