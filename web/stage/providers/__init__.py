"""The sandbox: Twilio (WhatsApp), Telegram, Stripe's checkout and a mail server, played on this machine only.

It speaks the providers' own REST and SMTP, signs its webhooks as they do, refuses what they refuse and tries again as they try again. It
imports nothing of Bellhop, so that one wrong idea cannot stand on both sides. Everything it has seen is kept in one SQLite file and
survives a kill.

Start: `python -m web.stage.providers CONFIG.json`, or in a test `running = await start(config)` … `await running.stop()`.

CONFIG: host ("127.0.0.1"), port and smtp_port (0: any free), ready_file (written with {port, smtp_port, pid} once listening), state (the
file), public_url (the bot's PUBLIC_URL, used in signatures), deliver_to (where webhooks really go), checkout_base (start of a checkout's
address), twilio {account_sid, auth_token, from, retries: 1}, telegram {token, username, name}, stripe {secret_key, webhook_secret,
publishable, merchant, events: kinds sent}, people [{key, name, language, role, whatsapp, telegram, started, blocked: [channel], profile}],
hooks {twilio: "/hooks/whatsapp", stripe: "/hooks/stripe"}, pace (1.0; every waiting time times this: status steps and retries), limits
(false; true: Telegram refuses more than it takes, see limits.py).

Providers: Twilio at /2010-04-01/… and /v1/Content…, Telegram at /bot<token>/… and /file/bot<token>/…, Stripe at /v1/….

Control, JSON throughout; an error is {"error": sentence}:

GET  /sim/state                             clock, people, chats, mails, checkouts, switches, wire (last 200), templates, telegram, pending
GET  /sim/events                            server-sent events, one JSON per change; type: message status mail checkout wire switch typing
                                            answer (of a tap: text, alert) clock person reset note
POST /sim/people                            {key, name, …} adds or changes; PATCH /sim/people/{key} changes, e.g. {"blocked": ["telegram"]}
GET  /sim/chats/{person}/{channel}          {messages, window_until}; a message: id, mine, text, html, kind, media [{url, content_type}],
                                            keyboard [[{text, data | url | request, style}]], status, at, edited, quotes, template,
                                            and where it applies location, contact, error_code, error, reactions, owed (written,
                                            not yet taken by the bot), pressed (data of a tap that the bot has not yet taken)
POST /sim/chats/{person}/{channel}/messages {text | kind: location voice photo sticker contact document, lat, lon, name, phone, quotes,
                                            edit: id, as: another person (groups), wait: seconds, once: key of the caller's, so
                                            that asking again says nothing twice} → {id, ids, webhook_status}
POST /sim/chats/{person}/{channel}/taps     {message: id, data, label, wait, once} → {id, ids, webhook_status}
GET  /sim/mails, /sim/mails/{id}, /sim/mails/{id}/raw, /sim/mails/{id}/attachments/{n}, /sim/media/{id}, /sim/checkouts, /sim/wire?last=
GET  /sim/checkout/{session}                the checkout page; POST form card=ok|declined|abandon (tests also: amount, currency)
POST /sim/switches                          {"twilio" | "telegram" | "stripe" | "smtp": "up" | "down" | "reset" | "hang" | "limited" |
                                            "queued"}; queued: Twilio takes messages and WhatsApp does not, and what waits
                                            so for four hours fails; anything but up and limited also holds back webhooks
POST /sim/refuse                            {code: 63005 | 63018 | 63019 | 20429 …, of: content | media | text, times: 1}: Twilio refuses, or
                                            takes and then fails, the next messages of that kind; code 0 takes the wish back
POST /sim/clock                             {offset: seconds} or {by: seconds}
POST /sim/wire/{n}/again                    {times, parallel, forge, fresh} → {statuses}; the webhook as it was, its signature spoiled
                                            (forge) or made anew (fresh)
POST /sim/hurry                             what waits for its next try is tried now
POST /sim/reset                             forgets chats, mails, payments, wire; keeps people, templates, the bot's webhook and commands

webhook_status is the bot's first answer, null when there was none (target down, or an earlier update of that chat is still being retried).
A Stripe signature carries real time, never the sandbox's clock.
"""

from .server import LiveCredential, Running, start

__all__ = ["LiveCredential", "Running", "start"]
