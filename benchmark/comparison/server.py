"""A server of Holdfast at work, and its API as a script has it."""

import http.client
import json
import os
import pathlib
import select
import signal
import ssl
import subprocess
import time
import urllib.parse

from comparison.process import BenchmarkFailure, run, tail

PASSWORD = "benchmark of a server"
READY_SECONDS = 60
STOP_SECONDS = 60


class Server:
    """One server process with what it keeps below `home`; its first administrator is `admin`."""

    def __init__(self, home, app, *, init_options=(), options=()):
        self.home = home
        self.program = app / "bin" / "holdfast"
        self.data = home / "server"
        self.log = home / "log"
        self._init_options = list(init_options)
        self._options = list(options)
        self._process = None
        self.url = None

    def init(self):
        self.home.mkdir(parents=True, exist_ok=True)
        password = self.home / "password"
        password.write_text(PASSWORD + "\n", encoding="ascii")
        password.chmod(0o600)
        run([self.program, "server", "init", "--data", self.data, "--admin-password-file", password, *self._init_options])

    def start(self, listen="127.0.0.1:0"):
        """Starts it; returns after how many seconds it said that it is ready."""
        with open(self.log, "ab") as log:
            begin = time.monotonic()
            self._process = subprocess.Popen(
                [str(a) for a in (self.program, "server", "--json", "--data", self.data, "--listen", listen, *self._options)],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        if not select.select([self._process.stdout], [], [], READY_SECONDS)[0]:
            raise BenchmarkFailure(f"the server is not ready:\n{tail(self.log)}")
        line = self._process.stdout.readline()
        if not line:
            raise BenchmarkFailure(f"the server does not start:\n{tail(self.log)}")
        self.url = json.loads(line)["url"]
        return time.monotonic() - begin

    @property
    def pid(self):
        return self._process.pid

    def rss(self):
        """Bytes of memory, now."""
        return self._status("VmRSS")

    def rss_peak(self):
        return self._status("VmHWM")

    def _status(self, name):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            fields = dict(line.split(":", 1) for line in status)
        return int(fields[name].split()[0]) * 1024

    def cpu(self):
        """Seconds of processor time that it has used."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self):
        """As a machine that loses power."""
        self._process.kill()
        self._process.wait()

    def stop(self):
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def api(self):
        """A connection with its own session."""
        return Api(self.url, self.data / "authority" / "authority.pem")


class Api:
    """One connection that is kept; of one thread."""

    def __init__(self, url, authority):
        place = urllib.parse.urlsplit(url)
        self._connection = http.client.HTTPSConnection(
            "127.0.0.1", place.port, context=ssl.create_default_context(cafile=str(authority)), timeout=60)
        self._headers = {"Content-Type": "application/json"}
        told = self.post("/login", {"user": "admin", "password": PASSWORD})
        self._headers["Authorization"] = "Bearer " + told["token"]

    def get(self, path):
        return self._call("GET", path, None)

    def post(self, path, body):
        return self._call("POST", path, body)

    def _call(self, method, path, body):
        try:
            answer = self._ask(method, path, body)
        except http.client.RemoteDisconnected:
            # It was quiet for so long that the server has closed it.
            answer = self._ask(method, path, body)
        content = answer.read()
        if answer.status >= 400:
            raise BenchmarkFailure(f"{method} {path} was answered with {answer.status}: {content.decode('utf-8', 'replace')}")
        return json.loads(content) if content else None

    def _ask(self, method, path, body):
        self._connection.request(method, "/api/v1" + path, None if body is None else json.dumps(body), self._headers)
        return self._connection.getresponse()

    def all(self, path):
        """The items of all pages."""
        items, after = [], ""
        while after is not None:
            page = self.get(path + "&limit=1000" + (f"&after={urllib.parse.quote(after)}" if after else ""))
            items += page["items"]
            after = page.get("next")
        return items
