#!/usr/bin/python3
"""
Speaks to the helper's socket as nobody should.

	fuzz-socket.py SEED CALLS

Run on the gateway as some user, it makes so many calls, by chance: frames that
are right, or nearly so, or nothing of the kind; whole, in pieces, several at
once, and without an end; with descriptors of every kind, urgent bytes, and one
direction closed or the other.  Some calls are kept open, and go on later, in
whatever state they have come to.  It prints how many frames came back of each
type, and "odd" with what was none.
"""

import collections
import os
import random
import select
import socket
import struct
import sys

PATH = '/run/moshgate/helper.sock'
REQUESTS = {1: 'keys', 2: 'session', 3: 'check', 4: 'status', 5: 'lookup',
            6: 'resize', 7: 'streams'}
TAKEN, READY = 37, 38
FIELDS = ['user', 'name', 'type', 'blob', 'sshd_pid', 'client', 'via', 'login',
          'command', 'original', 'subsystem', 'terminal', 'streams', 'way',
          'unfit', 'term', 'columns', 'rows', 'xpixels', 'ypixels', 'modes',
          'colors', 'COLORTERM', 'LANG', 'LC_ALL', 'uid', 'reason', 'status',
          'signal', 'key', 'mark', '']
VALUES = ['', '0', '1', '-1', '24', '80', '65535', '65536', '4294967296',
          '99999999999999999999', 'alice', 'bob', 'root', 'local', 'mallory',
          '_moshgate', 'nobody', '.', '..', '-x', 'a/b', 'A' * 64, 'A' * 65,
          'force-command', 'shell', 'ssh', 'mosh', 'sftp', 'locale', 'terminal',
          'C.UTF-8', 'xterm', 'true', 'exit 3', 'cat', 'sleep 1', '%s%n',
          '127.0.0.1', '::1', 'fd66:1::1%eth0', "'; id; '", '\n', '\x1b[2J',
          'ssh-ed25519', 'AAAAC3NzaC1lZDI1NTE5AAAAI' + 'A' * 43, '8' * 512,
          '0' * 511, 'x' * 3000, '\xff\xfe', '2800000001', '00']
# What would have each call connect to the remote is made less often.
COSTLY = ('alice', 'bob')


def fields(pairs):
    return b''.join(name.encode('latin-1') + b'\0' + value.encode('latin-1') +
                    b'\0' for name, value in pairs)


def frame(kind, body, version=1, magic=b'MG', length=None):
    return magic + struct.pack('!BBI', version, kind & 255,
                               (len(body) if length is None else length) &
                               0xffffffff) + body


class Caller:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.kept = []
        self.came = collections.Counter()
        self.odd = []
        self.calls = 0

    def value(self):
        value = self.rng.choice(VALUES)
        if value in COSTLY and self.rng.random() < 0.8:
            value = f'guess{self.rng.randrange(30)}'
        return value

    def session(self):
        pairs = [('via', 'force-command')]
        if self.rng.random() < 0.5:
            pairs += [('terminal', '1'), ('columns', '80'), ('rows', '24'),
                      ('term', 'xterm'), ('way', self.rng.choice(
                          ['ssh', 'mosh', 'x']))]
        if self.rng.random() < 0.7:
            pairs.append(('streams', '1'))
        if self.rng.random() < 0.8:
            pairs.append(('command', self.rng.choice(
                ['true', 'cat', 'exit 7', 'sleep 0.2', 'yes | head -c 100000',
                 'kill $$'])))
        return pairs

    def right_pairs(self, kind):
        """What a request of that KIND has."""
        name = {1: 'user', 3: 'user', 5: 'name'}.get(kind)
        if name:
            value = self.value()
            return [(name, value), ('sshd_pid', '1')]
        if kind == 2:
            return self.session()
        if kind == 6:
            return [(n, str(self.rng.randrange(70000)))
                    for n in ('columns', 'rows', 'xpixels', 'ypixels')]
        return []

    def body(self, kind):
        pairs = self.right_pairs(kind)
        chance = self.rng.random()
        if chance < 0.5:
            return fields(pairs)
        for _ in range(self.rng.choice([1, 1, 2, 3, 20])):
            at = self.rng.randrange(len(pairs) + 1)
            pair = (self.rng.choice(FIELDS), self.value())
            if pairs and self.rng.random() < 0.3:
                pairs.pop(at - 1)
            else:
                pairs.insert(at, pair)
        body = fields(pairs)
        if chance < 0.75:
            return body
        if chance < 0.9 and body:
            at = self.rng.randrange(len(body))
            return body[:at] + self.rng.choice([
                b'', b'\0', b'\0\0', b'\xff', self.rng.randbytes(4)]) + \
                body[at + self.rng.randrange(3):]
        return self.rng.randbytes(self.rng.choice([0, 1, 8, 100, 16384]))

    def frame(self):
        kind = self.rng.choice([1, 2, 2, 2, 3, 4, 5, 6, 7])
        if kind == 3 and self.rng.random() < 0.7:
            kind = 4
        body = self.body(kind)
        chance = self.rng.random()
        if chance < 0.75:
            return frame(kind, body)
        if chance < 0.8:
            return frame(self.rng.randrange(256), body)
        if chance < 0.85:
            return frame(kind, body, version=self.rng.randrange(256))
        if chance < 0.9:
            return frame(kind, body, length=self.rng.choice([
                0, 1, len(body) - 1, len(body) + 1, 16384, 16385, 2**31,
                2**32 - 1, 2**20, self.rng.randrange(2**32)]))
        if chance < 0.93:
            return frame(kind, body)[:self.rng.randrange(8 + len(body))]
        if chance < 0.96:
            return frame(kind, body) + frame(self.rng.randrange(256), b'x')
        return self.rng.randbytes(self.rng.randrange(1, 64))

    def descriptors(self):
        """Descriptors of some kind, and what has to be closed with them."""
        made = []
        for _ in range(self.rng.choice([1, 2, 3, 3, 3, 4, 5, 250])):
            made += self.rng.choice([
                lambda: list(os.pipe()), lambda: list(os.pipe()),
                lambda: [os.open('/dev/null', os.O_RDWR)],
                lambda: [os.open('/', os.O_RDONLY)],
                lambda: [os.eventfd(0)], lambda: [os.memfd_create('x')],
                lambda: list(os.openpty()),
                lambda: [os.open('/proc/self/stat', os.O_RDONLY)],
                lambda: [socket.socket(socket.AF_UNIX).detach()],
                lambda: [s.detach() for s in socket.socketpair()],
                lambda: [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                         .detach()]])()
            if len(made) > 250:
                break
        return made

    def send(self, peer, data):
        chance = self.rng.random()
        try:
            if chance < 0.6:
                peer.sendall(data)
            elif chance < 0.75:
                at = self.rng.randrange(len(data) + 1)
                peer.sendall(data[:at])
                self.take(peer, self.rng.choice([0, 0.003]))
                peer.sendall(data[at:])
            elif chance < 0.8:
                for byte in data[:40]:
                    peer.sendall(bytes([byte]))
                peer.sendall(data[40:])
            elif chance < 0.93:
                self.send_descriptors(peer, data)
            else:
                peer.send(data[:1] or b'x', socket.MSG_OOB)
                peer.sendall(data[1:])
        except (OSError, ValueError):
            pass

    def send_descriptors(self, peer, data):
        fds = self.descriptors()
        at = self.rng.choice([0, 0, 0, 4, 8, len(data) - 1])
        count = min(len(fds), self.rng.choice([1, 2, 3, 3, 3, 253]))
        try:
            if 0 < at < len(data):
                peer.sendall(data[:at])
            socket.send_fds(peer, [data[max(at, 0):] or b'x'], fds[:count])
        finally:
            for fd in fds:
                os.close(fd)

    def streams(self, peer):
        """Give the worker what it waits for, or something like it."""
        fds = [os.pipe() for _ in range(3)]
        given = [fds[0][0], fds[1][1], fds[2][1]]
        if self.rng.random() < 0.2:
            self.rng.shuffle(given)
        try:
            socket.send_fds(peer, [frame(7, b'' if self.rng.random() < 0.7
                                         else self.body(6))], given)
            os.write(fds[0][1], b'hello\n')
        except OSError:
            pass
        for pair in fds:
            for fd in pair:
                os.close(fd)

    def take(self, peer, patience_s):
        """Read what is there; False if it is the end."""
        data = b''
        while select.select([peer], [], [], patience_s)[0]:
            patience_s = 0
            try:
                more = peer.recv(65536)
            except OSError:
                return False
            if not more:
                self.judge(data)
                return False
            data += more
        kinds = self.judge(data)
        if kinds == {TAKEN} and self.rng.random() < 0.5:
            return self.take(peer, 1)
        if READY in kinds and self.rng.random() < 0.8:
            self.streams(peer)
        return True

    def judge(self, data):
        kinds = set()
        while data:
            if len(data) < 8 or data[:3] != b'MG\1':
                self.odd.append(data[:40])
                return kinds
            kind, length = struct.unpack('!BI', data[3:8])
            body = data[8:8 + length]
            if len(body) < length or (kind != 34 and body and
                                      (body[-1:] != b'\0' or
                                       body.count(b'\0') % 2)):
                self.odd.append(data[:40])
                return kinds
            kinds.add(kind)
            self.came[kind] += 1
            data = data[8 + length:]
        return kinds

    def call(self):
        self.calls += 1
        peer = socket.socket(socket.AF_UNIX)
        # for a place in the socket
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO,
                        struct.pack('ll', 5, 0))
        try:
            peer.connect(PATH)
        except OSError:
            peer.close()
            self.came['none'] += 1
            return
        peer.settimeout(0.5)
        self.go_on(peer)

    def go_on(self, peer):
        """Do this and that, and leave, or stay for later."""
        for _ in range(self.rng.choice([1, 1, 1, 2, 3])):
            chance = self.rng.random()
            if chance < 0.75:
                self.send(peer, self.frame())
            elif chance < 0.85:
                try:
                    peer.shutdown(self.rng.choice([socket.SHUT_WR,
                                                   socket.SHUT_RD,
                                                   socket.SHUT_RDWR]))
                except OSError:
                    pass
            if self.rng.random() < 0.8 and \
                    not self.take(peer, self.rng.choice([0, 0.01, 0.05])):
                peer.close()
                return
        if self.rng.random() < 0.3:
            self.kept.append(peer)
        else:
            peer.close()
        if len(self.kept) > 24 or (self.kept and self.rng.random() < 0.3):
            self.go_on(self.kept.pop(self.rng.randrange(len(self.kept))))


def main():
    seed, calls = sys.argv[1:]
    caller = Caller(f'{os.geteuid()}/{seed}')
    while caller.calls < int(calls):
        caller.call()
    for peer in caller.kept:
        caller.take(peer, 0)
        peer.close()
    print('came', ' '.join(f'{kind}:{count}' for kind, count in sorted(
        caller.came.items(), key=str)))
    for odd in caller.odd[:5]:
        print('odd', odd)


main()
