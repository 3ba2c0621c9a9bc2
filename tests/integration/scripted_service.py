# SPDX-License-Identifier: Apache-2.0
"""An entropy service for tests that answers as its script says: a list of functions, the last one for ever. What it gave
is remembered, so that a test sees whether the bytes it has came from there."""
import base64, http.server, json, os, re, socket, ssl, threading, time



class Service:
    def __init__(self, folder=None):
        service = self
        self.script, self.given, self.requests, self.lock = [good], [], [], threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def do_GET(self):
                self.answer(b"")

            def answer(self, body):
                with service.lock:
                    act = service.script.pop(0) if len(service.script) > 1 else service.script[0]
                    service.requests.append((self.command, self.path, dict(self.headers), body, self.client_address))
                act(service, self, body)

            def log_message(self, *unused):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.scheme = "http"
        if folder:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder + "/server.pem", folder + "/server.key")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return "%s://127.0.0.1:%d" % (self.scheme, self.server.server_address[1])

    def begin(self, *script):
        with self.lock:
            self.script, self.given, self.requests = list(script) or [good], [], []


def reply(handler, status, body, headers=()):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    for name, value in headers:
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    try:
        handler.wfile.write(body)
    except ConnectionError:
        pass  # a client may have seen enough


def blocks(service, handler, body):
    if handler.command == "POST":
        asked = json.loads(body)
        sizes = [asked["block_size"]] * asked.get("block_count", 1)
    else:
        sizes = [1024] * int(re.search(r"size=(\d+)", handler.path).group(1))
    made = [os.urandom(size) for size in sizes]
    with service.lock:
        service.given += made
    return [base64.b64encode(block).decode() for block in made]


def good(service, handler, body):
    made = blocks(service, handler, body)
    reply(handler, 200, {"entropy": made, "extensions": []} if handler.command == "POST"
          else {"random": made, "size": len(made)})


def hang_until(event):
    """Answers well, but only then."""
    def act(service, handler, body):
        event.wait(60)
        good(service, handler, body)
    return act


def status(code, headers=()):
    def act(service, handler, body):
        reply(handler, code, {"error": {"status": code, "message": "scripted"}}, headers)
    act.code = code
    return act


def only_get(service, handler, body):
    good(service, handler, body) if handler.command == "GET" else status(405)(service, handler, body)


def raw(body):
    return lambda service, handler, asked: reply(handler, 200, body)


def changed(change):
    return lambda service, handler, body: reply(handler, 200, {"entropy": change(blocks(service, handler, body))})


def silent(service, handler, body):
    time.sleep(3)


def cut(service, handler, body):
    made = json.dumps({"entropy": blocks(service, handler, body)}).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(made)))
    handler.end_headers()
    handler.wfile.write(made[:len(made) // 2])
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True
