"""Files in which the runtimes of other languages read whom to trust: the usual authorities, and ours.

Most runtimes read one bundle *instead of* their own, so it holds the authorities of this machine, too: hosts other than
the operators' stay as trustworthy as before.
"""

import contextlib
import ssl
import warnings
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore

from operator_emulator.interception.authority import Authority, publish

PASSWORD: Final = "changeit"  # Java's own; a trust store is no secret


def bundle(authority: Authority) -> Path:
    """PEM, as OpenSSL, curl, Python, Go, Ruby and PHP read it."""
    path = authority.folder / "bundle.pem"
    publish(path, system_authorities() + authority.pem)
    return path


def java_trust_store(authority: Authority) -> Path:
    """PKCS #12, as Java reads it."""
    path = authority.folder / "truststore.p12"
    source = authority.folder / "truststore.pem"  # what it was made of: an encrypted file is never the same twice
    content = system_authorities() + authority.pem
    if not path.exists() or not source.exists() or source.read_bytes() != content:
        store = serialize_java_truststore(
            [PKCS12Certificate(certificate, str(n).encode()) for n, certificate in enumerate(certificates(content))],
            BestAvailableEncryption(PASSWORD.encode()),
        )
        publish(path, store)
        publish(source, content)
    return path


def system_authorities() -> bytes:
    """The authorities that OpenSSL trusts on this machine; on Windows, those of the system's store."""
    paths = ssl.get_default_verify_paths()
    for place in (paths.cafile, paths.openssl_cafile, "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"):
        if place and Path(place).is_file():
            with contextlib.suppress(OSError):
                return Path(place).read_bytes().rstrip() + b"\n"
    loaded = ssl.create_default_context().get_ca_certs(binary_form=True)
    return "".join(map(ssl.DER_cert_to_PEM_cert, loaded)).encode()


def certificates(pem: bytes) -> list[x509.Certificate]:
    """Those in *pem* that can be read: some authorities have odd ones."""
    end = b"-----END CERTIFICATE-----"
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for block in pem.split(end):
            begin = block.find(b"-----BEGIN CERTIFICATE-----")
            if begin >= 0:
                with contextlib.suppress(ValueError):
                    found.append(x509.load_pem_x509_certificate(block[begin:] + end + b"\n"))
    return found
