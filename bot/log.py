"""How the program writes its log: one line of JSON an event."""

import sys

import structlog


def log_plainly() -> None:
    """For every process of ours. A traceback without the values of variables: they hold what guests wrote."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # whatever it is at that moment
    )
