"""Qt's own texts, such as the buttons of its dialogs, in the user's language."""

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

_qt_translator: QTranslator | None = None


def translate_qt(language: str) -> None:
    """Switch Qt to `language`, a code of `base.i18n.LANGUAGES`."""
    global _qt_translator
    application = QCoreApplication.instance()
    if application is None:
        return
    if _qt_translator is not None:
        application.removeTranslator(_qt_translator)
        _qt_translator = None
    if language == "en":
        return
    translator = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(QLocale(language), "qtbase", "_", folder):
        application.installTranslator(translator)
        _qt_translator = translator
