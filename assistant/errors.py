"""What can go wrong and be mended by the person in front of it.

AssistantError
├── UsageError        wrong words or unreadable input (exit code 2)
├── StoreError        the store is locked, damaged or on a full disk
├── IndexUnusable     no index, or one that does not fit the settings
└── ModelError        a model's files are missing, damaged or of the wrong kind

Every message is one line that names the value and the way out. Anything else that is raised is a bug
and keeps its traceback.
"""


class AssistantError(Exception):
    """Something that the person who asked can mend; the message says how."""

    exit_code = 1


class UsageError(AssistantError):
    """Wrong words or unreadable input."""

    exit_code = 2


class StoreError(AssistantError):
    """The store is locked, damaged or on a full disk."""


class IndexUnusable(AssistantError):
    """There is no index, or it does not fit the settings or this version."""


class ModelError(AssistantError):
    """A model's files are missing, damaged or of the wrong kind."""
