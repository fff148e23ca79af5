"""An authorization server of Authlib on Flask, and two resource servers of the SDK's simple-auth,
which ask it about every token.

    authorization.py oauth|openid

`oauth` says how it works as RFC 8414 has it and registers clients (RFC 7591); `openid` says it as
OpenID Connect has it, below a path, and knows one client, which has a secret. Codes want PKCE by
S256, answers to the browser carry `iss` (RFC 9207), and a token is for the resource (RFC 8707) that
both requests name. A refresh token is good once; who brings an old one loses all that came of the
login. On stdout it says where the first resource is, itself, and the second one; `/seen`, `/expire`,
`/revoke`, `/lifetime`, `/misdirect` and `/forget` are for the test: `/misdirect` names the resource
that all tokens are for from then on, whatever was asked for, and with `/forget` it is the one that
was granted.
"""

import os
import secrets
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # of loopback

import anyio
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2 import rfc6749, rfc6750, rfc7591, rfc7636, rfc7662, rfc8414, rfc9207
from authlib.oauth2.rfc6749 import grants
from flask import Flask, jsonify, request
from werkzeug.serving import make_server

CLIENTS = Path(__file__).resolve().parent
EXAMPLES = CLIENTS.parent.parent / ".venv-stories/examples/servers/simple-auth"
KNOWN = ("switchyard tests", "a secret: 100%")
SCOPE = "user"


@dataclass
class Seen:
    """What was asked for, in the order in which it was."""

    lifetime: int = 3600
    clients: dict = field(default_factory=dict)
    codes: dict = field(default_factory=dict)
    tokens: list = field(default_factory=list)
    events: list = field(default_factory=list)
    misdirected: str = ""
    forgets: bool = False
    # By the resources: their address, and the token that came, or none.
    shown: list = field(default_factory=list)


seen = Seen()


class InvalidTarget(OAuth2Error):
    error = "invalid_target"


@dataclass
class Client(rfc6749.ClientMixin):
    id: str
    secret: str | None
    metadata: dict

    def get_client_id(self):
        return self.id

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return SCOPE if SCOPE in (scope or "").split() else ""

    def check_redirect_uri(self, redirect_uri):
        # The known client runs on a person's machine: any port (RFC 8252 section 7.3).
        known = self.metadata.get("redirect_uris")
        return redirect_uri in known if known else redirect_uri.startswith("http://127.0.0.1:")

    def check_client_secret(self, client_secret):
        return self.secret == client_secret

    def check_endpoint_auth_method(self, method, endpoint):
        return method == self.metadata["token_endpoint_auth_method"]

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type in self.metadata["grant_types"]


@dataclass
class Code(rfc6749.AuthorizationCodeMixin):
    code: str
    client_id: str
    redirect_uri: str
    scope: str
    resource: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope


@dataclass
class Token(rfc6749.TokenMixin):
    client_id: str
    resource: str
    access_token: str
    refresh_token: str
    scope: str
    ends: float
    granted: str
    is_used: bool = False
    is_withdrawn: bool = False

    def check_client(self, client):
        return self.client_id == client.id

    def get_scope(self):
        return self.scope

    def is_expired(self):
        return self.ends <= time.time()

    def is_revoked(self):
        return self.is_withdrawn


def wanted_resource(of=None):
    """The one that a request names; `of` is what was granted."""
    names = request.values.getlist("resource")
    if len(names) != 1 or of not in (None, names[0]):
        raise InvalidTarget(f"not granted: {names}")
    return names[0]


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["none", "client_secret_basic"]

    def save_authorization_code(self, code, asked):
        data = asked.payload.data
        if data.get("code_challenge_method") != "S256":
            raise rfc6749.InvalidRequestError("PKCE by S256 is wanted")
        seen.codes[code] = Code(
            code, asked.client.id, asked.payload.redirect_uri, asked.payload.scope,
            wanted_resource(), data["code_challenge"], "S256",
        )

    def query_authorization_code(self, code, client):
        found = seen.codes.get(code)
        return found if found and found.client_id == client.id else None

    def delete_authorization_code(self, code):
        del seen.codes[code.code]

    def authenticate_user(self, code):
        self.request.resource = wanted_resource(code.resource)
        return "ada"


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["none", "client_secret_basic"]
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token):
        found = next((t for t in seen.tokens if t.refresh_token == refresh_token), None)
        if found and found.is_used:  # one that was stolen, or is used twice
            withdraw()
        return found if found and not found.is_withdrawn else None

    def authenticate_user(self, token):
        self.request.resource = wanted_resource(token.granted)
        return "ada"

    def revoke_old_credential(self, token):
        token.is_used = True


class Registration(rfc7591.ClientRegistrationEndpoint):
    def authenticate_token(self, request):
        return "anybody"

    def get_server_metadata(self):
        return metadata

    def generate_client_secret(self, request):
        return None

    def save_client(self, client_info, client_metadata, request):
        client_info.pop("client_secret")
        client_info.pop("client_secret_expires_at")
        client = Client(client_info["client_id"], None, client_metadata)
        seen.clients[client.id] = client
        return client


class Introspection(rfc7662.IntrospectionEndpoint):
    def authenticate_endpoint_client(self, request):
        return None  # The resource server of the example says nothing of itself.

    def check_permission(self, token, client, request):
        return True

    def query_token(self, token_string, token_type_hint):
        return next((t for t in seen.tokens if t.access_token == token_string), None)

    def introspect_token(self, token):
        return {
            "client_id": token.client_id, "token_type": "Bearer", "scope": token.scope,
            "sub": "ada", "aud": token.resource, "iss": metadata["issuer"], "exp": int(token.ends),
        }


class Issuer(rfc9207.IssuerParameter):
    def get_issuer(self):
        return metadata["issuer"]


def save_token(token, asked):
    ends = time.time() + token["expires_in"]
    more = (token["access_token"], token["refresh_token"], token["scope"], ends)
    for_resource = seen.misdirected or asked.resource
    granted = for_resource if seen.forgets else asked.resource
    seen.tokens.append(Token(asked.client.id, for_resource, *more, granted))


def made(**_):
    return secrets.token_urlsafe(32)


def withdraw():
    for token in seen.tokens:
        token.is_withdrawn = True


def described(kind, origin):
    issuer = origin + ("/tenants/one" if kind == "openid" else "")
    document = {
        "issuer": issuer,
        "authorization_endpoint": origin + "/authorize",
        "token_endpoint": origin + "/token",
        "introspection_endpoint": origin + "/introspect",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": [SCOPE],
        "authorization_response_iss_parameter_supported": True,
    }
    if kind == "oauth":
        document["registration_endpoint"] = origin + "/register"
        document["token_endpoint_auth_methods_supported"] = ["none"]
    else:
        seen.clients[KNOWN[0]] = Client(*KNOWN, {
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": document["grant_types_supported"],
        })
    found = rfc8414.AuthorizationServerMetadata(document)
    found.validate([rfc9207.AuthorizationServerMetadata])
    return found


def application(kind):
    app = Flask("authorization")
    server = AuthorizationServer(app, seen.clients.get, save_token)
    server.register_token_generator(
        "default",
        rfc6750.BearerTokenGenerator(made, made, lambda client, grant_type: seen.lifetime),
    )
    server.register_grant(CodeGrant, [rfc7636.CodeChallenge(required=True)])
    server.register_grant(RefreshGrant)
    server.register_endpoint(Introspection)
    server.register_extension(Issuer())
    if kind == "oauth":
        server.register_endpoint(Registration)
    place = {
        "oauth": "/.well-known/oauth-authorization-server",
        "openid": "/tenants/one/.well-known/openid-configuration",
    }[kind]
    app.add_url_rule(place, "metadata", lambda: jsonify(metadata))

    @app.post("/register")
    def register():
        return server.create_endpoint_response("client_registration")

    @app.post("/introspect")
    def introspect():
        return server.create_endpoint_response("introspection")

    @app.route("/authorize", methods=["GET", "POST"])
    def authorize():
        try:
            grant = server.get_consent_grant(end_user="ada")
        except OAuth2Error as error:
            return f"{error.error}: {error.description}", 400
        if request.method == "GET":
            return "<form method=post><button name=answer value=yes>Allow</button></form>"
        user = "ada" if request.form.get("answer") == "yes" else None
        return server.create_authorization_response(grant_user=user, grant=grant)

    @app.post("/token")
    def token():
        answer = server.create_token_response()
        seen.events.append([request.form["grant_type"], answer.status_code])
        return answer

    @app.post("/<deed>")
    def control(deed):
        if deed == "expire":
            for token in seen.tokens:
                token.ends = 0
        elif deed == "revoke":
            withdraw()
        elif deed == "lifetime":
            seen.lifetime = int(request.get_data())
        elif deed == "misdirect":
            seen.misdirected = request.get_data().decode()
        elif deed == "forget":
            seen.forgets = True
        return "", 204

    @app.get("/seen")
    def tell():
        tokens = {t.access_token: t.resource for t in seen.tokens}
        return {"events": seen.events, "resources": list(tokens.values()), "tokens": tokens, "shown": seen.shown}

    return app


def watched(app, url):
    """The application, and a note of the tokens that are brought to it."""

    async def noted(scope, receive, send):
        if scope["type"] == "http":
            values = [value.decode() for name, value in scope["headers"] if name == b"authorization"]
            seen.shown.append([url, values[0].removeprefix("Bearer ") if values else None])
        await app(scope, receive, send)

    return noted


def resource(origin):
    """The application of simple-auth, and where it is served."""
    sys.path.insert(0, str(EXAMPLES))
    from mcp_simple_auth.server import ResourceServerSettings, create_resource_server

    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
    settings = ResourceServerSettings(
        host="127.0.0.1", server_url=url, auth_server_url=metadata["issuer"],
        auth_server_introspection_endpoint=origin + "/introspect", oauth_strict=True,
    )
    return watched(create_resource_server(settings).streamable_http_app(), url), listener, url


async def serve(*resources):
    async with anyio.create_task_group() as tasks:
        for app, listener, _ in resources:
            config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
            tasks.start_soon(lambda server=uvicorn.Server(config), at=listener: server.serve(sockets=[at]))


if __name__ == "__main__":
    import logging

    import uvicorn

    logging.disable(logging.INFO)
    flask = application(sys.argv[1])
    issuing = make_server("127.0.0.1", 0, flask, threaded=True)
    origin = f"http://127.0.0.1:{issuing.server_port}"
    metadata = described(sys.argv[1], origin)
    threading.Thread(target=issuing.serve_forever, daemon=True).start()
    first, second = resource(origin), resource(origin)
    print(first[2], origin, second[2], flush=True)
    anyio.run(serve, first, second)
