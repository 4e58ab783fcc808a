"""The environment in which a command finds the emulator at the operators' addresses.

Each runtime has variables of its own for the proxy and for whom to trust. Two of them need more: Python's aiohttp and
Node before version 24 ask no environment for a proxy, so a small hook leads the operators' hosts to the emulator.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from operator_emulator.interception import trust
from operator_emulator.interception.authority import Authority, publish
from operator_emulator.interception.hosts import OPERATORS, OWN_ADDRESSES, Addresses

HOOKS: Final = Path(__file__).with_name("hooks")
NO_PROXY: Final = ("localhost", *OWN_ADDRESSES)


def variables(addresses: Addresses, authority: Authority, present: Mapping[str, str]) -> dict[str, str]:
    """The variables for a command, with regard to those that are *present* already."""
    bundle = str(trust.bundle(authority))
    found = {"OPERATOR_EMULATOR_URL": addresses.http}
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE"):
        found[name] = bundle
    for name in ("NODE_EXTRA_CA_CERTS", "DENO_CERT"):  # in addition to those that the runtime brings
        found[name] = str(authority.path)
    found["PHP_INI_SCAN_DIR"] = f"{present.get('PHP_INI_SCAN_DIR', '')}{os.pathsep}{php_settings(authority, bundle)}"
    if addresses.proxy is not None:
        found |= proxy_variables(addresses.proxy, present)
    found["JAVA_TOOL_OPTIONS"] = joined(present.get("JAVA_TOOL_OPTIONS"), java_options(addresses.proxy, authority))
    if addresses.https is not None:
        found |= redirect_variables(addresses, present)
    return found


def proxy_variables(proxy: str, present: Mapping[str, str]) -> dict[str, str]:
    exempt = present.get("NO_PROXY") or present.get("no_proxy") or ""
    no_proxy = ",".join([*filter(None, exempt.split(",")), *(one for one in NO_PROXY if one not in exempt.split(","))])
    found = {"NODE_USE_ENV_PROXY": "1"}
    for name, value in (("HTTP_PROXY", proxy), ("HTTPS_PROXY", proxy), ("NO_PROXY", no_proxy)):
        found[name] = value
        if os.name != "nt":  # where names have no case
            found[name.lower()] = value
    return found


def redirect_variables(addresses: Addresses, present: Mapping[str, str]) -> dict[str, str]:
    """For the hooks of Python and Node."""
    ports = {"443": urlsplit(addresses.https).port, "80": urlsplit(addresses.http).port}
    where = {"hosts": OPERATORS, "address": address_of(addresses.http), "ports": ports}
    python, node = HOOKS / "python", HOOKS / "node" / "redirect.cjs"
    return {
        "OPERATOR_EMULATOR_REDIRECT": json.dumps(where, separators=(",", ":")),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(python), present.get("PYTHONPATH")])),
        "NODE_OPTIONS": joined(present.get("NODE_OPTIONS"), f'--require "{node.as_posix()}"'),
    }


def java_options(proxy: str | None, authority: Authority) -> str:
    options = {
        "javax.net.ssl.trustStore": trust.java_trust_store(authority),
        "javax.net.ssl.trustStoreType": "PKCS12",
        "javax.net.ssl.trustStorePassword": trust.PASSWORD,
    }
    if proxy is not None:
        host, port = urlsplit(proxy).hostname, urlsplit(proxy).port
        options |= {"http.nonProxyHosts": "localhost|127.*|[::1]"}
        for scheme in ("http", "https"):
            options |= {f"{scheme}.proxyHost": host, f"{scheme}.proxyPort": port}
    return " ".join(
        f'"-D{name}={value}"' if " " in str(value) else f"-D{name}={value}" for name, value in options.items()
    )


def php_settings(authority: Authority, bundle: str) -> Path:
    """A folder that PHP reads further settings from."""
    folder = authority.folder / "php"
    folder.mkdir(exist_ok=True)
    publish(folder / "operator-emulator.ini", f'curl.cainfo = "{bundle}"\nopenssl.cafile = "{bundle}"\n'.encode())
    return folder


def address_of(url: str) -> str:
    """The host of a URL as an address, where it is this machine."""
    host = urlsplit(url).hostname or ""
    return OWN_ADDRESSES[0] if host == "localhost" else host


def joined(*options: str | None) -> str:
    return " ".join(filter(None, options))
