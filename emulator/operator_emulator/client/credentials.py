"""Credentials of the world, and the tokens that they get from the operators' APIs."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from operator_emulator.client.connection import Connection, path_to
from operator_emulator.client.errors import EmulatorError, refusal
from operator_emulator.client.values import Value

API: Final = "/management-api"
PORTAL_TOKENS: Final = "/auth/realms/default/protocol/openid-connect/token"


@dataclass(frozen=True, slots=True)
class Credentials(Value):
    """A user of the management API with a password, or an application of the service portal with a secret."""

    api: Literal["management", "portal"]
    owner: str
    name: str
    secret: str


@dataclass(frozen=True, slots=True)
class Token(Value):
    access_token: str
    expires_in: int


def list_credentials(connection: Connection) -> list[Credentials]:
    """The users who may call the management API, and the applications of the portal."""
    found = []
    for one in connection.call("GET", "/organisations")["organisations"]:
        organisation = connection.call("GET", path_to("organisations", one["id"]))
        found += [
            credentials("management", organisation["name"], user["username"], user["password"])
            for user in organisation["users"]
            if user["role"] == "api"
        ]
    for one in connection.call("GET", "/portal/subscriptions")["applications"]:
        found.append(credentials("portal", one["partnerID"], one["client_id"], one["client_secret"]))
    return found


def credentials(api: Literal["management", "portal"], owner: str, name: str, secret: str) -> Credentials:
    return Credentials(api, owner, name, secret, json={"api": api, "owner": owner, "name": name, "secret": secret})


def get_token(connection: Connection, one: Credentials) -> Token:
    """A token from the API that the credentials are for. Raises EmulatorError."""
    how: dict[str, Any] = {"data": {"grant_type": "client_credentials"}}
    if one.api == "management":
        answer = connection.request("POST", f"{API}/oauth/token", auth=(one.name, one.secret), **how)
    else:
        how["data"] |= {"client_id": one.name, "client_secret": one.secret}
        answer = connection.request("POST", PORTAL_TOKENS, **how)
    if not answer.is_success:
        raise refusal(answer)
    return Token.read(answer.json())


def choose(found: list[Credentials], name: str | None) -> Credentials:
    """The credentials with this name, or the first. Raises EmulatorError."""
    for one in found:
        if name in (None, one.name):
            return one
    if name is None:
        raise EmulatorError(404, "no credentials: this world has no users")
    raise EmulatorError(
        404, f"no user or application is called {name}; choose one of {', '.join(one.name for one in found)}"
    )
