"""The rules the database itself keeps, whoever asks: capacity, what may never be edited, what may exist once.

Laid anew after every migration and verified at every start. Each is a name and its SQL per dialect.
"""

UNIQUE = {
    "one_inbound": "inbound (channel, external_id)",
    "one_recipient": "recipient (channel, address)",
    "one_talk": "talk (recipient_id)",
    "one_delivery": "delivery (business_key)",
    "one_reference": "booking (reference)",
    "one_thread": "thread (booking_id, partner)",
    "one_event": "event (provider, external_id)",
    "one_payment": "payment (provider, provider_id, kind)",
    "one_document": "document (booking_id, kind, version)",
    "one_number": "document (number)",
    "one_checkout": "checkout (session)",
    "one_due": "due (booking_id, kind)",
    "one_entry": "entry (booking_id, position)",
    "one_login": "staff (login)",
}
FROZEN = {  # table: what a person is told who tries to edit it
    "payment": "a payment is never edited",
    "entry": "the timeline is never edited",
    "catalog_version": "a version of the catalogue is never edited",
    "line": "a line is kept as sold",
}

_SQLITE_PEAK = """
CREATE TRIGGER {name} BEFORE INSERT ON claim
BEGIN
  UPDATE resource SET longest = max(longest, NEW.ends - NEW.starts) WHERE key = NEW.resource;
  SELECT RAISE(ABORT, 'sold out: no such resource') WHERE NOT EXISTS (SELECT 1 FROM resource WHERE key = NEW.resource);
  SELECT RAISE(ABORT, 'sold out') WHERE NEW.quantity + (
    SELECT COALESCE(MAX(load), 0) FROM (
      SELECT (SELECT COALESCE(SUM(c.quantity), 0) FROM claim c
               WHERE c.resource = NEW.resource AND c.starts <= p.at AND c.ends > p.at
                 AND c.starts > p.at - (SELECT longest FROM resource WHERE key = NEW.resource) - 1) AS load
        FROM (SELECT NEW.starts AS at
              UNION SELECT e.starts FROM claim e
               WHERE e.resource = NEW.resource AND e.starts > NEW.starts AND e.starts < NEW.ends) p)
  ) > (SELECT units FROM resource WHERE key = NEW.resource);
END"""

_POSTGRES_PEAK = """
CREATE OR REPLACE FUNCTION claim_peak() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE room record; peak bigint;
BEGIN
  UPDATE resource SET longest = greatest(longest, NEW.ends - NEW.starts) WHERE key = NEW.resource
    RETURNING units, longest INTO room;
  IF NOT FOUND THEN RAISE EXCEPTION 'sold out: no such resource' USING ERRCODE = '23P01'; END IF;
  SELECT COALESCE(MAX(load), 0) INTO peak FROM (
    SELECT (SELECT COALESCE(SUM(c.quantity), 0) FROM claim c
             WHERE c.resource = NEW.resource AND c.starts <= p.at AND c.ends > p.at
               AND c.starts > p.at - room.longest - 1) AS load
      FROM (SELECT NEW.starts AS at
            UNION SELECT e.starts FROM claim e
             WHERE e.resource = NEW.resource AND e.starts > NEW.starts AND e.starts < NEW.ends) p) peaks;
  IF NEW.quantity + peak > room.units THEN RAISE EXCEPTION 'sold out' USING ERRCODE = '23P01'; END IF;
  RETURN NEW;
END $$"""

_POSTGRES_FROZEN = """
CREATE OR REPLACE FUNCTION keep_as_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = '23514'; END $$"""

_DOCUMENT = "a document is written once"
_WRITTEN = "OLD.sha256 IS NOT NULL"


def statements(dialect: str) -> list[str]:
    """Every guard's SQL, in order; safe to run again over guards that stand."""
    unique = [f"CREATE UNIQUE INDEX IF NOT EXISTS {name} ON {columns}" for name, columns in UNIQUE.items()]
    return unique + (_sqlite() if dialect == "sqlite" else _postgres())


def names() -> set[str]:
    """What must stand in the database."""
    return {*UNIQUE, *_triggers()}


def standing(dialect: str) -> str:
    """The query that lists the names of indexes and triggers in this database."""
    if dialect == "sqlite":
        return "SELECT name FROM sqlite_master WHERE type IN ('index', 'trigger')"
    return (
        "SELECT indexname AS name FROM pg_indexes WHERE schemaname = current_schema() "
        "UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )


def _sqlite() -> list[str]:
    laid = [_SQLITE_PEAK.format(name="claim_peak")]
    for table, why in FROZEN.items():
        laid.append(_sqlite_refusal(f"{table}_unedited", f"UPDATE ON {table}", why))
        laid.append(_sqlite_refusal(f"{table}_kept", f"DELETE ON {table}", why))
    laid.append(_sqlite_refusal("document_once", "UPDATE ON document", _DOCUMENT, f"WHEN {_WRITTEN}"))
    laid.append(_sqlite_refusal("document_kept", "DELETE ON document", _DOCUMENT))
    return [f"DROP TRIGGER IF EXISTS {name}" for name in _triggers()] + laid


def _sqlite_refusal(name: str, act: str, why: str, when: str = "") -> str:
    return f"CREATE TRIGGER {name} BEFORE {act} {when} BEGIN SELECT RAISE(ABORT, '{why}'); END"


def _postgres() -> list[str]:
    laid = [_POSTGRES_PEAK, _POSTGRES_FROZEN, _postgres_trigger("claim_peak", "INSERT ON claim", "claim_peak()")]
    for table, why in FROZEN.items():
        for name, act in ((f"{table}_unedited", "UPDATE"), (f"{table}_kept", "DELETE")):
            laid.append(_postgres_trigger(name, f"{act} ON {table}", f"keep_as_written('{why}')"))
    once = f"keep_as_written('{_DOCUMENT}')"
    laid.append(_postgres_trigger("document_once", "UPDATE ON document", once, f"WHEN ({_WRITTEN})"))
    laid.append(_postgres_trigger("document_kept", "DELETE ON document", once))
    return laid


def _postgres_trigger(name: str, act: str, function: str, when: str = "") -> str:
    return f"CREATE OR REPLACE TRIGGER {name} BEFORE {act} FOR EACH ROW {when} EXECUTE FUNCTION {function}"


def _triggers() -> set[str]:
    frozen = {f"{table}_{act}" for table in FROZEN for act in ("unedited", "kept")}
    return {"claim_peak", "document_once", "document_kept"} | frozen
