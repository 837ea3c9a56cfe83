"""What a run shows on the terminal: one live display, and plain lines where nobody watches."""

from vqa_canary.terminal.hook import DisplayHook, end_display
from vqa_canary.terminal.lines import quiet_terminal

__all__ = ["DisplayHook", "end_display", "quiet_terminal"]
