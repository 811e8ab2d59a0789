"""An app on Bolt for Python that acknowledges what Patchbay does, and answers when it is told to.

Usage: bolt.py http|socket PORT API_URL acks|answers
"""

import sys

import uvicorn
import uvloop
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

TRANSPORT, PORT, API_URL, DEPTH = sys.argv[1:]
ANSWERS = DEPTH == "answers"

app = AsyncApp(
    client=AsyncWebClient(token="xoxb-sim", base_url=API_URL),
    signing_secret="sim-signing-secret",
)


@app.command("/mcp")
async def command(ack, respond):
    await ack()
    if ANSWERS:
        await respond("`/mcp connect` connects a service, `/mcp list` lists yours.")


@app.action("dismiss")
async def dismiss(ack, respond):
    await ack()
    if ANSWERS:
        await respond("Nothing was changed.", replace_original=True)


# Bolt acknowledges events by itself.
@app.event("app_mention")
async def mention(event, say):
    if ANSWERS:
        await say("Ask me something.", thread_ts=event["ts"])


async def ready(_request):
    return PlainTextResponse("ready")


async def connect():
    await AsyncSocketModeHandler(app, "xapp-sim").start_async()


def serve():
    handler = AsyncSlackRequestHandler(app)
    routes = [Route("/readyz", ready)]
    for path in ("commands", "events", "interactivity"):
        routes.append(Route(f"/slack/{path}", handler.handle, methods=["POST"]))
    uvicorn.run(
        Starlette(routes=routes),
        port=int(PORT),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    if TRANSPORT == "http":
        serve()
    else:
        uvloop.run(connect())
