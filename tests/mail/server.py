"""The mail server of tests: takes mail on loopback as it is told to, and prints each as a line of JSON.

    server.py MODE CERTIFICATE KEY USER PASSWORD

MODE is starttls, tls or plain. Without a user nobody has to log in. Prints its port first. An address that begins with "refused" is
refused for good, one that begins with "busy" for now, and one that begins with "slow" is answered after a minute.
"""

import asyncio
import base64
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

mode, certificate, key, user, password = sys.argv[1:]


class Keeper:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused"):
            return "550 no such mailbox: " + address
        if address.startswith("busy"):
            return "451 come back later"
        if address.startswith("slow"):
            await asyncio.sleep(60)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        line = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "encrypted": session.ssl is not None or mode == "tls",
            "login": bool(session.authenticated),
            "data": base64.b64encode(envelope.content).decode(),
        }
        print(json.dumps(line), flush=True)
        return "250 OK"


def check(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and data.login == user.encode() and data.password == password.encode()
    return AuthResult(success=good, handled=False)


def server(context):
    return SMTP(
        Keeper(),
        hostname="localhost",
        tls_context=context if mode == "starttls" else None,
        require_starttls=mode == "starttls",
        auth_required=bool(user),
        auth_require_tls=mode == "starttls",
        authenticator=check if user else None,
        command_call_limit={"*": 1_000_000},
    )


async def main():
    context = None
    if mode != "plain":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: server(context), "127.0.0.1", 0, ssl=context if mode == "tls" else None)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)  # until whoever started it is gone


asyncio.run(main())
