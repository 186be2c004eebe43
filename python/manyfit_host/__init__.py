"""What runs inside Python: a child of a worker that fits and predicts with user code, and nothing else.

Its host reads, cuts and orders the rows, gives seeds and keeps limits; the two speak in frames (`channel`).
"""

PROTOCOL_VERSION = 1
"""Version of the messages: the host must have the same."""
