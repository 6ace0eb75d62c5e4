"""Settings: language, theme and size of everything."""

from __future__ import annotations

from app.gui.viewmodels.settings import LANGUAGES, SCALES, THEMES, SettingsModel
from app.gui.widgets.card import Card
from app.gui.widgets.fields import Choice, Field
from app.i18n import tr


class LookCard(Card):
    """Whatever is chosen here is in force at once."""

    def __init__(self, model: SettingsModel) -> None:
        super().__init__(tr("Language and look"))
        self.model = model
        liked = model.liked()
        languages = [(code, tr(name)) for code, name in LANGUAGES.items()]
        themes = [(code, tr(name)) for code, name in THEMES.items()]
        scales = [(str(each), f"{each} %") for each in SCALES]
        self.language = Choice(tr("Language"), languages, liked.language)
        self.theme = Choice(tr("Theme"), themes, liked.theme)
        self.scale = Choice(tr("Size"), scales, str(liked.scale))
        self.language.chosen.connect(self._language)
        self.theme.chosen.connect(self._theme)
        self.scale.chosen.connect(self._scale)
        for name, choice in (
            (tr("Language"), self.language),
            (tr("Theme"), self.theme),
            (tr("Size"), self.scale),
        ):
            self.body.addWidget(Field(name, choice))

    def _language(self, value: str) -> None:
        self.model.like(language=value)

    def _theme(self, value: str) -> None:
        self.model.like(theme=value)

    def _scale(self, value: str) -> None:
        self.model.like(scale=int(value))
