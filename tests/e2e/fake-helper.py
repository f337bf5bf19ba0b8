#!/usr/bin/python3
"""
A helper that answers libnss_moshgate as no helper would.

	fake-helper.py STEP...

Run as root on the gateway, it listens where the helper does, prints READY, and
then takes the steps for each connection, one connection after the other:

	taken           say that it is at work
	ok=UID          answer with this uid
	refused         refuse
	fields=TEXT     answer with TEXT as the fields (\\0 is a NUL)
	bytes=HEX       send these bytes
	drip=HEX        the same, a byte each second
	descriptor=UID  answer with this uid and with a descriptor
	wait=SECONDS    wait
	close           close the connection; as the first step, unheard

and waits for the other end to close.  It prints a line for each connection,
"connected" or, if something is asked, "asked" and the request's fields.

These come before the steps:

	by=USER         what listens is USER's
	full            no connection is taken, and no more can wait
"""

import os
import pwd
import select
import signal
import socket
import struct
import sys
import time

PATH = '/run/moshgate/helper.sock'
LOOKUP, OK, REFUSED, TAKEN = 5, 32, 33, 37
# For a request that may never come.
REQUEST_S = 1


def frame(kind, body=b''):
    return struct.pack('!2sBBI', b'MG', 1, kind, len(body)) + body


def listen(by, backlog):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    if os.path.lexists(PATH):
        os.unlink(PATH)
    listener.bind(PATH)
    os.chmod(PATH, 0o666)
    if by:
        # who listens is who the other end sees
        os.seteuid(pwd.getpwnam(by).pw_uid)
    listener.listen(backlog)
    os.seteuid(0)
    return listener


def fill():
    waiting = []
    while True:
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        one.setblocking(False)
        try:
            one.connect(PATH)
        except BlockingIOError:
            return waiting
        waiting.append(one)


def request(peer):
    """What is asked, in words."""
    got = b''
    while len(got) < 8 or len(got) < 8 + struct.unpack('!I', got[4:8])[0]:
        if not select.select([peer], [], [], REQUEST_S)[0]:
            return 'connected'
        more = peer.recv(65536)
        if not more:
            return 'connected'
        got += more
    magic, version, kind = struct.unpack('!2sBB', got[:4])
    if (magic, version, kind) != (b'MG', 1, LOOKUP):
        return f'garbage {got!r}'
    fields = got[8:].decode().split('\0')
    return ' '.join(['asked'] + [f'{name}={value}' for name, value
                                 in zip(fields[0::2], fields[1::2])])


def drip(peer, data):
    for byte in data:
        peer.sendall(bytes([byte]))
        time.sleep(1)


def take(peer, step):
    what, _, value = step.partition('=')
    if what == 'taken':
        peer.sendall(frame(TAKEN))
    elif what == 'ok':
        peer.sendall(frame(OK, b'uid\0' + value.encode() + b'\0'))
    elif what == 'refused':
        peer.sendall(frame(REFUSED, b'reason\0no-such-user\0'))
    elif what == 'fields':
        peer.sendall(frame(OK, value.replace('\\0', '\0').encode()))
    elif what == 'bytes':
        peer.sendall(bytes.fromhex(value))
    elif what == 'drip':
        drip(peer, bytes.fromhex(value))
    elif what == 'descriptor':
        socket.send_fds(peer, [frame(OK, b'uid\0' + value.encode() + b'\0')],
                        [0])
    elif what == 'wait':
        time.sleep(float(value))
    else:
        sys.exit(f'no step {step}')


def serve(peer, steps):
    print('connected' if steps[:1] == ['close'] else request(peer))
    try:
        for step in steps:
            if step == 'close':
                return
            take(peer, step)
        while peer.recv(65536):
            pass
    except (BrokenPipeError, ConnectionResetError):
        pass


def main(steps):
    sys.stdout.reconfigure(line_buffering=True)
    # no shell has anything to say of an end like this
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    by = None
    if steps and steps[0].startswith('by='):
        by = steps.pop(0)[3:]
    if steps == ['full']:
        listener = listen(by, 0)
        waiting = fill()
        print('READY')
        while waiting:
            time.sleep(1000)
    listener = listen(by, 64)
    print('READY')
    while True:
        peer, _ = listener.accept()
        with peer:
            serve(peer, steps)


main(sys.argv[1:])
