"""ca: show this machine's certificate authority, and how to trust it."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from operator_emulator.cli.output import print_json

if TYPE_CHECKING:
    from operator_emulator.interception.authority import Authority

FOLDER: Final = "OPERATOR_EMULATOR_CA_DIR"

TRUST: Final = """\
Trust it in one client or command, rather than in the whole system:

  curl      curl --cacert "{ca}" https://localhost:8443/_emulator/health
  Python    export REQUESTS_CA_BUNDLE="{bundle}" SSL_CERT_FILE="{bundle}"
  Node      export NODE_EXTRA_CA_CERTS="{ca}"
  Java      export JAVA_TOOL_OPTIONS="-Djavax.net.ssl.trustStore={java} -Djavax.net.ssl.trustStorePassword={password}"
  Go        export SSL_CERT_FILE="{bundle}"   (Linux; macOS and Windows ask the system)
  .NET      export SSL_CERT_FILE="{bundle}"   (Linux; macOS and Windows ask the system)
  Ruby      export SSL_CERT_FILE="{bundle}"
  PHP       php -d curl.cainfo="{bundle}" -d openssl.cafile="{bundle}" client.php

  macOS     security add-trusted-cert -p ssl -k ~/Library/Keychains/login.keychain-db "{ca}"
  Windows   certutil -user -addstore Root "{ca}"

bundle.pem also contains the authorities that this machine already trusts, because most runtimes read only one file."""


def open_authority(folder: Path | None, *, renew: bool = False) -> "Authority":
    """The authority of *folder* or of the user's, made if there is none. Raises ClickException."""
    from operator_emulator.interception.authority import Authority, CertificateUnusable
    from operator_emulator.runtime.engine import real_now

    folder = folder or Path(click.get_app_dir("operator-emulator", roaming=False), "ca")
    try:
        return (Authority.renew if renew else Authority.open)(folder.absolute(), real_now())
    except CertificateUnusable as error:
        raise click.ClickException(str(error)) from None


@click.command()
@click.option("--path", "only_path", is_flag=True, help="Print only the path of the certificate.")
@click.option("--pem", "only_pem", is_flag=True, help="Print only the certificate, in PEM.")
@click.option("--json", "as_json", is_flag=True, help="Print the paths as JSON.")
@click.option("--renew", is_flag=True, help="Replace it with a new one, which clients must trust again.")
@click.option(
    "--ca-dir", envvar=FOLDER, type=click.Path(path_type=Path, file_okay=False), help="Folder that holds the authority."
)
def ca(only_path: bool, only_pem: bool, as_json: bool, renew: bool, ca_dir: Path | None) -> None:
    """Show the certificate authority behind --tls-port, and how to make clients trust it.

    It is created once and then kept. It can sign only for the operators' hosts and for this machine.
    """
    from operator_emulator.interception import trust

    authority = open_authority(ca_dir, renew=renew)
    if only_path:
        click.echo(authority.path)
    elif only_pem:
        click.echo(authority.pem.decode(), nl=False)
    else:
        files = {
            "ca": str(authority.path),
            "bundle": str(trust.bundle(authority)),
            "java": str(trust.java_trust_store(authority)),
            "password": trust.PASSWORD,
        }
        if as_json:
            print_json({**files, "valid_until": authority.valid_until, "hosts": list(authority.hosts)})
        else:
            click.echo(f"{authority.path}\nvalid until {authority.valid_until}, for {', '.join(authority.hosts)}\n")
            click.echo(TRUST.format(**files))
