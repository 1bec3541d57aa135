"""The rules the database itself keeps, whoever asks: capacity, what may never be edited, what may exist once; and what finds a row.

Each is a name and its SQL, written word for word as the database tells of it, so that one which was lost or altered is seen by
comparing. Laid wherever they do not stand so after a migration, and verified at every start, together with the references and
obligatory columns of the records, which only a migration can lay.
"""

from collections.abc import Mapping
from typing import Any

Fact = tuple[str, str]  # a guard's name and its SQL, or a table's name and what it must keep

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
    "one_letter": "letter (sha256)",
    "one_piece": "letter_piece (letter_id, position)",
}
FINDING = {  # so that what is asked at every message, at every look at the board, reads no table to its end
    "lane_due": "recipient (channel, urgency, next_due) WHERE next_due IS NOT NULL",
    "claim_lapsing": "claim (resource, lapses) WHERE lapses IS NOT NULL",
    "leg_of": "leg (booking_id)",
    "checkout_of": "checkout (booking_id)",
    "payment_of": "payment (booking_id)",
    "payment_named": "payment (provider_id)",
    "payment_at": "payment (at)",
    "thread_with": "thread (partner)",
    "thread_awaiting": "thread (awaiting, since)",
    "delivery_in": "delivery (thread_id) WHERE thread_id IS NOT NULL",
    "talk_silent": "talk (silent, changed)",
    "due_of_kind": "due (kind)",
    "opening_by": "opening (how, id)",
    "booking_from": "booking (source, state) WHERE source IS NOT NULL",
    "lane_leased": "recipient (owner) WHERE lease IS NOT NULL",
    "waiting_for": "waiting (resource, starts)",
    "waiting_of": "waiting (booking_id)",
    "freed_at": "freed (at)",
    "freed_of": "freed (resource)",
    "letter_became": "letter (became, id)",
}
INDEXES = {name: f"UNIQUE INDEX {name} ON {columns}" for name, columns in UNIQUE.items()}
INDEXES |= {name: f"INDEX {name} ON {columns}" for name, columns in FINDING.items()}
FROZEN = {  # table: what a person is told who tries to edit it
    "payment": "a payment is never edited",
    "entry": "the timeline is never edited",
    "catalog_version": "a version of the catalogue is never edited",
    "line": "a line is kept as sold",
}

_SQLITE_PEAK = """\
CREATE TRIGGER claim_peak BEFORE INSERT ON claim
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

_POSTGRES_PEAK = """\
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

_FREED = {  # what gives capacity back, and which row of `freed` tells of it: nothing that frees a place can forget to
    "claim_freed": ("DELETE ON claim", "", "old.resource, old.starts, old.ends, 0"),
    "units_freed": ("UPDATE OF units ON resource", "new.units > old.units", "new.key, 0, 9000000000000000000, 0"),
}

_POSTGRES_FROZEN = """\
CREATE OR REPLACE FUNCTION keep_as_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = '23514'; END $$"""

_DOCUMENT = "a document is written once"


def laid(dialect: str) -> dict[str, str]:
    """Every guard's SQL by its name, in the order in which they are laid."""
    return _sqlite() if dialect == "sqlite" else _postgres()


def mending(name: str, dialect: str) -> list[str]:
    """The SQL that lays one guard, whatever stands under its name."""
    what = "INDEX" if name in INDEXES else "TRIGGER" if dialect == "sqlite" else None  # else it says OR REPLACE itself
    return [*([f"DROP {what} IF EXISTS {name}"] if what else []), laid(dialect)[name]]


def promised(records: Mapping[str, Any]) -> set[Fact]:
    """The obligatory columns and references that the records, as Tortoise describes them, ask of their tables."""
    found: set[Fact] = set()
    for record in records.values():
        columns = {one["name"]: one for one in (record["pk_field"], *record["data_fields"])}
        found |= {(record["table"], f"{one['db_column']} NOT NULL") for one in columns.values() if not one["nullable"]}
        for one in (*record["fk_fields"], *record["o2o_fields"]):
            other, column = records[one["python_type"]], columns[one["raw_field"]]["db_column"]
            whose = f"{other['table']}({other['pk_field']['db_column']})"
            found.add((record["table"], f"FOREIGN KEY ({column}) REFERENCES {whose} ON DELETE {one['on_delete']}"))
    return found


def standing(dialect: str) -> str:
    """The query for all of this as it stands in the database: `name` and `made`."""
    return _SQLITE_STANDING if dialect == "sqlite" else _POSTGRES_STANDING


_SQLITE_STANDING = """
SELECT name, sql AS made FROM sqlite_master WHERE type IN ('index', 'trigger')
UNION ALL SELECT t.name, c.name || ' NOT NULL' FROM sqlite_master t JOIN pragma_table_info(t.name) c
  WHERE t.type = 'table' AND c."notnull"
UNION ALL SELECT t.name, 'FOREIGN KEY (' || f."from" || ') REFERENCES ' || f."table" || '(' || f."to" || ') ON DELETE ' || f.on_delete
  FROM sqlite_master t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table'"""

_POSTGRES_STANDING = """
WITH ours AS (SELECT oid, relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace)
SELECT c.relname AS name, replace(pg_get_indexdef(i.indexrelid, 0, true), '"', '') AS made
  FROM pg_index i JOIN ours c ON c.oid = i.indexrelid WHERE i.indisvalid
UNION ALL SELECT t.tgname, 'CREATE OR REPLACE' || substr(pg_get_triggerdef(t.oid, true), 7)
  FROM pg_trigger t JOIN ours c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND t.tgenabled = 'O'
UNION ALL SELECT p.proname || '()', 'CREATE OR REPLACE FUNCTION ' || p.proname || '() RETURNS trigger LANGUAGE ' || l.lanname
  || ' AS $$' || p.prosrc || '$$' FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
  WHERE p.pronamespace = current_schema()::regnamespace AND p.prorettype = 'trigger'::regtype
UNION ALL SELECT c.relname, a.attname || ' NOT NULL' FROM pg_attribute a JOIN ours c ON c.oid = a.attrelid
  WHERE a.attnum > 0 AND a.attnotnull
UNION ALL SELECT c.relname, pg_get_constraintdef(k.oid, true) FROM pg_constraint k JOIN ours c ON c.oid = k.conrelid
  WHERE k.contype = 'f'"""


def _sqlite() -> dict[str, str]:
    made = {name: f"CREATE {index}" for name, index in INDEXES.items()}
    made["claim_peak"] = _SQLITE_PEAK
    for name, (act, when, row) in _FREED.items():
        condition = f" WHEN {when}" if when else ""
        made[name] = f"CREATE TRIGGER {name} AFTER {act}{condition} BEGIN {_noted(row)}; END"
    for name, act, when, why in _refusals():
        made[name] = f"CREATE TRIGGER {name} BEFORE {act}{when} BEGIN SELECT RAISE(ABORT, '{why}'); END"
    return made


def _postgres() -> dict[str, str]:
    made = {name: f"CREATE {index.replace(' (', ' USING btree (')}" for name, index in INDEXES.items()}
    made |= {"claim_peak()": _POSTGRES_PEAK, "keep_as_written()": _POSTGRES_FROZEN}
    made["claim_peak"] = _postgres_trigger("claim_peak", "BEFORE INSERT ON claim", "", "claim_peak()")
    for name, (act, when, row) in _FREED.items():
        made[f"{name}()"] = (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN {_noted(row)}; RETURN NULL; END $$"
        )
        made[name] = _postgres_trigger(name, f"AFTER {act}", f" WHEN ({when})" if when else "", f"{name}()")
    for name, act, when, why in _refusals():
        made[name] = _postgres_trigger(name, f"BEFORE {act}", when, f"keep_as_written('{why}')")
    return made


def _postgres_trigger(name: str, act: str, when: str, function: str) -> str:
    return f"CREATE OR REPLACE TRIGGER {name} {act} FOR EACH ROW{when} EXECUTE FUNCTION {function}"


def _noted(row: str) -> str:
    return f"INSERT INTO freed (resource, starts, ends, at) VALUES ({row})"  # noqa: S608  # constants only


def _refusals() -> list[tuple[str, str, str, str]]:
    """(name, act, condition, what a person is told) of each trigger that refuses an edit."""
    frozen = [
        (f"{table}_{name}", f"{act} ON {table}", "", why)
        for table, why in FROZEN.items()
        for name, act in (("unedited", "UPDATE"), ("kept", "DELETE"))
    ]
    return [
        *frozen,
        ("document_once", "UPDATE ON document", " WHEN (old.sha256 IS NOT NULL)", _DOCUMENT),
        ("document_kept", "DELETE ON document", "", _DOCUMENT),
    ]
