"""Serves an app on Bolt for Python over HTTP."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from slack_bolt.request import BoltRequest


def serve(app, port):
    """Never returns. Bolt's own development server answers on one path; Slack's three paths all mean it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            address = urlsplit(self.path)
            flow = app.oauth_flow
            handle = {"/slack/install": flow.handle_installation, "/slack/oauth_redirect": flow.handle_callback}[address.path]
            self.answer(handle(BoltRequest(body="", query=address.query, headers=self.all_headers())))

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self.answer(app.dispatch(BoltRequest(body=body, headers=self.all_headers())))

        def all_headers(self):
            return {name: self.headers.get_all(name) for name in self.headers}

        def answer(self, answer):
            payload = answer.body.encode()
            self.send_response(answer.status)
            for name, values in answer.headers.items():
                for value in values:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
    print("ready", flush=True)
    server.serve_forever()
