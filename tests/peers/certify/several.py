"""An app on Bolt for Python that is installed in several workspaces: Bolt's own flow installs it, and Bolt's own `authorize`
picks the token by what each payload says. Usage: python several.py socket|http WEB_API PORT"""

import sys
import tempfile
from urllib.parse import urljoin

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.oauth.oauth_settings import OAuthSettings
from slack_sdk import WebClient
from slack_sdk.oauth.installation_store import FileInstallationStore

from serve import serve

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


if TRANSPORT == "socket":
    SocketModeHandler(app, "xapp-sim").connect()
serve(app, PORT)
