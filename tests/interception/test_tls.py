"""HTTPS: a port with a certificate for the operators' hosts, which those who trust our authority accept."""

import os
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from operator_emulator.interception.authority import Authority
from operator_emulator.interception.hosts import OPERATORS
from operator_emulator.runtime.engine import real_now
from tests.interception.conftest import Serve, run
from tests.terminal import Page

HEALTH = b"GET /_emulator/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def call(url: str, name: str, trusted: Path) -> bytes:
    """The answer of the emulator to a client that calls it *name*, as strict as Python 3.13 is by default."""
    context = ssl.create_default_context(cafile=trusted)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with (
        socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=30) as connection,
        context.wrap_socket(connection, server_hostname=name) as secure,
    ):
        secure.sendall(HEALTH)
        return b"".join(iter(lambda: secure.recv(65536), b""))


def test_https_is_answered_under_every_name(serve: Serve, authority: Path) -> None:
    """This machine's names, and those of the operators of every edition and of the portal; beside plain HTTP."""
    addresses = serve("--tls-port", "0")
    hosts = next(row for row in Page("docs/settings.md").rows("Editions") if row[0] == "host")[1:]
    assert set(OPERATORS) == {*hosts, "sg-api.telekom.de"}
    for name in ("localhost", "127.0.0.1", "::1", *OPERATORS):
        assert call(addresses["HTTPS"], name, authority / "ca.pem").startswith(b"HTTP/1.1 200"), name
    assert addresses["Control plane"].startswith("http://")


def test_who_does_not_trust_the_authority_gets_no_answer(serve: Serve, tmp_path: Path) -> None:
    """Another machine's authority is not ours."""
    other = Authority.open(tmp_path / "other", real_now())
    with pytest.raises(ssl.SSLCertVerificationError):
        call(serve("--tls-port", "0")["HTTPS"], "localhost", other.path)


def test_ones_own_certificate_is_used(serve: Serve, tmp_path: Path) -> None:
    """Key and certificate in one file or in two."""
    own = Authority.open(tmp_path / "own", real_now())
    both = str(tmp_path / "own" / "ca-key.pem")
    for flags in (["--tls-cert", both], ["--tls-cert", str(own.path), "--tls-key", both]):
        port = urlsplit(serve("--tls-port", "0", *flags)["HTTPS"]).port
        assert ssl.get_server_certificate(("127.0.0.1", port or 0)).encode() == own.pem


# --------------------------------------------------------------------------------------------- what goes wrong


def test_a_port_for_https_that_is_taken_names_its_flag(authority: Path) -> None:
    """As for --port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, _, errors = run("serve", "--port", "0", "--tls-port", port, "--ca-dir", str(authority))
    assert code == 1
    assert errors.startswith("Error: cannot listen on 127.0.0.1")
    assert "choose another --tls-port" in errors


@pytest.fixture
def files(tmp_path: Path) -> Callable[[str], str]:
    """Files that fit and files that do not."""
    first, second = (Authority.open(tmp_path / name, real_now()) for name in ("one", "two"))
    encryption = BestAvailableEncryption(b"secret")
    (tmp_path / "encrypted").write_bytes(first.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    (tmp_path / "nonsense").write_text("nonsense", encoding="utf-8")
    (tmp_path / "certificate").write_bytes(first.pem)
    (tmp_path / "another-key").write_bytes((second.folder / "ca-key.pem").read_bytes())
    return lambda name: str(tmp_path / name)


@pytest.mark.parametrize(
    ("certificate", "key", "says"),
    [
        ("certificate", "another-key", "does not belong to the certificate"),
        ("certificate", "encrypted", "is encrypted; decrypt it first"),
        ("certificate", "nonsense", "do not contain a certificate and its key in PEM"),
        ("nonsense", "another-key", "do not contain a certificate and its key in PEM"),
    ],
)
def test_a_certificate_that_cannot_be_used_says_why(
    files: Callable[[str], str], certificate: str, key: str, says: str
) -> None:
    """In one line, before anything is served."""
    flags = ("--tls-cert", files(certificate), "--tls-key", files(key))
    code, _, errors = run("serve", "--port", "0", "--tls-port", "0", *flags)
    assert code == 1
    assert says in errors
    assert errors.count("\n") == 1


def test_a_certificate_without_its_port_or_a_key_without_its_certificate_is_wrong_usage(
    files: Callable[[str], str],
) -> None:
    """Nothing is left out silently."""
    code, _, errors = run("serve", "--port", "0", "--tls-cert", files("certificate"))
    assert (code, "tls_cert requires tls_port" in errors) == (2, True)
    code, _, errors = run("serve", "--port", "0", "--tls-port", "0", "--tls-key", files("another-key"))
    assert (code, "tls_key requires tls_cert" in errors) == (2, True)
    code, _, errors = run("serve", "--port", "0", "--tls-port", "70000")
    assert (code, "not in the range" in errors) == (2, True)


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_nobody_else_can_read_the_authoritys_key(tmp_path: Path) -> None:
    """Neither the file nor its folder."""
    folder = tmp_path / "new" / "ca"
    assert run("ca", "--ca-dir", str(folder))[0] == 0
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "ca-key.pem").stat().st_mode & 0o777 == 0o600
