"""A shop's API, written as its users write theirs: FastAPI answers, and describes itself.

Says where it listens on its first line of output. Wants the key `k-orders-1` in `X-Api-Key`.
"""

import socket
from enum import Enum
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Security
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field

KEY = "k-orders-1"


def checked(key: Annotated[str | None, Security(APIKeyHeader(name="X-Api-Key", auto_error=False))]) -> None:
    if key != KEY:
        raise HTTPException(401, "This key is not known here.")


class State(str, Enum):
    new = "new"
    paid = "paid"
    sent = "sent"


class Address(BaseModel):
    street: str
    city: str


class Draft(BaseModel):
    item: str = Field(min_length=1, max_length=40, examples=["lamp"])
    count: int = Field(default=1, ge=1, le=99)
    to: Address | None = None


class Order(Draft):
    id: int
    state: State = State.new


class Change(BaseModel):
    count: int | None = None
    state: State | None = None


app = FastAPI(title="Orders", version="1.0.0")
orders: dict[int, Order] = {}


def found(order_id: int) -> Order:
    if order_id not in orders:
        raise HTTPException(404, f"There is no order {order_id}.")
    return orders[order_id]


@app.get("/health", tags=["about"])
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/orders", tags=["orders"], operation_id="list_orders", dependencies=[Depends(checked)])
def list_orders(
    state: Annotated[list[State] | None, Query(description="Only in one of these states.")] = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
    language: Annotated[str | None, Header(alias="X-Language")] = None,
) -> list[dict]:
    """The orders of the shop, the oldest first."""
    wanted = [order for order in orders.values() if not state or order.state in state]
    return [order.model_dump() | {"language": language} for order in wanted[:limit]]


@app.post("/orders", tags=["orders"], operation_id="create_order", status_code=201, dependencies=[Depends(checked)])
def create_order(draft: Draft) -> Order:
    """Takes a new order."""
    order = Order(id=len(orders) + 1, **draft.model_dump())
    orders[order.id] = order
    return order


@app.get("/orders/{order_id}", tags=["orders"], dependencies=[Depends(checked)])
def read_order(order_id: int) -> Order:
    """One order."""
    return found(order_id)


@app.patch("/orders/{order_id}", tags=["orders"], operation_id="change_order", dependencies=[Depends(checked)])
def change_order(order_id: int, change: Change) -> Order:
    """Changes how many, or how far it is."""
    order = found(order_id).model_copy(update=change.model_dump(exclude_none=True))
    orders[order_id] = order
    return order


@app.delete("/orders/{order_id}", tags=["orders"], operation_id="delete_order", dependencies=[Depends(checked)])
def delete_order(order_id: int) -> dict[str, int]:
    """Forgets an order."""
    found(order_id)
    del orders[order_id]
    return {"deleted": order_id}


listener = socket.create_server(("127.0.0.1", 0))
print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
