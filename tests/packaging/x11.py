"""Real mouse and keyboard events through the X server, by its own test extension; needs libX11 and libXtst only."""

import ctypes
import time
from collections.abc import Sequence
from typing import Any

_CLIENT_MESSAGE = 33
_REVERT_TO_PARENT = 2
_LEFT = 1


class _ClientMessage(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
    )


class _Event(ctypes.Union):
    _fields_ = (("message", _ClientMessage), ("padding", ctypes.c_long * 24))


class Hand:
    """A mouse and a keyboard at an X display.

    Args:
        display: Its name, such as `:7`.
    """

    def __init__(self, display: str) -> None:
        self._x: Any = ctypes.CDLL("libX11.so.6")
        self._test: Any = ctypes.CDLL("libXtst.so.6")
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._x.XInternAtom.restype = ctypes.c_ulong
        self._x.XStringToKeysym.restype = ctypes.c_ulong
        self._x.XKeysymToKeycode.restype = ctypes.c_ubyte
        opened = self._x.XOpenDisplay(display.encode())
        if not opened:
            raise OSError(f"no X display {display}")
        self._display = ctypes.c_void_p(opened)

    def move(self, x: int, y: int) -> None:
        """Move the pointer to a place on the screen, pixels."""
        self._test.XTestFakeMotionEvent(self._display, -1, x, y, ctypes.c_ulong(0))
        self._x.XSync(self._display, 0)

    def press(self, is_down: bool) -> None:
        """Press or release the left button."""
        self._test.XTestFakeButtonEvent(self._display, _LEFT, int(is_down), ctypes.c_ulong(0))
        self._x.XSync(self._display, 0)

    def click(self, x: int, y: int) -> None:
        """Click at a place on the screen."""
        self.move(x, y)
        time.sleep(0.05)
        self.press(True)
        time.sleep(0.03)
        self.press(False)

    def drag(self, places: Sequence[tuple[int, int]], seconds: float) -> None:
        """Draw a line through `places` with the button held, as a person would, in `seconds`."""
        self.move(*places[0])
        self.press(True)
        for x, y in places[1:]:
            time.sleep(seconds / len(places))
            self.move(x, y)
        self.press(False)

    def key(self, name: str, modifier: str = "") -> None:
        """Type a key by its X name, such as `Return` or `a`; `modifier` such as `Control_L` is held meanwhile."""
        strokes = (
            [(modifier, True)] * bool(modifier) + [(name, True), (name, False)] + [(modifier, False)] * bool(modifier)
        )
        for key, is_down in strokes:
            code = self._x.XKeysymToKeycode(self._display, ctypes.c_ulong(self._x.XStringToKeysym(key.encode())))
            if not code:
                raise ValueError(f"no key {key}")
            self._test.XTestFakeKeyEvent(self._display, int(code), int(is_down), ctypes.c_ulong(0))
            self._x.XSync(self._display, 0)
        time.sleep(0.03)

    def focus(self, window: int) -> None:
        """Give `window` the keyboard, which is a window manager's part."""
        self._x.XSetInputFocus(self._display, ctypes.c_ulong(window), _REVERT_TO_PARENT, ctypes.c_ulong(0))
        self._x.XSync(self._display, 0)

    def close(self, window: int) -> None:
        """Ask `window` to close as the cross in its title bar does: WM_DELETE_WINDOW."""
        protocols, delete = (
            self._x.XInternAtom(self._display, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW")
        )
        event = _Event()
        event.message.type = _CLIENT_MESSAGE
        event.message.window = window
        event.message.message_type = protocols
        event.message.format = 32
        event.message.data[0] = delete
        self._x.XSendEvent(self._display, ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(event))
        self._x.XSync(self._display, 0)

    def leave(self) -> None:
        """Close the connection."""
        self._x.XCloseDisplay(self._display)
