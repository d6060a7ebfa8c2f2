"""The one error class that users see."""

from recognizer.base.i18n import tr


class RecognizerError(Exception):
    """Something that the user can understand and act on.

    Attributes:
        what: What happened, a sentence without its full stop, in the user's language.
        where: The file or field, with the offending value; empty where there is none.
        fix: What to do about it, a sentence without its full stop; empty where nothing can be done.
        exit_code: 2 for the user's input (the usual case), 1 for a fault of the program or the machine.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "", exit_code: int = 2) -> None:
        super().__init__(what, where, fix)
        self.what = what
        self.where = where
        self.fix = fix
        self.exit_code = exit_code

    def __str__(self) -> str:
        """One line: what happened, where, and what to do."""
        # Languages differ in their full stops and colons.
        line = tr("{what}: {where}", what=self.what, where=self.where) if self.where else self.what
        if self.fix:
            return tr("{line}. {fix}.", line=line, fix=self.fix)
        return tr("{line}.", line=line)
