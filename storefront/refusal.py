"""Refusal: a no in plain words, meant to be read by the person who asked."""


class Refusal(Exception):
    """What cannot be done, named, and what to do instead. ``field`` says which field of a form it belongs to."""

    def __init__(self, message, *, field=None, code=""):
        super().__init__(str(message))
        self.message = message
        self.field = field
        self.code = code
