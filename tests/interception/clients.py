"""Clients as they are written for the operator: they log in at its real address and print the number of their SIMs.

None of them knows of the emulator. A page has ten of them.
"""

from typing import Final

REQUESTS: Final = """
import requests
api = "https://api.1nce.com/management-api"
token = requests.post(f"{api}/oauth/token", auth=("demo", "demo"), json={"grant_type": "client_credentials"}).json()
sims = requests.get(f"{api}/v1/sims", headers={"Authorization": "Bearer " + token["access_token"]}).json()
print("sims", len(sims))
"""

HTTPX: Final = """
import httpx
with httpx.Client(base_url="https://api.1nce.com/management-api") as api:
    token = api.post("/oauth/token", auth=("demo", "demo"), json={"grant_type": "client_credentials"}).json()
    sims = api.get("/v1/sims", headers={"Authorization": "Bearer " + token["access_token"]}).json()
print("sims", len(sims))
"""

HTTPX_ASYNC: Final = """
import asyncio, httpx
async def main():
    async with httpx.AsyncClient(base_url="https://api.1nce.com/management-api") as api:
        login = await api.post("/oauth/token", auth=("demo", "demo"), json={"grant_type": "client_credentials"})
        sims = await api.get("/v1/sims", headers={"Authorization": "Bearer " + login.json()["access_token"]})
    print("sims", len(sims.json()))
asyncio.run(main())
"""

AIOHTTP: Final = """
import aiohttp, asyncio
async def main():
    async with aiohttp.ClientSession("https://api.1nce.com") as api:
        login = {"auth": aiohttp.BasicAuth("demo", "demo"), "json": {"grant_type": "client_credentials"}}
        async with api.post("/management-api/oauth/token", **login) as answer:
            token = (await answer.json())["access_token"]
        async with api.get("/management-api/v1/sims", headers={"Authorization": f"Bearer {token}"}) as answer:
            print("sims", len(await answer.json()))
asyncio.run(main())
"""

URLLIB: Final = """
import base64, json, urllib.request
def call(path, body=None, **headers):
    request = urllib.request.Request("https://api.1nce.com/management-api" + path, body, headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)
basic = base64.b64encode(b"demo:demo").decode()
token = call("/oauth/token", b"grant_type=client_credentials", Authorization=f"Basic {basic}")["access_token"]
print("sims", len(call("/v1/sims", Authorization=f"Bearer {token}")))
"""

HTTP_CLIENT: Final = """
import base64, http.client, json
api = http.client.HTTPSConnection("api.1nce.com")  # asks no environment for a proxy
basic = base64.b64encode(b"demo:demo").decode()
body = json.dumps({"grant_type": "client_credentials"})
api.request("POST", "/management-api/oauth/token", body,
            {"Authorization": f"Basic {basic}", "Content-Type": "application/json"})
token = json.load(api.getresponse())["access_token"]
api.request("GET", "/management-api/v1/sims", headers={"Authorization": f"Bearer {token}"})
print("sims", len(json.load(api.getresponse())))
"""

CURL: Final = """
set -eu
api=https://api.1nce.com/management-api
login=$(curl -sS -u demo:demo -d grant_type=client_credentials $api/oauth/token | tr -d ' \\n')
token=$(echo "$login" | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
echo sims $(curl -sS -H "Authorization: Bearer $token" $api/v1/sims | grep -o '"iccid"' | wc -l)
"""

NODE_FETCH: Final = """
const api = "https://api.1nce.com/management-api";
const basic = Buffer.from("demo:demo").toString("base64");
const login = await fetch(`${api}/oauth/token`, {
  method: "POST",
  headers: { Authorization: `Basic ${basic}`, "Content-Type": "application/json" },
  body: JSON.stringify({ grant_type: "client_credentials" }),
});
const { access_token } = await login.json();
const sims = await fetch(`${api}/v1/sims`, { headers: { Authorization: `Bearer ${access_token}` } });
console.log("sims", (await sims.json()).length);
"""

NODE_HTTPS: Final = """
import https from "node:https";
const call = (path, method, headers, body) => new Promise((resolve, reject) => {
  const request = https.request({ host: "api.1nce.com", path: `/management-api${path}`, method, headers }, (answer) => {
    let text = "";
    answer.on("data", (piece) => (text += piece)).on("end", () => resolve(JSON.parse(text)));
  });
  request.on("error", reject).end(body);
});
const basic = Buffer.from("demo:demo").toString("base64");
const form = { Authorization: `Basic ${basic}`, "Content-Type": "application/x-www-form-urlencoded" };
const { access_token } = await call("/oauth/token", "POST", form, "grant_type=client_credentials");
console.log("sims", (await call("/v1/sims", "GET", { Authorization: `Bearer ${access_token}` })).length);
"""

JAVA: Final = """
import java.net.URI;
import java.net.http.*;
import java.util.Base64;
import java.util.regex.*;

class Client {
    static final String API = "https://api.1nce.com/management-api";

    static String send(HttpClient client, HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString()).body();
    }

    public static void main(String[] arguments) throws Exception {
        var client = HttpClient.newHttpClient();
        var basic = Base64.getEncoder().encodeToString("demo:demo".getBytes());
        var login = send(client, HttpRequest.newBuilder(URI.create(API + "/oauth/token"))
            .header("Authorization", "Basic " + basic)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials")));
        var found = Pattern.compile("\\"access_token\\"\\\\s*:\\\\s*\\"([^\\"]*)").matcher(login);
        if (!found.find()) throw new Exception(login);
        var sims = send(client, HttpRequest.newBuilder(URI.create(API + "/v1/sims"))
            .header("Authorization", "Bearer " + found.group(1)));
        System.out.println("sims " + Pattern.compile("\\"iccid\\"").matcher(sims).results().count());
    }
}
"""

GO: Final = """
package main

import (
    "encoding/json"
    "fmt"
    "net/http"
    "strings"
)

const api = "https://api.1nce.com/management-api"

func call(request *http.Request, into any) {
    answer, err := http.DefaultClient.Do(request)
    if err != nil {
        panic(err)
    }
    defer answer.Body.Close()
    if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
        panic(err)
    }
}

func main() {
    login, _ := http.NewRequest("POST", api+"/oauth/token", strings.NewReader("grant_type=client_credentials"))
    login.SetBasicAuth("demo", "demo")
    login.Header.Set("Content-Type", "application/x-www-form-urlencoded")
    var token struct{ AccessToken string `json:"access_token"` }
    call(login, &token)
    list, _ := http.NewRequest("GET", api+"/v1/sims", nil)
    list.Header.Set("Authorization", "Bearer "+token.AccessToken)
    var sims []map[string]any
    call(list, &sims)
    fmt.Println("sims", len(sims))
}
"""

PHP: Final = """
<?php
function call(string $path, array $headers, ?string $body = null): array {
    $curl = curl_init("https://api.1nce.com/management-api" . $path);
    curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_HTTPHEADER => $headers]);
    if ($body !== null) curl_setopt($curl, CURLOPT_POSTFIELDS, $body);
    $answer = curl_exec($curl);
    if ($answer === false) throw new Exception(curl_error($curl));
    return json_decode($answer, true);
}
$token = call("/oauth/token", ["Authorization: Basic " . base64_encode("demo:demo")], "grant_type=client_credentials");
echo "sims ", count(call("/v1/sims", ["Authorization: Bearer " . $token["access_token"]])), "\\n";
"""

RUBY: Final = """
require "json"
require "net/http"

API = URI("https://api.1nce.com")
Net::HTTP.start(API.host, API.port, use_ssl: true) do |http|
  login = Net::HTTP::Post.new("/management-api/oauth/token")
  login.basic_auth("demo", "demo")
  login.set_form_data("grant_type" => "client_credentials")
  token = JSON.parse(http.request(login).body)["access_token"]
  list = Net::HTTP::Get.new("/management-api/v1/sims", "Authorization" => "Bearer #{token}")
  puts "sims #{JSON.parse(http.request(list).body).length}"
end
"""
