"""The catalogue for assistants over HTTP: one process, one address, `/mcp`; each request stands for itself.

What the tools say is public, so nobody signs in. What this guards against is a page in a reader's browser that reaches the
server by a name of its own (DNS rebinding) or by a script, and requests that are too large, too long or too many.
"""

import asyncio
import errno
import json
import socket
from urllib.parse import urlsplit

import uvicorn
from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accounts.client_address import client_address
from portal.api import limits, throttles
from portal.mcp_server import server

PATH = "/mcp"
OF_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")
MOST_AT_ONCE = 100
"""Requests and idle connections; whoever comes beyond them is told 503."""
SECONDS = 30
"""The longest that one request is waited for, its body included."""
INVALID_REQUEST = -32600


class CannotListen(Exception):
    """The address is not to be had; the words say why, and what to do."""


def serve(*, host: str, port: int) -> None:
    """Until a signal ends it. Raises CannotListen."""
    listening = _listening(host, port)
    # Who asks is read from X-Forwarded-For by our own rule (TRUSTED_PROXIES), never by the server's.
    config = uvicorn.Config(
        application(), log_level="warning", proxy_headers=False, server_header=False, limit_concurrency=MOST_AT_ONCE
    )
    print(f"Assistants connect to http://{_named(host)}:{listening.getsockname()[1]}{PATH}", flush=True)
    uvicorn.Server(config).run(sockets=[listening])


def application() -> ASGIApp:
    """The protocol's own application behind the checks."""
    inner = server().streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=limits.LARGEST_BODY,
        host="any",  # the checks here know the site's names, those of the protocol's package only the machine's
    )
    return _checked(inner)


def _checked(inner: ASGIApp) -> ASGIApp:
    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        refused = _refusal(scope) or await _counted(scope)
        if refused:
            await _say(send, *refused)
            return
        has_begun = False

        async def noted(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            async with asyncio.timeout(SECONDS):
                await inner(scope, receive, noted)
        except TimeoutError:
            if not has_begun:  # else the server closes the connection
                await _say(send, 408, f"This took longer than {SECONDS} seconds.", {})

    return answered


Refusal = tuple[int, str, dict[str, str]]


def _refusal(scope: Scope) -> Refusal | None:
    """Why a request goes no further, by what stands in its head."""
    headers = Headers(scope=scope)
    host, origin = headers.get("host", ""), headers.get("origin")
    if not _is_ours(host):
        return 421, f"This server is not called {host[:100]!r}: ALLOWED_HOSTS says what it is called.", {}
    if origin is not None and not _is_ours(urlsplit(origin).netloc):
        return 403, "Pages of other sites may not use this server.", {}
    if scope["path"].rstrip("/") != PATH:
        return 404, f"Assistants are answered at {PATH}.", {}
    if scope["method"] != "POST":
        return 405, "Every message is a POST of its own; nothing is sent unasked, and there are no sessions.", {"allow": "POST"}
    return None


def _is_ours(host: str) -> bool:
    """Whether a host, with its port or without, is this machine or one of the site's own names."""
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, [*OF_THIS_MACHINE, *settings.ALLOWED_HOSTS])


async def _counted(scope: Scope) -> Refusal | None:
    """One more request of an address, in the same count as those of the API."""
    asking = HttpRequest()
    asking.META["REMOTE_ADDR"] = (scope.get("client") or ("",))[0]
    if forwarded := Headers(scope=scope).getlist("x-forwarded-for"):
        asking.META["HTTP_X_FORWARDED_FOR"] = ",".join(forwarded)
    limit, name = settings.API_ADDRESS_PER_MINUTE, f"address-{client_address(asking)}"
    allowance = await asyncio.to_thread(throttles.count, name, limit=limit)
    if allowance is None or not allowance.is_exceeded:
        return None
    wait = str(max(allowance.seconds_left, 1))
    return 429, f"Too many requests: wait {wait} seconds.", {"retry-after": wait}


async def _say(send: Send, status: int, sentence: str, headers: dict[str, str]) -> None:
    """An error as the protocol has it, for a message that nobody read."""
    body = json.dumps({"jsonrpc": "2.0", "id": None, "error": {"code": INVALID_REQUEST, "message": sentence}}).encode()
    pairs = {"content-type": "application/json", "content-length": str(len(body)), **headers}
    head = [(name.encode(), value.encode()) for name, value in pairs.items()]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})


def _named(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=MOST_AT_ONCE)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = "something listens there already: end it, or say another with --port"
        else:
            reason = f"{error.strerror or error}: say another with --host or --port"
        raise CannotListen(f"Cannot listen at {_named(host)}:{port}: {reason}.") from error
