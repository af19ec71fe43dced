"""A fake of Google Cloud Storage with one bucket in memory. It ends when standard input closes.

    google.py HOME PORT BUCKET TOKEN

This is a fake. The emulators in package registries (fake-gcs-server 1.54, gcp-storage-emulator
2026.7) have the JSON API: of the XML API that sealift uses, they lack conditional writes and uploads
in parts. This does what Google documents for these requests, and no more.
"""

import hashlib
import http.server
import os
import pathlib
import re
import sys
import threading
import time
import urllib.parse
import uuid
from email.utils import formatdate
from xml.sax.saxutils import escape

HOME, PORT, BUCKET, TOKEN = sys.argv[1:]
KEPT = re.compile(r"x-goog-meta-.+|content-type|cache-control|content-encoding")
# Objects by key, and uploads by id. A lock makes each request one step.
OBJECTS, UPLOADS, LOCK = {}, {}, threading.Lock()


class Object:
    def __init__(self, content, headers):
        self.content = content
        self.headers = {name: value for name, value in headers.items() if KEPT.fullmatch(name.lower())}
        self.etag = '"' + hashlib.md5(content).hexdigest() + '"'
        self.generation = str(time.time_ns() // 1000)
        self.modified = time.time()

    def described(self):
        return {**self.headers, "ETag": self.etag, "x-goog-generation": self.generation,
                "Last-Modified": formatdate(self.modified, usegmt=True), "Accept-Ranges": "bytes"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_request(self):
        length = int(self.headers.get("Content-Length", 0))
        self.body = self.rfile.read(length)
        address = urllib.parse.urlsplit(self.path)
        bucket, _, key = address.path.lstrip("/").partition("/")
        self.key = urllib.parse.unquote(key)
        self.query = dict(urllib.parse.parse_qsl(address.query, keep_blank_values=True))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.fail(401, "AuthenticationRequired")
        if urllib.parse.unquote(bucket) != BUCKET:
            return self.fail(404, "NoSuchBucket")
        with LOCK:
            answer = {"GET": self.get, "HEAD": self.get, "PUT": self.put, "POST": self.post,
                      "DELETE": self.delete}[self.command]()
        self.answer(*answer)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_request

    def get(self):
        if not self.key:
            return self.list()
        found = OBJECTS.get(self.key)
        if not found:
            return self.failure(404, "NoSuchKey")
        wanted, known = self.headers.get("If-Match"), self.headers.get("If-None-Match")
        if wanted and wanted != found.etag:
            return self.failure(412, "PreconditionFailed")
        if known and known == found.etag:
            return 304, found.described(), None
        content, headers = found.content, found.described()
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not asked:
            return 200, headers, content
        first, last = int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1)
        if first >= len(content):
            return self.failure(416, "InvalidRange")
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        return 206, headers, content[first : last + 1]

    def list(self):
        keys = sorted(key for key in OBJECTS if key.startswith(self.query.get("prefix", "")))
        # Pages are short, so that tests see several.
        after = self.query.get("continuation-token", "")
        keys = [key for key in keys if key > after]
        page, rest = keys[:3], keys[3:]
        text = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(OBJECTS[key].content)}</Size>"
            f"<LastModified>{time.strftime('%Y-%m-%dT%H:%M:%S.000Z', time.gmtime(OBJECTS[key].modified))}"
            f"</LastModified><ETag>{OBJECTS[key].etag}</ETag></Contents>"
            for key in page
        )
        if rest:
            text += f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>"
        return self.xml(f"<ListBucketResult><Name>{BUCKET}</Name>{text}</ListBucketResult>")

    def put(self):
        if "uploadId" in self.query:
            parts = UPLOADS.get(self.query["uploadId"])
            if parts is None:
                return self.failure(404, "NoSuchUpload")
            parts[1][int(self.query["partNumber"])] = self.body
            return 200, {"ETag": '"' + hashlib.md5(self.body).hexdigest() + '"'}, b""
        wanted = self.headers.get("x-goog-if-generation-match")
        found = OBJECTS.get(self.key)
        if wanted is not None and wanted != (found.generation if found else "0"):
            return self.failure(412, "PreconditionFailed")
        return self.store(self.body, self.headers)

    def store(self, content, headers):
        written = OBJECTS[self.key] = Object(content, headers)
        return 200, {"ETag": written.etag, "x-goog-generation": written.generation}, b""

    def post(self):
        if "uploads" in self.query:
            name = uuid.uuid4().hex
            UPLOADS[name] = (dict(self.headers.items()), {})
            return self.xml(
                f"<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{escape(self.key)}</Key>"
                f"<UploadId>{name}</UploadId></InitiateMultipartUploadResult>"
            )
        upload = UPLOADS.pop(self.query.get("uploadId"), None)
        if not upload:
            return self.failure(404, "NoSuchUpload")
        headers, parts = upload
        listed = re.findall(rb"<PartNumber>(\d+)</PartNumber>", self.body)
        if sorted(map(int, listed)) != sorted(parts):
            return self.failure(400, "InvalidPart")
        content = b"".join(parts[int(number)] for number in listed)
        _, described, _ = self.store(content, headers)
        status, more, text = self.xml(
            f"<CompleteMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{escape(self.key)}</Key>"
            f"<ETag>{described['ETag']}</ETag></CompleteMultipartUploadResult>"
        )
        return status, {**more, **described}, text

    def delete(self):
        removed = UPLOADS.pop(self.query["uploadId"], None) if "uploadId" in self.query else OBJECTS.pop(self.key, None)
        return (204, {}, None) if removed else self.failure(404, "NoSuchKey")

    def xml(self, text):
        return 200, {"Content-Type": "application/xml"}, f"<?xml version='1.0' encoding='UTF-8'?>{text}".encode()

    def failure(self, status, code):
        _, headers, text = self.xml(f"<Error><Code>{code}</Code><Message>{code}</Message></Error>")
        return status, headers, text

    def fail(self, status, code):
        self.answer(*self.failure(status, code))

    def answer(self, status, headers, content):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if content is not None:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if content and self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *words):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(PORT)), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
pathlib.Path(HOME, "ready").touch()
sys.stdin.buffer.read()
os._exit(0)
