"""The token issuer and the gateway (P§2): tokens that a client can verify, and every way to be turned away."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.testclient import TestClient

from operator_emulator.core.partners import applications
from operator_emulator.core.partners.model import Application
from operator_emulator.core.world.policy import Policy
from operator_emulator.portal.context import BASE
from operator_emulator.portal.context import Portal as Context
from operator_emulator.portal.gateway import VERIFIED, Gateway
from operator_emulator.portal.keys import KeyUnusable, Signer
from tests.portal.conftest import MAIN, TOKEN, Client, Portal, descriptions, signer

REALM = "/auth/realms/default"
DESCRIPTION = "Invalid client or Invalid client credentials"
MakeClient = Any


def claims_of(token: str) -> Any:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def forged(key: RSAKey | None = None, **changes: Any) -> str:
    """A token as the issuer would make it, but for what is changed; a change of None leaves a claim out."""
    header = {"alg": "RS256", "kid": signer().kid, **changes.pop("header", {})}
    claims = {
        "exp": 1773144300,
        "iss": f"http://portal.test{REALM}",
        "clientId": "portal-demo",
        "azp": "portal-demo",
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(header, claims, key or signer().key, algorithms=[header["alg"]])


def with_token(client: Client, token: str, path: str = f"{BASE}/partners/{MAIN}") -> Any:
    return client.http.get(path, headers={"Authorization": f"Bearer {token}"})


# --------------------------------------------------------------------------------------------- getting a token


def test_a_token_has_the_shape_of_keycloaks(client: Client) -> None:
    """Every key, the hyphens of one of them, and nothing that there is not."""
    answer = client.ask_token()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    body = answer.json()
    assert set(body) == {
        "access_token",
        "expires_in",
        "refresh_expires_in",
        "token_type",
        "id_token",
        "not-before-policy",
        "scope",
    }
    assert (body["expires_in"], body["refresh_expires_in"], body["token_type"]) == (300, 0, "Bearer")
    assert body["scope"] == "openid profile email"


def test_the_claims_are_those_of_the_platform(client: Client) -> None:
    """P§2.2, and they fit our own description of them."""
    claims = claims_of(client.token())
    assert claims == {
        "exp": 1773144300,
        "iat": 1773144000,
        "jti": claims["jti"],
        "iss": f"http://portal.test{REALM}",
        "sub": claims["sub"],
        "typ": "Bearer",
        "azp": "portal-demo",
        "clientId": "portal-demo",
        "clientHost": "192.0.2.1",
        "clientAddress": "192.0.2.1",
        "scope": "openid profile email",
        "preferred_username": "service-account-portal-demo",
        "originZone": "canis",
        "originStargate": "https://sg-api.telekom.de",
    }


def test_a_client_can_verify_for_itself(client: Client) -> None:
    """From discovery to keys to signature, with a library and nothing else."""
    configuration = client.http.get(f"{REALM}/.well-known/openid-configuration").json()
    assert configuration["issuer"] == f"http://portal.test{REALM}"
    assert configuration["token_endpoint"] == f"http://portal.test{TOKEN}"
    keys = client.http.get(configuration["jwks_uri"]).json()
    body = client.ask_token().json()
    for token in (body["access_token"], body["id_token"]):
        verified = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"])
        assert verified.claims["iss"] == configuration["issuer"]
        assert verified.header["kid"] == keys["keys"][0]["kid"]
    assert set(keys["keys"][0]) == {"kid", "kty", "alg", "use", "n", "e", "x5c", "x5t", "x5t#S256"}


def test_the_realm_shows_its_public_key(client: Client) -> None:
    """In DER, so that it can be loaded."""
    realm = client.http.get(REALM).json()
    pem = f"-----BEGIN PUBLIC KEY-----\n{realm['public_key']}\n-----END PUBLIC KEY-----"
    assert RSAKey.import_key(pem).thumbprint() == signer().kid
    assert realm["token-service"] == f"http://portal.test{REALM}/protocol/openid-connect"


def test_the_same_world_makes_the_same_tokens(make_client: MakeClient) -> None:
    """Bytes and all: numbers and the seed decide, and the signature is deterministic."""
    first, second = (make_client().ask_token().json() for _ in range(2))
    assert first == second


def test_two_tokens_of_one_world_differ(client: Client) -> None:
    """Each has a number of its own."""
    assert client.ask_token().json()["access_token"] != client.ask_token().json()["access_token"]


def test_a_basic_header_will_do_for_the_credentials(client: Client) -> None:
    """Published is the form; the product takes both."""
    answer = client.http.post(TOKEN, data={"grant_type": "client_credentials"}, auth=("portal-demo", "portal-demo"))
    assert answer.status_code == 200
    assert "id_token" not in answer.json(), "nobody asked for openid"


@pytest.mark.parametrize("scope", [None, "", "tardis", "openid", "profile email openid"])
def test_known_scopes_are_granted(client: Client, scope: str | None) -> None:
    """What was asked for comes first, and two are always there."""
    body = client.ask_token(scope=scope).json()
    assert set(body["scope"].split()) == {*(scope or "").split(), "profile", "email"}
    assert ("id_token" in body) is ("openid" in (scope or ""))


def test_one_signs_with_a_key_of_ones_own(tmp_path: Path) -> None:
    """Without a certificate in the file the key is published without one."""
    key = RSAKey.generate_key(2048, private=True)
    path = tmp_path / "key.pem"
    path.write_bytes(key.as_pem(private=True))
    mine = Signer(path)
    assert mine.verifies(mine.sign({"a": 1}))
    assert not mine.verifies(signer().sign({"a": 1}))
    assert not mine.verifies("nonsense")
    assert set(mine.public) == {"kid", "kty", "alg", "use", "n", "e"}


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"nonsense", "public"])
def test_a_file_without_a_private_key_is_refused_with_its_name(tmp_path: Path, content: Any) -> None:
    """At once, not at the first token."""
    path = tmp_path / "key.pem"
    if content == "public":
        content = RSAKey.generate_key(2048, private=True).as_pem(private=False)
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KeyUnusable, match=r"key\.pem: "):
        Signer(path)


# --------------------------------------------------------------------------------------------- getting none


@pytest.mark.parametrize(
    ("form", "status", "error", "description"),
    [
        ({"client_id": "nobody"}, 401, "invalid_client", DESCRIPTION),
        ({"client_secret": "wrong"}, 401, "unauthorized_client", DESCRIPTION),
        ({"client_secret": None}, 401, "unauthorized_client", DESCRIPTION),
        ({"client_id": None}, 401, "invalid_client", "Missing client_id parameter"),
        ({"grant_type": None}, 400, "invalid_request", "Missing form parameter: grant_type"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", "Unsupported grant_type"),
        ({"scope": "openid fleet"}, 400, "invalid_scope", "Invalid scopes: openid fleet"),
        ({"scope": ["openid", "profile"]}, 400, "invalid_request", "duplicated parameter"),
    ],
)
def test_a_token_is_refused_in_keycloaks_words(
    client: Client, form: dict[str, Any], status: int, error: str, description: str
) -> None:
    """One sentence for an unknown client and a wrong secret, but two codes."""
    answer = client.ask_token(**form)
    assert answer.status_code == status
    assert answer.json() == {"error": error, "error_description": description}


def test_a_body_that_is_no_form_has_no_grant(client: Client) -> None:
    """JSON is not what OAuth speaks."""
    answer = client.http.post(TOKEN, json={"grant_type": "client_credentials"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("header", ["Basic %%%", "Basic", "Basic " + base64.b64encode(b"\xff:x").decode()])
def test_an_unreadable_basic_header_is_an_unknown_client(client: Client, header: str) -> None:
    """And no crash."""
    answer = client.http.post(TOKEN, data={"grant_type": "client_credentials"}, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_token_is_posted_for(client: Client) -> None:
    """405 to everything else, and 404 beside it, both in the issuer's way."""
    answer = client.http.get(TOKEN)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json() == {"error": "HTTP 405 Method Not Allowed"}
    assert client.http.get(f"{REALM}/nothing").json() == {"error": "HTTP 404 Not Found"}


def test_a_deleted_application_gets_no_token_and_its_old_one_opens_nothing(client: Client) -> None:
    """The gateway knows that nobody is subscribed any more."""
    token = client.token()
    client.do(applications.remove_application, "portal-demo")
    assert client.ask_token().json()["error"] == "invalid_client"
    answer = with_token(client, token)
    assert (answer.status_code, answer.json()) == (403, {"message": "You cannot consume this service"})


# --------------------------------------------------------------------------------------------- the gateway


def test_no_token_no_service(client: Client) -> None:
    """Whatever is asked for below the base path; only what is no route at all needs none."""
    for path in (f"/partners/{MAIN}", "/nothing"):
        answer = client.http.get(BASE + path)
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
    assert client.http.get(BASE + "/x", headers={"Authorization": "Bearer"}).json() == {"message": "Unauthorized"}


def test_one_token_in_header_or_query_but_not_two(client: Client) -> None:
    """The parameter is called jwt; the same token twice counts once."""
    token = client.token()
    url = f"{BASE}/partners/{MAIN}"
    assert client.http.get(url, params={"jwt": token}).status_code == 200
    headers = {"Authorization": f"Bearer {token}"}
    assert client.http.get(url, params={"jwt": token}, headers=headers).status_code == 200
    for answer in (
        client.http.get(url, params={"jwt": token + "x"}, headers=headers),
        client.http.get(f"{url}?jwt=a&jwt=b"),
    ):
        assert (answer.status_code, answer.json()) == (401, {"message": "Multiple tokens provided"})


@pytest.mark.parametrize("header", ["Basic cG9ydGFsOmRlbW8=", "token", "Bearer-ish"])
def test_a_header_that_holds_something_else_is_no_token(client: Client, header: str) -> None:
    """401, and it is said that it was seen."""
    answer = client.http.get(f"{BASE}/partners/{MAIN}", headers={"Authorization": header})
    assert (answer.status_code, answer.json()) == (401, {"message": "Unrecognizable token"})


def test_the_word_bearer_may_be_written_small(client: Client) -> None:
    """The plug-in's pattern allows for that."""
    answer = client.http.get(f"{BASE}/partners/{MAIN}", headers={"Authorization": f"bearer {client.token()}"})
    assert answer.status_code == 200


def part(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode()


HEADER = part(b'{"alg":"RS256"}')
CLAIMS = part(b'{"iss":"x"}')


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("nonsense", "Bad token; invalid JSON"),
        ("a.b.c", "Bad token; invalid JSON"),
        (f"{HEADER}.{CLAIMS}", "Bad token; invalid JSON"),
        (f"{HEADER}.{part(b'[]')}.x", "Bad token; invalid JSON"),
        (f"{part(b'1')}.{CLAIMS}.x", "Bad token; invalid JSON"),
        (f"{part(b'{}')}.{CLAIMS}.x", "Bad token; invalid alg"),
        (f"{part(b'[' * 9000)}.{CLAIMS}.x", "Bad token; invalid JSON"),
        (part(b'{"alg":"none"}') + f".{CLAIMS}.x", "Bad token; invalid alg"),
        (part(b'{"alg":"RS256","typ":"x"}') + f".{CLAIMS}.x", "Bad token; invalid typ"),
        ("\u20ac", "Bad token; invalid JSON"),
    ],
)
def test_a_malformed_token_is_a_bad_token(client: Client, token: str, message: str) -> None:
    """However it is broken."""
    answer = client.http.get(f"{BASE}/partners/{MAIN}", params={"jwt": token})
    assert (answer.status_code, answer.json()) == (401, {"message": message})


OTHER_KEY = RSAKey.generate_key(2048, private=True)


@pytest.mark.parametrize(
    ("token", "status", "message"),
    [
        (lambda: forged(iss="https://elsewhere.example/auth/realms/default", key=OTHER_KEY), 401, "issuer"),
        (lambda: forged(iss="http://portal.test/auth/realms/master"), 401, "issuer"),
        (lambda: forged(header={"alg": "RS384"}), 403, "Invalid algorithm"),
        (lambda: forged(header={"kid": "another"}), 401, "Unable to find public key for token kid"),
        (lambda: forged(key=OTHER_KEY), 401, "Invalid token signature"),
        (lambda: forged(exp=1773144000), 401, 'Token claims invalid: ["exp"]="token expired"'),
        (lambda: forged(exp=None), 401, 'Token claims invalid: ["exp"]="must be a number"'),
        (lambda: forged(exp=True), 401, 'Token claims invalid: ["exp"]="must be a number"'),
        (lambda: forged(clientId="nobody"), 403, "You cannot consume this service"),
    ],
)
def test_a_token_is_looked_at_closely(client: Client, token: Any, status: int, message: str) -> None:
    """Issuer, algorithm, key, signature, time; and whether its owner is subscribed."""
    answer = with_token(client, token())
    message = "Token issuer not allowed" if message == "issuer" else message
    assert (answer.status_code, answer.json()) == (status, {"message": message})


def test_a_token_expires_by_the_worlds_clock(client: Client) -> None:
    """After 300 seconds, even if it was looked at before."""
    token = client.token()
    assert with_token(client, token).status_code == 200
    client.advance(299)
    assert with_token(client, token).status_code == 200
    client.advance(1)
    answer = with_token(client, token)
    assert answer.json() == {"message": 'Token claims invalid: ["exp"]="token expired"'}


def test_the_subscriber_is_in_azp_if_there_is_no_client_id(client: Client) -> None:
    """As the stream server reads it."""
    assert with_token(client, forged(clientId=None)).status_code == 200


def test_a_token_of_ours_is_ours_under_any_of_our_names(client: Client) -> None:
    """Fetched at localhost, used at 127.0.0.1: a server has as many addresses as ways lead to it."""
    assert with_token(client, forged(iss="http://localhost:8080/auth/realms/default")).status_code == 200


def test_genuine_tokens_are_remembered_but_not_for_ever() -> None:
    """A forgotten one is just verified again."""
    gateway = Gateway(Context(*descriptions(), Policy(), signer()))
    oldest = forged()
    for number in range(VERIFIED + 1):
        token = oldest if number == 0 else f"{oldest}{number}"
        gateway.remember(token, {"number": number})
    assert gateway.remembered(oldest) is None
    assert gateway.remembered(f"{oldest}1") == {"number": 1}


# --------------------------------------------------------------------------------------------- addresses


@pytest.mark.parametrize(("address", "status"), [("192.0.2.2", 200), ("192.0.2.3", 403)])
def test_an_address_that_is_not_on_the_list_is_refused_by_the_gateway(
    make_client: MakeClient, address: str, status: int
) -> None:
    """For the API and for streams; the token endpoint takes everybody."""
    client = make_client(address=(address, 50000))
    answer = client.call("GET", "", as_="at-home")
    assert answer.status_code == status
    if status == 403:
        assert answer.json() == {"message": "Your IP address is not allowed"}
        assert client.stream("at-home").json() == {"message": "Your IP address is not allowed"}


def test_a_caller_without_an_address_is_on_no_list(make_client: MakeClient) -> None:
    """A Unix socket has none."""
    app = Portal()

    async def faceless(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "client": None}, receive, send)

    with TestClient(faceless, base_url="http://portal.test") as http:
        made = Client(app, http)
        assert made.call("GET", "", as_="at-home").status_code == 403
        assert made.call("GET", "").status_code == 200


def test_a_list_holds_ten_addresses(client: Client) -> None:
    """The eleventh is refused where the application is registered."""
    many = Application(client_id="x", client_secret="x", partner=MAIN, ip_whitelist=tuple(map(str, range(11))))
    with pytest.raises(Exception, match="at most 10 addresses"):
        client.do(applications.add_application, many)


def test_a_body_of_more_than_4_mb_is_refused_by_the_gateway(client: Client) -> None:
    """413, in its words."""
    answer = client.call(
        "POST", "/sims/details", content=b" " * 4_200_000, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()) == (413, {"message": "Request size limit exceeded"})
