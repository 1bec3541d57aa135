"""Reads what the bot sends to Stripe: form fields with brackets, checked against the contract, refused in Stripe's words."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from .world import Json

CONTRACT: Json = orjson.loads((Path(__file__).parent / "contract" / "stripe.json").read_bytes())
# Newer than the contract at hand, known to the SDK of today; taken without a look inside.
NEWER = {
    "sessions.create": set(
        "adaptive_pricing allowed_payment_method_types branding_settings customer_account excluded_payment_method_types "
        "integration_identifier managed_payments name_collection optional_items origin_context payment_method_configuration "
        "payment_method_data permissions redirect_on_completion return_url saved_payment_method_options ui_mode wallet_options".split()
    ),
    "sessions.list": {"created", "status"},
}
ZERO_DECIMALS = set("bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split())
THREE_DECIMALS = set("bhd jod kwd omr tnd".split())
TWO_DECIMALS = set(
    "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop crc cve czk dkk dop "
    "dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr isk jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl "
    "mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle "
    "sos srd std szl thb tjs top try ttd twd tzs uah uyu uzs wst xcd yer zar zmw".split()
)
CURRENCIES = ZERO_DECIMALS | THREE_DECIMALS | TWO_DECIMALS


class Refused(Exception):
    """A request Stripe answers with an error object."""

    def __init__(self, status: int, message: str, kind: str = "invalid_request_error", **more: Any) -> None:
        super().__init__(message)
        self.status, self.error = status, {**more, "message": message, "type": kind}

    def response(self) -> web.Response:
        code = self.error.get("code")
        doc = {"doc_url": f"https://stripe.com/docs/error-codes/{str(code).replace('_', '-')}"} if code else {}
        body = orjson.dumps({"error": {**self.error, **doc}}, option=orjson.OPT_INDENT_2)
        return web.Response(body=body, status=self.status, content_type="application/json")


def wrong(message: str, param: str, code: str | None = None) -> Refused:
    return Refused(400, message, **({"code": code} if code else {}), param=param)


def nested(pairs: list[tuple[str, str]]) -> Json:
    """a[b][0]=c becomes {"a": {"b": ["c"]}}; `expand[]` appends."""
    root: Json = {}
    for name, value in pairs:
        keys = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name)
        place = root
        for key, following in zip(keys, [*keys[1:], None], strict=True):
            name_here = key or str(len(place))
            if following is None:
                place[name_here] = value
            else:
                place = place.setdefault(name_here, {})
                if not isinstance(place, dict):
                    raise wrong(f"Invalid {name}", name)
    return {key: lists(value) for key, value in root.items()}


def lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [lists(value[key]) for key in sorted(value, key=int)]
    return {key: lists(one) for key, one in value.items()}


async def read_form(request: web.Request, name: str) -> Json:
    """The request's parameters, checked and typed by the contract's schema of this name."""
    text = (await request.read()).decode("utf-8", "replace") if request.method == "POST" else request.query_string
    values = nested(parse_qsl(text, keep_blank_values=True))
    newer = {key: values.pop(key) for key in list(values) if key in NEWER.get(name, ())}
    return {**typed(CONTRACT[name], values, ""), **newer}


def typed(schema: Json, value: Any, path: str) -> Any:
    if "anyOf" in schema:
        return any_of(schema["anyOf"], value, path)
    kind = schema.get("type")
    if kind == "object":
        return typed_object(schema, value, path)
    if kind == "array":
        return typed_list(schema, value, path)
    if not isinstance(value, str):
        raise wrong(f"Invalid {kind}: {value}", path)
    if kind == "integer":
        return whole(value, path)
    if kind == "boolean":
        if value not in ("true", "false"):
            raise wrong(f"Invalid boolean: {value}", path)
        return value == "true"
    if "enum" in schema and value not in schema["enum"]:
        raise wrong(f"Invalid {path}: must be one of {', '.join(schema['enum'][:-1])}, or {schema['enum'][-1]}", path)
    if len(value) > schema.get("maxLength", len(value)):
        raise wrong(
            f"Invalid string: {value[:8]}…; must be at most {schema['maxLength']} characters",
            path,
            "parameter_invalid_string",
        )
    return value


def any_of(choices: list[Json], value: Any, path: str) -> Any:
    problem: Refused | None = None
    for choice in choices:
        try:
            return typed(choice, value, path)
        except Refused as refusal:
            problem = problem or refusal
    raise problem or wrong(f"Invalid {path}", path)


def typed_object(schema: Json, value: Any, path: str) -> Json:
    if not isinstance(value, dict):
        raise wrong("Invalid object", path)
    known = schema.get("properties", {})
    inside = schema.get("additionalProperties")
    unknown = [key for key in value if key not in known]
    if unknown and not isinstance(inside, dict):
        name = inner(path, unknown[0])
        raise wrong(f"Received unknown parameter: {name}", name, "parameter_unknown")
    for key in schema.get("required", []):
        if key not in value and not (key == "success_url" and not path):
            name = inner(path, key)
            raise wrong(f"Missing required param: {name}.", name, "parameter_missing")
    return {key: typed(known.get(key) or inside or {}, one, inner(path, key)) for key, one in value.items()}


def typed_list(schema: Json, value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise wrong("Invalid array", path)
    return [typed(schema["items"], one, f"{path}[{number}]") for number, one in enumerate(value)]


def inner(path: str, key: str) -> str:
    return f"{path}[{key}]" if path else key


def whole(value: str, path: str) -> int:
    if not re.fullmatch(r"-?\d+", value):
        raise wrong(f"Invalid integer: {value}", path, "parameter_invalid_integer")
    return int(value)


def check_currency(value: str, path: str) -> str:
    if value.lower() not in CURRENCIES:
        raise wrong(
            f"Invalid currency: {value.lower()}. Stripe currently supports these currencies: usd, aed, afn, ...", path
        )
    return value.lower()


def check_url(value: str, path: str) -> None:
    if not re.match(r"https?://[^/\s]+", value):
        raise wrong("Not a valid URL", path, "url_invalid")


def check_metadata(values: Json, path: str) -> None:
    if len(values) > 50:
        raise wrong("You can only set up to 50 metadata keys", path)
    for key, value in values.items():
        if len(key) > 40:
            raise wrong(f"Metadata keys can have up to 40 characters: {key}", path)
        if len(value) > 500:
            raise wrong(
                f"Metadata values can have up to 500 characters, but you passed in a value that is {len(value)} characters.",
                path,
            )
