"""Nothing is fetched from anywhere: the guard of the tests holds, and the program works where there is no network."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from no_network import ATTEMPTS

ROOT = Path(__file__).parent.parent
QUESTION = "Combien de combattants étrangers Interpol a-t-il identifiés ?"

#: An address that is reserved for documentation (RFC 5737): even if it were asked, nobody would be there.
ELSEWHERE = "192.0.2.1"

ATTEMPT = f"""
import socket
tried = [
    lambda: socket.create_connection(("{ELSEWHERE}", 80), 1),
    lambda: socket.getaddrinfo("www.example.org", 443),
    lambda: socket.gethostbyname("www.example.org"),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("{ELSEWHERE}", 53)),
]
for one in tried:
    try:
        one()
    except PermissionError as error:
        print(error)
"""


def test_a_process_that_a_test_starts_reaches_nothing_and_its_attempts_are_noted(tmp_path):
    environment = os.environ | {ATTEMPTS: str(tmp_path / "attempts")}
    ran = subprocess.run([sys.executable, "-c", ATTEMPT], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.count("reach nothing beyond this machine") == 4
    noted = (tmp_path / "attempts").read_text(encoding="utf-8").splitlines()
    assert len(noted) == 4 and all("test_a_process_that_a_test_starts" in line for line in noted)


def test_this_process_reaches_nothing_but_this_machine(tmp_path, monkeypatch):
    monkeypatch.setenv(ATTEMPTS, str(tmp_path / "attempts"))
    with pytest.raises(PermissionError, match=ELSEWHERE):
        socket.create_connection((ELSEWHERE, 80), 1)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    left, right = socket.socketpair()
    threading.Thread(target=left.close).start()
    right.close()


#: In a network namespace there is not even loopback until somebody turns it on.
WITHOUT_NETWORK = ["unshare", "--map-root-user", "--net", "--kill-child"]

SERVING = """
import fcntl, json, socket, struct, subprocess, sys, urllib.request

index, question = sys.argv[1:]
assert [name for _, name in socket.if_nameindex()] == ["lo"]
command = [sys.executable, "-m", "assistant"]
asked = subprocess.check_output([*command, "ask", question, "--json", "--index", index])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    IFF_UP, SIOCSIFFLAGS = 1, 0x8914
    fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
server = subprocess.Popen([*command, "serve", "--port", "0", "--index", index], stdout=subprocess.PIPE, text=True)
address = server.stdout.readline().strip()

def read(path, body=None):
    request = urllib.request.Request(address + path, body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return response.read().decode()

try:
    answer = json.loads(read("api/ask", json.dumps({"question": question}).encode()))
    seen = {"asked": json.loads(asked), "answer": answer, "page": read("fr/"), "config": read("fr/config")}
finally:
    server.kill()
print(json.dumps(seen))
"""


def may_unshare() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*WITHOUT_NETWORK, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not may_unshare(), reason="this machine does not permit network namespaces of one's own")
def test_the_program_works_where_there_is_no_network(sample_index, tmp_path):
    command = [*WITHOUT_NETWORK, sys.executable, "-c", SERVING, str(sample_index), QUESTION]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    assert "14" in seen["answer"]["answer"] and seen["answer"]["citations"]
    assert seen["asked"]["citations"] == seen["answer"]["citations"]
    assert "<title>" in seen["page"] and '"dependencies"' in seen["config"]
