"""Downloads against a local server that interrupts, sends wrong content, or ignores ranges."""

import contextlib
import dataclasses
import errno
import hashlib
import http.server
import subprocess
import threading
import urllib.parse

import pytest

from experiments import download as command
from mariel_gnn.errors import UserError
from mariel_gnn.mocap import download as downloading
from mariel_gnn.mocap.download import fetch, fetch_all
from mariel_gnn.mocap.published import PUBLISHED, Published, git_blob_sha1

CONTENT = bytes(range(256)) * 2000


def blob_sha1(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


# Address -> what the server says it sends.
LYING = {
    "/long": "9" * 18,
    "/longer": "9" * 5000,
    "/short": "10",
    "/negative": "-5",
    "/word": "many",
}


class Server(http.server.ThreadingHTTPServer):
    """Sends `content`, at most `budget` bytes per request; `asked` has the Range of each request."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.budget, self.ranges, self.length = CONTENT, None, True, True
        self.status, self.asked, self.paths = 200, [], []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/take.npy"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server, asked = self.server, self.headers.get("Range")
        server.asked.append(asked)
        server.paths.append(self.path)
        start = int(asked[6:-1]) if asked and server.ranges else 0
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", server.url)
            self.end_headers()
            return
        if server.status != 200:
            self.send_error(server.status)
            return
        if asked and server.ranges and start >= len(server.content):
            self.send_error(416)
            return
        if self.path == "/around":
            self.send_response(302)
            self.send_header("Location", self.path)
            self.end_headers()
            return
        self.send_response(206 if asked and server.ranges else 200)
        rest = server.content[start:]
        if self.path in LYING:
            self.send_header("Content-Length", LYING[self.path])
        elif server.length and self.path != "/endless":
            self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        if self.path == "/endless":
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(server.content)
        self.wfile.write(rest if server.budget is None else rest[: server.budget])
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    running = Server()
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_downloaded_once(server, tmp_path):
    seen = []
    path = tmp_path / "data" / "take.npy"
    assert fetch(server.url, path, blob_sha1(CONTENT), lambda *at: seen.append(at))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert seen == sorted(seen)
    assert names(path.parent) == ["take.npy"]
    assert not fetch(server.url, path, blob_sha1(CONTENT))
    assert len(server.asked) == 1


def test_an_interrupted_download_resumes(server, tmp_path):
    server.budget = 200_000
    assert fetch(server.url, tmp_path / "take.npy", blob_sha1(CONTENT))
    assert server.asked == [None, "bytes=200000-", "bytes=400000-"]
    assert (tmp_path / "take.npy").read_bytes() == CONTENT


def test_the_next_call_resumes_after_repeated_interruptions(server, tmp_path):
    server.budget = 1000
    path = tmp_path / "take.npy"
    with pytest.raises(UserError, match=r"interrupted 4 times.*4,000 bytes are kept") as caught:
        fetch(server.url, path, blob_sha1(CONTENT))
    assert "\n" not in str(caught.value)
    assert names(tmp_path) == ["take.npy.part"]
    server.budget = None
    assert fetch(server.url, path, blob_sha1(CONTENT))
    assert server.asked[-1] == "bytes=4000-"
    assert path.read_bytes() == CONTENT
    assert names(tmp_path) == ["take.npy"]


def test_without_ranges_the_download_restarts(server, tmp_path):
    (tmp_path / "take.npy.part").write_bytes(CONTENT[:5000])
    server.ranges = False
    assert fetch(server.url, tmp_path / "take.npy", blob_sha1(CONTENT))
    assert server.asked == ["bytes=5000-"]
    assert (tmp_path / "take.npy").read_bytes() == CONTENT


def test_a_server_may_omit_the_length(server, tmp_path):
    server.length = False
    seen = []
    assert fetch(server.url, tmp_path / "a.npy", blob_sha1(CONTENT), lambda *at: seen.append(at))
    assert seen[-1] == (len(CONTENT), None)
    server.budget = 1000  # an interruption that looks like the end
    with pytest.raises(UserError, match="hash"):
        fetch(server.url, tmp_path / "b.npy", blob_sha1(CONTENT))
    assert names(tmp_path) == ["a.npy"]


@pytest.mark.parametrize("wrong", [b"", b"other", CONTENT[:-1] + b"!", CONTENT + b"!"])
def test_wrong_content_is_deleted(server, tmp_path, wrong):
    server.content = wrong
    with pytest.raises(UserError, match="hash"):
        fetch(server.url, tmp_path / "take.npy", blob_sha1(CONTENT))
    assert names(tmp_path) == []
    server.content = CONTENT
    assert fetch(server.url, tmp_path / "take.npy", blob_sha1(CONTENT))


@pytest.mark.parametrize("left", [CONTENT, CONTENT + b"more", b"X" * len(CONTENT), b"X" * 100])
def test_a_partial_file_is_completed_or_replaced(server, tmp_path, left):
    (tmp_path / "take.npy.part").write_bytes(left)
    assert fetch(server.url, tmp_path / "take.npy", blob_sha1(CONTENT))
    assert (tmp_path / "take.npy").read_bytes() == CONTENT
    assert names(tmp_path) == ["take.npy"]
    # The first request resumes; the second restarts if the partial file belonged to another file.
    assert server.asked == [f"bytes={len(left)}-"] + [None] * (left != CONTENT)


def test_content_that_changes_between_calls_is_not_mixed(server, tmp_path):
    server.budget = 1000
    with pytest.raises(UserError, match="interrupted 4 times"):
        fetch(server.url, tmp_path / "take.npy", blob_sha1(CONTENT))
    server.budget, server.content = None, CONTENT[::-1]
    with pytest.raises(UserError, match="hash is wrong"):
        fetch(server.url, tmp_path / "take.npy", blob_sha1(CONTENT))
    assert fetch(server.url, tmp_path / "take.npy", blob_sha1(CONTENT[::-1]))
    assert (tmp_path / "take.npy").read_bytes() == CONTENT[::-1]


def test_a_redirected_download_resumes(server, tmp_path):
    (tmp_path / "take.npy.part").write_bytes(CONTENT[:7000])
    moved = server.url.replace("take.npy", "moved")
    assert fetch(moved, tmp_path / "take.npy", blob_sha1(CONTENT))
    assert server.asked == ["bytes=7000-", "bytes=7000-"]
    assert (tmp_path / "take.npy").read_bytes() == CONTENT


def test_a_full_disk_is_not_an_interruption(server, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(downloading.Path, "open", full)
    with pytest.raises(OSError, match="No space left"):
        fetch(server.url, tmp_path / "take.npy", blob_sha1(CONTENT))
    assert len(server.asked) == 1


def test_another_file_at_the_target_is_not_touched(server, tmp_path):
    (tmp_path / "take.npy").write_bytes(b"mine")
    with pytest.raises(UserError, match="move it away"):
        fetch(server.url, tmp_path / "take.npy", blob_sha1(CONTENT))
    assert (tmp_path / "take.npy").read_bytes() == b"mine"
    assert not server.asked


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_server_error_is_reported(server, tmp_path, status):
    server.status = status
    with pytest.raises(UserError, match=f"says {status}"):
        fetch(server.url, tmp_path / "take.npy", blob_sha1(CONTENT))
    assert names(tmp_path) == []


def test_a_missing_server_is_reported(server, tmp_path):
    url = server.url
    server.shutdown()
    server.server_close()
    with pytest.raises(UserError, match=r"nothing came from 127\.0\.0\.1 \(.*check") as caught:
        fetch(url, tmp_path / "take.npy", blob_sha1(CONTENT))
    assert "kept" not in str(caught.value)
    assert names(tmp_path) == []
    (tmp_path / "take.npy.part").write_bytes(CONTENT[:5000])
    with pytest.raises(UserError, match=r"nothing came from .* 5,000 bytes are kept"):
        fetch(url, tmp_path / "take.npy", blob_sha1(CONTENT))
    assert names(tmp_path) == ["take.npy.part"]


def test_the_hash_equals_that_of_git(tmp_path):
    (tmp_path / "take.npy").write_bytes(CONTENT)
    git = subprocess.run(["git", "hash-object", str(tmp_path / "take.npy")], capture_output=True,
                         text=True, check=True)  # fmt: skip
    assert git_blob_sha1(tmp_path / "take.npy") == git.stdout.strip()


@pytest.fixture
def published(server, monkeypatch):
    files = {f"mariel_{name}.npy": blob_sha1(CONTENT) for name in ("beyond", "honey")}
    base = server.url.removesuffix("take.npy")
    monkeypatch.setitem(PUBLISHED, "mariel", Published(base, files, PUBLISHED["mariel"].owner))


def test_the_command_prints_owner_terms_and_result(
    published, tmp_path, capsys, monkeypatch, server
):
    monkeypatch.chdir(tmp_path)
    command.main(["mariel"])
    output = capsys.readouterr().out
    assert "Mariel Pettee" in output
    assert "No licence is stated" in output
    assert "2 files, into data/mariel" in output
    assert "data/mariel: 2 files downloaded, 0 already present" in output
    assert max(map(len, output.splitlines())) <= 100
    assert names(tmp_path / "data" / "mariel") == ["mariel_beyond.npy", "mariel_honey.npy"]
    command.main(["mariel"])
    assert "0 files downloaded, 2 already present" in capsys.readouterr().out
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(["marie"], "Did you mean 'mariel'"), ([], "name"), (["mariel", "--outt=x"], "--out")],
)
def test_a_mistake_gives_one_line(published, tmp_path, run_command, monkeypatch, arguments, word):
    monkeypatch.chdir(tmp_path)
    output, code = run_command(command, *arguments)
    assert code == 2
    assert "\n" not in output
    assert word in output
    assert names(tmp_path) == []


def test_an_impossible_folder_gives_one_line(published, tmp_path, monkeypatch, run_command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    output, code = run_command(command, "mariel", "--out=file/data")
    assert code == 2
    assert "\n" not in output
    assert "file/data" in output
    assert names(tmp_path) == ["file"]


def test_all_six_recordings_are_listed_with_their_hashes():
    listed = PUBLISHED["mariel"]
    assert len(listed.files) == 6
    assert all(len(digest) == 40 and int(digest, 16) for digest in listed.files.values())
    commit = "7e50d643a2b09196ff08934d383c5f68815ddff2"
    for name in listed.files:
        path = urllib.parse.urlsplit(listed.url(name)).path
        assert path == f"/mariel-pettee/choreo-graph/{commit}/data/{name}"


def test_names_are_percent_encoded():
    assert Published("http://x/", {}, "").url("a b#1%.npy") == "http://x/a%20b%231%25.npy"


@pytest.fixture
def published_cmu(server, monkeypatch):
    """Three of the CMU files on a local server."""
    base = server.url.removesuffix("take.npy")
    cmu = PUBLISHED["cmu"]
    files = {name: blob_sha1(CONTENT) for name in list(cmu.files)[:3]}
    sizes = {name: len(CONTENT) for name in list(files)[:2]}
    fewer = dataclasses.replace(cmu, base_url=base, files=files, sizes=sizes)
    monkeypatch.setitem(PUBLISHED, "cmu", fewer)
    return fewer


def test_cmu_files_get_the_names_of_their_takes_with_terms_and_acknowledgement(
    published_cmu, tmp_path, capsys, monkeypatch, server
):
    monkeypatch.chdir(tmp_path)
    command.main(["cmu"])
    printed = capsys.readouterr().out
    output = " ".join(printed.split())
    assert "The data used in this project was obtained from mocap.cs.cmu.edu." in output
    assert "created with funding from NSF EIA-0196217" in output
    assert "Reselling the data is not allowed" in output
    assert "3 files, about 2 MB, into data/cmu" in output
    assert "3 files downloaded, 0 already present; all hashes match" in output
    command_line = printed.splitlines()[-1]
    assert command_line == (
        "python -m experiments.prepare 'data/cmu/*.bvh' --skeleton cmu21 --out 'data/cmu_joints'"
    )
    assert names(tmp_path / "data" / "cmu") == list(published_cmu.files)
    assert server.paths == ["/" + published_cmu.paths[name] for name in published_cmu.files]


def test_an_interrupted_set_resumes(published_cmu, tmp_path, server):
    server.budget = 1000
    with pytest.raises(UserError, match="bytes are kept"):
        fetch_all(published_cmu, tmp_path)
    server.budget, seen = None, []
    fresh = fetch_all(published_cmu, tmp_path, lambda *at: seen.append(at))
    assert fresh == list(published_cmu.files)
    assert server.asked[-3:] == ["bytes=4000-", None, None]
    done = [at for at, _ in seen]
    assert done == sorted(done)
    assert seen[-1] == (3 * len(CONTENT), published_cmu.approximate_bytes)
    assert published_cmu.approximate_bytes == 3 * len(CONTENT)
    assert fetch_all(published_cmu, tmp_path) == []


def test_all_cmu_files_are_listed_with_hash_and_address():
    cmu = PUBLISHED["cmu"]
    assert len(cmu.files) == len(cmu.paths) == 75
    url = urllib.parse.urlsplit(cmu.url("salsa_61_01.bvh"))
    commit = "fbb7f6414035fc5c6752e1c21b8d8c1f777b0eb8"
    assert url.path == f"/papagina/Auto_Conditioned_RNN_motion/{commit}/train_data_bvh/salsa/16.bvh"
    mariel = urllib.parse.urlsplit(PUBLISHED["mariel"].url("mariel_honey.npy"))
    assert (url.scheme, url.netloc) == (mariel.scheme, mariel.netloc)
    assert PUBLISHED["mariel"].approximate_bytes is None


def address(server, path):
    return server.url.replace("/take.npy", path)


def test_an_endless_download_is_left(server, tmp_path, monkeypatch):
    monkeypatch.setattr(downloading, "MAX_FILE_BYTES", 3 * len(CONTENT))
    with pytest.raises(UserError, match="more than 1,536,000 bytes"):
        fetch(address(server, "/endless"), tmp_path / "take.npy", blob_sha1(CONTENT))
    assert not (tmp_path / "take.npy").exists()
    assert all(path.stat().st_size < 4 * len(CONTENT) for path in tmp_path.iterdir())


def test_a_download_that_states_too_much_is_not_begun(server, tmp_path):
    with pytest.raises(UserError, match="more than 1,000,000,000 bytes"):
        fetch(address(server, "/long"), tmp_path / "take.npy", blob_sha1(CONTENT))
    assert (tmp_path / "take.npy.part").stat().st_size == 0


@pytest.mark.parametrize("path", ["/longer", "/negative", "/word"])
def test_a_length_that_is_none_is_not_used(server, tmp_path, path):
    assert fetch(address(server, path), tmp_path / "take.npy", blob_sha1(CONTENT))
    assert (tmp_path / "take.npy").read_bytes() == CONTENT


def test_a_length_below_the_content_is_told_by_the_hash(server, tmp_path):
    with pytest.raises(UserError, match="hash is wrong"):
        fetch(address(server, "/short"), tmp_path / "take.npy", blob_sha1(CONTENT))
    assert list(tmp_path.iterdir()) == []


def test_redirects_in_a_circle_are_one_line(server, tmp_path):
    with pytest.raises(UserError, match="the server says 302") as told:
        fetch(address(server, "/around"), tmp_path / "take.npy", blob_sha1(CONTENT))
    assert "\n" not in str(told.value)


def test_a_server_that_hardly_sends_is_an_interruption(server, tmp_path, monkeypatch):
    monkeypatch.setattr(downloading, "SLOW_AFTER_S", -1.0)
    monkeypatch.setattr(downloading, "MIN_BYTES_PER_S", 1e15)
    with pytest.raises(UserError, match="bytes a second"):
        fetch(server.url, tmp_path / "take.npy", blob_sha1(CONTENT))
