"""Words on screen: through Qt's translation, from the same catalogues that everything below the window uses.

A text is asked for by its code. `Catalogue` answers Qt in another language; in English the templates are used as they
are. A pseudo-locale (`PseudoCatalogue`) brackets and lengthens every text, so that one that never went through here
stands out.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication, QObject, QTranslator

from workbench.core.messages import Argument, Message, catalogue

CONTEXT = "workbench"


def text(code: str, **arguments: Argument) -> str:
    """The sentence or word of a code, in the language of the window."""
    return message_text(Message(code, arguments))


def message_text(message: Message) -> str:
    """A recorded message, in the language of the window."""
    template = QCoreApplication.translate(CONTEXT, message.code)
    if not template or template == message.code:
        return message.text()
    shown: Mapping[str, Argument] = {name: "–" if value is None else value for name, value in message.args.items()}
    try:
        return template.format_map(dict(shown))
    except (KeyError, ValueError, IndexError):
        return message.text()


class Catalogue(QTranslator):
    """Answers Qt from ``resources/translations/LANGUAGE``."""

    def __init__(self, language: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._templates = catalogue(language)

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str:
        """The template for a code, null where there is none: Qt then asks the next translator. (Empty would be taken
        for the translation.)
        """
        del disambiguation, n
        return self._templates.get(source) if context == CONTEXT else None  # type: ignore[return-value]

    def isEmpty(self) -> bool:
        return not self._templates


class PseudoCatalogue(QTranslator):
    """English in brackets, a third longer and with accents: for finding texts that are not translated or do not fit."""

    ACCENTS = str.maketrans("aeiouAEIOU", "àéîöûÀÉÎÖÛ")

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str:
        """``[Àdd files… ~~~]`` for ``Add files…``; placeholders are left alone."""
        del disambiguation, n
        template = catalogue().get(source) if context == CONTEXT else None
        if template is None:
            return None  # type: ignore[return-value]
        parts = template.split("{")
        shown = [parts[0].translate(self.ACCENTS)]
        for part in parts[1:]:
            name, brace, rest = part.partition("}")
            shown.append("{" + name + brace + rest.translate(self.ACCENTS))
        return "[" + "".join(shown) + " " + "~" * (len(template) // 3) + "]"

    def isEmpty(self) -> bool:
        return False
