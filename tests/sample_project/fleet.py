"""A customer's service: wakes its pumps by SMS, and learns from the operator's callbacks what became of it."""

import json
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, HTTPServer


class Operator:
    """The operator's management API, as far as this service needs it."""

    def __init__(self, url, username, password):
        self.url = url
        self.basic = b64encode(f"{username}:{password}".encode()).decode()
        self.token = None

    def call(self, method, path, body=None, again=True):
        if self.token is None:
            self.token = self.send("POST", "/oauth/token", {"grant_type": "client_credentials"}, f"Basic {self.basic}")
        try:
            return self.send(method, path, body, f"Bearer {self.token['access_token']}")
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 401 or not again:
                raise
            self.token = None
            return self.call(method, path, body, again=False)

    def send(self, method, path, body, authorization):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            content = answer.read()
            return json.loads(content) if content else answer.headers["Location"]

    def sims(self):
        return [sim["iccid"] for sim in self.call("GET", "/v1/sims")]

    def wake(self, iccid):
        """The id of the message that wakes it."""
        return int(self.call("POST", f"/v1/sims/{iccid}/sms", {"payload": "wake up"}).rpartition("/")[2])


class Inbox:
    """This service's own webhook, at *url*: what pumps say, and which messages reached them."""

    def __init__(self):
        self.said, self.reached = [], []
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                inbox.said.append(self.read()["payload"])
                self.thank()

            def do_PATCH(self):
                report = self.read()
                if report["status"]["status"] == "DELIVERED":
                    inbox.reached.append(report["endpoint"]["name"])
                self.thank()

            def read(self):
                return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

            def thank(self):  # last of all: the operator may forget what we have answered
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
