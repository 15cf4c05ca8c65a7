"""Webhooks: signed, in order and at least once for any receiver."""

import base64
import http.server
import json
import threading
import time

import pytest
from click.testing import CliRunner
from standardwebhooks import Webhook, WebhookVerificationError

from api.consent.commands import SetConsent
from api.webhooks.delivery import ID, Delivery, Pace
from api.webhooks.endpoints import DEAD_AFTER, Endpoints, Progress
from api.webhooks.targets import WebhookError
from cli.webhooks import command

ANOTHER = "whsec_" + base64.b64encode(b"another").decode()
FAST = Pace(idle=0.02, first=0.01, longest=0.05, one_try=0.3)


class Receiver:
    """A real HTTP server that accepts or refuses events."""

    def __init__(self, port=0):
        self.taken, self.tries, self.answers = [], [], []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.tries.append((dict(self.headers), body))
                answer = receiver.answers.pop(0) if receiver.answers else 200
                if answer == "slow":
                    time.sleep(FAST.one_try * 2)
                    return
                if answer == 200:
                    receiver.taken.append(json.loads(body))
                self.send_response(answer)
                if answer == 302:
                    self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/events?from=rongzi"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    opened = Receiver()
    yield opened
    opened.close()


@pytest.fixture
def home(ledger_settings):
    return ledger_settings.home


@pytest.fixture
def deliver(desk, home):
    started = []

    def start():
        delivery = Delivery(desk.ledger, home, FAST)
        delivery.start()
        started.append(delivery)
        return delivery

    yield start
    for delivery in started:
        delivery.stop()


def happen(desk, times, tier="FIRST"):
    member = desk.member(tier)["member_id"]
    for n in range(times):
        desk.do(SetConsent(None, "officer-1", member, n % 2 == 1, "paper", desk.resources))


def until(true, seconds=20):
    for _ in range(int(seconds / 0.02)):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("did not happen in time")


def test_every_event_arrives_signed_and_in_the_order_of_the_chain(desk, receiver, home, deliver):
    endpoint = Endpoints(home).add("core", receiver.url, from_start=True)
    happen(desk, 6)
    deliver()
    until(lambda: len(receiver.taken) == 6)
    assert [event["seq"] for event in receiver.taken] == [1, 2, 3, 4, 5, 6]
    for headers, body in receiver.tries:
        assert Webhook(endpoint.secret).verify(body, headers) == json.loads(body)
        with pytest.raises(WebhookVerificationError):
            Webhook(ANOTHER).verify(body, headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(endpoint.secret).verify(body + b" ", headers)
        assert headers[ID] == json.loads(body)["event_id"]


def test_a_secret_of_an_earlier_release_signs_with_its_characters(desk, receiver, home, deliver):
    endpoints = Endpoints(home)
    endpoints.add("core", receiver.url, from_start=True)
    listed = json.loads((home / "webhooks" / "endpoints.json").read_text(encoding="utf-8"))
    listed["core"]["secret"] = "a-secret-of-release-0.1"
    (home / "webhooks" / "endpoints.json").write_text(json.dumps(listed), encoding="utf-8")
    happen(desk, 1)
    deliver()
    until(lambda: receiver.taken)
    headers, body = receiver.tries[0]
    known = "whsec_" + base64.b64encode(b"a-secret-of-release-0.1").decode()
    assert Webhook(known).verify(body, headers)


def test_an_event_identifies_nobody(desk, receiver, home, deliver):
    Endpoints(home).add("core", receiver.url, from_start=True)
    member = desk.member("FIRST")
    desk.decide(member, 3_000)
    deliver()
    until(lambda: receiver.taken)
    assert set(receiver.taken[0]) == {
        "event_id", "seq", "kind", "recorded_at", "decision_id", "subject_id", "place_code",
        "amount_yuan", "outcome",
    }  # fmt: skip
    assert member["member_id"] not in json.dumps(receiver.taken)


@pytest.mark.parametrize("failure", [500, 302, "slow"])
def test_an_event_that_was_not_accepted_is_sent_again_before_later_ones(
    desk, receiver, home, deliver, failure
):
    Endpoints(home).add("core", receiver.url, from_start=True)
    receiver.answers = [200, failure, failure]
    happen(desk, 3)
    deliver()
    until(lambda: len(receiver.taken) == 3)
    tried = [json.loads(body)["seq"] for _, body in receiver.tries]
    assert tried == [1, 2, 2, 2, 3]


def test_a_receiver_that_restarts_gets_what_it_missed(desk, home, deliver):
    first = Receiver()
    Endpoints(home).add("core", first.url, from_start=True)
    deliver()
    happen(desk, 2)
    until(lambda: len(first.taken) == 2)
    first.close()
    happen(desk, 2)
    until(lambda: Endpoints(home).progress("core").failures > 0)
    assert Endpoints(home).progress("core").last_failure == "unreachable"
    again = Receiver(first.port)
    until(lambda: len(again.taken) == 2)
    assert [event["seq"] for event in again.taken] == [3, 4]
    again.close()


def test_a_restarted_service_continues_delivery(desk, receiver, home, deliver):
    Endpoints(home).add("core", receiver.url, from_start=True)
    happen(desk, 2)
    delivery = deliver()
    until(lambda: len(receiver.taken) == 2)
    delivery.stop()
    happen(desk, 2)
    deliver()
    until(lambda: len(receiver.taken) == 4)
    assert [event["seq"] for event in receiver.taken] == [1, 2, 3, 4]


def test_a_dead_endpoint_is_reported_recovers_and_does_not_block_another(
    desk, receiver, home, deliver
):
    broken = Receiver()
    broken.answers = [500] * (DEAD_AFTER + 3)
    Endpoints(home).add("broken", broken.url, from_start=True)
    Endpoints(home).add("sound", receiver.url, from_start=True)
    happen(desk, 2)
    deliver()
    until(lambda: len(receiver.taken) == 2)
    until(lambda: Endpoints(home).progress("broken").is_dead)
    until(lambda: len(broken.taken) == 2)
    until(lambda: Endpoints(home).progress("broken") == Progress(2))
    broken.close()


def test_a_new_endpoint_starts_after_the_last_entry(desk, receiver, home, deliver):
    happen(desk, 2)
    Endpoints(home).add("core", receiver.url)
    deliver()
    until(lambda: Endpoints(home).progress("core").seq == 2)
    happen(desk, 1, "SECOND")
    until(lambda: receiver.taken)
    assert [event["seq"] for event in receiver.taken] == [3]


def test_one_process_of_a_home_delivers_at_a_time(desk, receiver, home, deliver):
    Endpoints(home).add("core", receiver.url, from_start=True)
    deliver()
    deliver()
    happen(desk, 4)
    until(lambda: len(receiver.taken) >= 4)
    time.sleep(FAST.idle * 5)
    assert len(receiver.tries) == 4


def test_waiting_doubles_up_to_a_limit_minus_a_random_part():
    pace = Pace()
    for failures, most in ((1, 1.0), (2, 2.0), (5, 16.0), (11, 900.0), (10_000, 900.0)):
        for _ in range(20):
            assert most / 2 <= pace.before_next(failures) <= most


@pytest.mark.parametrize(
    "url",
    ["http://example.org/", "ftp://127.0.0.1/", "https://user:word@example.org/", "https:///x",
     "https://example.org:0/", "https://example.org:22/", "https://example.org:65536/",
     "https://example.org:99999/", "https://[::1/", "https://10.0.0.7/", "https://192.168.1.1/",
     "https://169.254.169.254/latest/meta-data", "https://[fe80::1]/", "https://[fd00::1]/",
     "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://0.0.0.0/",
     "https://224.0.0.1/", "https://100.64.0.1/",
     "https://example.org/#x", "http://127.0.0.1.example.org/", "https://exa mple.org/", "x"],
)  # fmt: skip
def test_an_unsafe_address_is_refused(tmp_path, url):
    with pytest.raises(WebhookError):
        Endpoints(tmp_path).add("core", url)


def test_the_console_prints_the_secret_once_and_keeps_it_from_others(tmp_path):
    def run(*words):
        return CliRunner().invoke(command, [*words, "--home", str(tmp_path)])

    added = run("add", "core", "https://core.example.org/events")
    secret = Endpoints(tmp_path).all()["core"].secret
    assert added.output.strip().endswith(secret)
    listed = run("list").output
    assert "core  https://core.example.org/events  ok, not begun" in listed
    assert secret not in listed
    stored = tmp_path / "webhooks" / "endpoints.json"
    assert stored.stat().st_mode & 0o077 == 0
    assert isinstance(run("add", "core", "https://x.example.org").exception, WebhookError)
    assert run("remove", "core").exit_code == 0
    assert isinstance(run("remove", "core").exception, WebhookError)
    assert Endpoints(tmp_path).all() == {}
