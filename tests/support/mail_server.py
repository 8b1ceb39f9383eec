"""A real mail server (aiosmtpd) for the tests. What it does with a letter depends on the name before the @ of its recipient.

mail_server.py FOLDER none|starttls|tls [CERTIFICATE KEY]   prints its port, and writes each letter into FOLDER
"""

import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

FOLDER, SECURITY = sys.argv[1:3]


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 there is nobody of that name"
        if address.startswith("busy@") and not os.path.exists(os.path.join(FOLDER, "idle")):
            return "451 4.3.0 not now"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        number = len([name for name in os.listdir(FOLDER) if name.endswith(".json")])
        letter = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None or SECURITY == "tls",
            "user": session.auth_data.decode() if session.auth_data else None,
            "text": envelope.content.decode(),
        }
        path = os.path.join(FOLDER, f"{number:03}.json")
        with open(path + ".new", "w") as file:
            json.dump(letter, file)
        os.rename(path + ".new", path)
        if envelope.rcpt_tos[0].startswith("spam@"):
            return "554 5.7.1 this looks like spam"
        if envelope.rcpt_tos[0].startswith("silent@"):
            await asyncio.sleep(3600)
        return f"250 OK: queued as {number}"


def authenticated(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and data.password == b"open sesame"
    return AuthResult(success=good, handled=good, auth_data=data.login if good else None)


async def main():
    context, options = None, {}
    if SECURITY != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*sys.argv[3:5])
        options = {"auth_required": True, "authenticator": authenticated}
    if SECURITY == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if SECURITY == "tls":
        options |= {"auth_require_tls": False}  # it sees no TLS of its own making
    at_once = context if SECURITY == "tls" else None
    protocol = lambda: SMTP(Handler(), hostname="mail.test", enable_SMTPUTF8=False, **options)
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=at_once)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
