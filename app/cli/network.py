"""network: every connection ever made, and the switch that forbids them."""

from __future__ import annotations

from argparse import Namespace

import msgspec

from app.cli import opening
from app.cli.console import Console
from app.i18n import tr
from app.services import network as service


def network(arguments: Namespace, console: Console) -> int:
    """Show the list; with `--offline`, turn the switch first."""
    with opening.unlocked(arguments) as opened:
        if arguments.offline:
            service.set_offline(opened, offline=arguments.offline == "on")
        found = service.network(opened)
    console.answer(msgspec.to_builtins(found))
    if found.offline:
        console.say(tr("No connection is allowed."))
    if not found.connections:
        console.say(tr("This program has made no connection yet."))
    console.table(
        (tr("When"), tr("Where to"), tr("Why"), tr("Sent"), tr("Received")),
        [
            (made.at, made.host, made.purpose, f"{made.sent:,}", f"{made.received:,}")
            for made in found.connections
        ],
        numbers=[3, 4],
    )
    return 0
