"""Authority: the certificate authority of this machine, which signs for the operators' hosts and nothing else.

It is made once and kept in a folder of the user's data that nobody else can read. Its name constraints (RFC 5280,
4.2.1.10) let clients refuse whatever else might be signed with its key, so trusting it is no risk to other hosts.
"""

import contextlib
import os
import ssl
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from operator_emulator.interception.hosts import OPERATORS, OWN, OWN_ADDRESSES

NAME: Final = "operator-emulator, for tests on this machine"
LIFETIME: Final = timedelta(days=3650)
SERVER_LIFETIME: Final = timedelta(days=365)  # some clients take no certificate of more than 398 days
EARLIER: Final = timedelta(days=1)  # a clock may be slow


class CertificateUnusable(Exception):
    """A certificate cannot be used; the message says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Authority:
    """The authority kept in *folder*: ``ca-key.pem`` for us alone, ``ca.pem`` for those who trust it."""

    folder: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def open(cls, folder: Path, now: datetime) -> Self:
        """The authority in *folder*, made if there is none. Raises CertificateUnusable."""
        try:
            private = folder / "ca-key.pem"
            if not private.exists():
                create(private, now)
            authority = cls.read(folder, private.read_bytes())
            publish(authority.path, authority.pem)
        except OSError as error:
            raise CertificateUnusable(
                f"the certificate authority cannot be kept in {folder}: {error.strerror or error}; "
                "choose another folder with --ca-dir"
            ) from None
        if authority.certificate.not_valid_after_utc <= now:
            raise CertificateUnusable(
                f"the certificate authority in {folder} expired on {authority.valid_until}; "
                "make a new one with 'operator-emulator ca --renew', and trust it"
            )
        if not authority.is_for_our_hosts:
            raise CertificateUnusable(
                f"the certificate authority in {folder} was made by another version and cannot sign for all hosts; "
                "make a new one with 'operator-emulator ca --renew', and trust it"
            )
        return authority

    @classmethod
    def read(cls, folder: Path, pem: bytes) -> Self:
        """The authority whose key and certificate are *pem*. Raises CertificateUnusable."""
        damaged = CertificateUnusable(
            f"{folder / 'ca-key.pem'} is damaged; make a new one with 'operator-emulator ca --renew', and trust it"
        )
        try:
            key = load_pem_private_key(pem, None)
            certificate = x509.load_pem_x509_certificate(pem)
        except (TypeError, ValueError):
            raise damaged from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise damaged
        return cls(folder, certificate, key)

    @classmethod
    def renew(cls, folder: Path, now: datetime) -> Self:
        """A new authority in the place of an old one. Raises CertificateUnusable."""
        try:
            (folder / "ca-key.pem").unlink(missing_ok=True)
        except OSError as error:
            raise CertificateUnusable(f"{folder / 'ca-key.pem'} cannot be replaced: {error.strerror}") from None
        return cls.open(folder, now)

    @property
    def path(self) -> Path:
        """The file that clients trust."""
        return self.folder / "ca.pem"

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def valid_until(self) -> str:
        return f"{self.certificate.not_valid_after_utc:%Y-%m-%d}"

    @property
    def is_for_our_hosts(self) -> bool:
        found = [one.value for one in self.certificate.extensions if isinstance(one.value, x509.NameConstraints)]
        return found == [constraints()]

    @property
    def hosts(self) -> tuple[str, ...]:
        """Whom it can sign for."""
        return (*OWN, *OPERATORS, *OWN_ADDRESSES)

    def server_context(self, now: datetime) -> ssl.SSLContext:
        """A context for servers, with a new certificate for the operators' hosts and this machine."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [*map(x509.DNSName, (*OWN, *OPERATORS)), *(x509.IPAddress(ip_address(one)) for one in OWN_ADDRESSES)]
        certificate = (
            builder("operator-emulator", key.public_key(), self.certificate.subject, now, SERVER_LIFETIME)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(issuer_key(self.key), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        with tempfile.TemporaryDirectory() as folder:  # the standard library reads keys from files only
            path = Path(folder, "server.pem")
            write_private(path, [pem_of(key), certificate.public_bytes(Encoding.PEM), self.pem])
            return own_context(path, None)


def own_context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """A context for servers from the user's own files; one file may hold both. Raises CertificateUnusable."""
    key = key or certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password=partial(refuse_password, key))
    except (ssl.SSLError, OSError) as error:
        if "KEY_VALUES_MISMATCH" in str(error):
            problem = f"the key in {key} does not belong to the certificate in {certificate}"
        else:
            problem = f"{certificate} and {key} do not contain a certificate and its key in PEM"
        raise CertificateUnusable(problem) from None
    return context


def refuse_password(key: Path) -> bytes:
    raise CertificateUnusable(f"the key in {key} is encrypted; decrypt it first")


# --------------------------------------------------------------------------------------------- making one


def create(path: Path, now: datetime) -> None:
    """Write a new authority, key and certificate in one file, unless another process is faster."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    certificate = (
        builder(NAME, key.public_key(), name, now, LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(constraints(), critical=True)
        .sign(key, hashes.SHA256())
    )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        draft = Path(folder, path.name)
        write_private(draft, [pem_of(key), certificate.public_bytes(Encoding.PEM)])
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)


def builder(
    common_name: str, key: ec.EllipticCurvePublicKey, issuer: x509.Name, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def constraints() -> x509.NameConstraints:
    networks = [ip_network(one) for one in OWN_ADDRESSES]
    permitted = [*map(x509.DNSName, (*OWN, *OPERATORS)), *map(x509.IPAddress, networks)]
    return x509.NameConstraints(permitted, None)


def issuer_key(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write_private(path: Path, parts: Iterable[bytes]) -> None:
    """A new file that only its owner can read."""
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.writelines(parts)


def publish(path: Path, content: bytes) -> None:
    """A file for others to read, which is never seen half written; left alone if it is so already."""
    with contextlib.suppress(FileNotFoundError):
        if path.read_bytes() == content:
            return
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        draft.write(content)
    Path(draft.name).chmod(0o644)
    os.replace(draft.name, path)
