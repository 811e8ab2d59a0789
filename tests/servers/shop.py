"""A shop's MCP server, as most people write theirs: FastMCP, with a token for each client.

Says where it listens on its first line of output. Wants the bearer token `t-shop-1`. What it learns of a call that
nobody waits for any more it tells with `cancelled`.
"""

import asyncio
import socket

import uvicorn
from fastmcp import FastMCP
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier
from mcp.types import ToolAnnotations
from pydantic import BaseModel

TOKEN = "t-shop-1"

mcp = FastMCP(
    "Shop",
    auth=StaticTokenVerifier(tokens={TOKEN: {"client_id": "shop", "scopes": []}}),
)


class Order(BaseModel):
    item: str
    count: int
    state: str = "new"


orders = {7: Order(item="Lampe «Ødegård»", count=3), 9: Order(item="rug", count=1)}
cancelled: list[str] = []


@mcp.tool(annotations=ToolAnnotations(readOnlyHint=True))
def list_orders(state: str | None = None) -> dict[str, Order]:
    """The shop's orders, by number."""
    return {str(number): order for number, order in orders.items() if state in (None, order.state)}


@mcp.tool(annotations=ToolAnnotations(destructiveHint=False))
def order(item: str, count: int = 1) -> str:
    """Orders something."""
    if item == "moon":
        raise ValueError("The moon is not for sale.")
    number = max(orders) + 1
    orders[number] = Order(item=item, count=count)
    return f"It is order {number}."


@mcp.tool(annotations=ToolAnnotations(destructiveHint=True))
def forget_order(number: int) -> str:
    """Forgets an order."""
    del orders[number]
    return "It is gone."


@mcp.tool
async def wait(seconds: float) -> str:
    """Takes its time."""
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        cancelled.append("wait")
        raise
    return "Here I am."


@mcp.tool(annotations=ToolAnnotations(readOnlyHint=True))
def seen_cancelled() -> str:
    """What was cancelled."""
    return ", ".join(cancelled) or "nothing"


listener = socket.create_server(("127.0.0.1", 0))
print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}/mcp", flush=True)
uvicorn.Server(uvicorn.Config(mcp.http_app(), log_level="warning")).run(sockets=[listener])
