"""The key that signs tokens: the package's test key, or the user's own.

joserfc is imported for the first token only, because importing it takes as long as everything else at start-up.
"""

import base64
import re
from functools import cached_property
from hashlib import sha1, sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

ALGORITHM: Final = "RS256"
CERTIFICATE: Final = re.compile("-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)


class KeyUnusable(Exception):
    """The file has no usable RSA private key; the message says which file and why."""


class Signer:
    """Signs and verifies tokens. The same claims give the same token (RSASSA-PKCS1-v1_5). *path*: a PEM file.

    Without a path it is the test key. Raises KeyUnusable at once if the file has no key.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        if path is not None:
            assert self.key

    @cached_property
    def _pem(self) -> str:
        source = self._path or files("operator_emulator.portal").joinpath("test_key.pem")
        try:
            return source.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise KeyUnusable(f"{self._path}: {error}") from None

    @cached_property
    def key(self) -> "RSAKey":
        from joserfc.errors import JoseError
        from joserfc.jwk import RSAKey

        try:
            key = RSAKey.import_key(self._pem)
        except (JoseError, ValueError, TypeError) as error:
            raise KeyUnusable(f"{self._path}: is not an RSA private key in PEM without a password ({error})") from None
        if not key.is_private:
            raise KeyUnusable(f"{self._path}: is a public key; signing needs the private one")
        return key

    @cached_property
    def kid(self) -> str:
        """The key's thumbprint (RFC 7638)."""
        return self.key.thumbprint()

    def sign(self, claims: dict[str, Any]) -> str:
        from joserfc import jwt

        header = {"alg": ALGORITHM, "typ": "JWT", "kid": self.kid}
        return jwt.encode(header, claims, self.key, algorithms=[ALGORITHM])

    def verifies(self, token: str) -> bool:
        """Whether this key signed the token, whatever its claims are."""
        from joserfc import jws
        from joserfc.errors import JoseError

        try:
            jws.deserialize_compact(token, self.key, algorithms=[ALGORITHM])
        except (JoseError, ValueError):
            return False
        return True

    @cached_property
    def public(self) -> dict[str, Any]:
        """The public key as a JSON Web Key, with the certificate if the file has one."""
        shown = self.key.as_dict(private=False)
        key = {"kid": self.kid, "kty": "RSA", "alg": ALGORITHM, "use": "sig", "n": shown["n"], "e": shown["e"]}
        found = CERTIFICATE.search(self._pem)
        if found is None:
            return key
        der = base64.b64decode(found[1])
        return key | {
            "x5c": [base64.b64encode(der).decode()],
            "x5t": unpadded(sha1(der, usedforsecurity=False).digest()),
            "x5t#S256": unpadded(sha256(der).digest()),
        }

    @cached_property
    def public_der(self) -> str:
        """The public key, base64 of its DER (SubjectPublicKeyInfo)."""
        return base64.b64encode(self.key.as_der(private=False)).decode()


def unpadded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")
