"""What Gradio keeps of each open page: the conversation alone."""

from typing import Any

from gradio.blocks import Blocks
from gradio.state_holder import SessionState, StateHolder


class _Page(SessionState):
    """Without the copy of all that the page shows, which Gradio keeps for links that this page does not have."""

    def __init__(self, blocks: Blocks) -> None:
        super().__init__(blocks)
        self.config_values = {}

    def _update_value_in_config(self, key: int, value: Any) -> None:
        pass


class States(StateHolder):
    """By session."""

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            self.session_data[session_id] = _Page(self.blocks)
        return super().__getitem__(session_id)
