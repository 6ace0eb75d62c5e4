"""Settings: keys, promises, licences."""

from __future__ import annotations

from app import VERSION
from app.gui.viewmodels.settings import USED
from app.gui.widgets.base import Label
from app.gui.widgets.card import Card, Facts, check_line
from app.i18n import tr


class KeysCard(Card):
    """What the keyboard does everywhere."""

    def __init__(self) -> None:
        super().__init__(tr("Keys"))
        self.body.addWidget(
            Facts(
                [
                    ("Ctrl+1 … 9", tr("The pages, from the top")),
                    ("Ctrl+I", tr("Import")),
                    ("Ctrl+Shift+S", tr("Share")),
                    ("Ctrl+F", tr("Search here")),
                    ("Ctrl+J", tr("What goes out, as JSON")),
                    ("Ctrl+,", tr("Settings")),
                    ("Ctrl+L", tr("Lock now")),
                    ("Esc", tr("One step back")),
                    ("F1", tr("This list")),
                ]
            )
        )


class AboutCard(Card):
    """Version, promises and licences."""

    def __init__(self) -> None:
        super().__init__(tr("About"))
        self.body.addWidget(Label(f"MyData Vault {VERSION}", "strong"))
        for promise in (
            tr("Everything stays on this computer unless you hand it over yourself."),
            tr("No account, no server of ours, no measuring of what you do."),
            tr("Nobody can open the vault without the passphrase or the recovery key."),
            tr("What is handed over is exactly what the preview shows."),
        ):
            self.body.addWidget(check_line(promise))
        self.body.addWidget(Label(tr("Licence: Apache-2.0. It stands on:"), "caption", wrap=True))
        used = ", ".join(
            tr("{name} ({licence})", name=name, licence=licence) for name, licence in USED
        )
        self.body.addWidget(Label(used, "caption", wrap=True))
