#!/usr/bin/python3
"""
An SSH server that misbehaves on purpose.

	fake-remote.py PORT HOST_KEY MODE_FILE

Run as root on the remote, it lets in by the users' authorized_keys, and runs
their commands as them, as sshd does, until what MODE_FILE says:

	ACTION[@STEP]

MODE_FILE is read anew for each connection.  When what STEP names has been
sent, ACTION takes place of all the server would say from then on:

	accept     nothing has been sent at all
	version    the line with the version
	kexinit    its algorithms
	kexreply   its part of the key exchange
	newkeys    that the new keys hold
	service    that one may be authenticated
	pkok       that it would accept the key
	auth       that it does
	open       that there is a channel
	exec       that the command runs
	reply      a part of the command's reply
	idle       all of the first one
	again      all of the first one, and the next command has come

	silence          nothing
	close            nothing, and the connection is closed
	disconnect       why it disconnects, with codes for terminals
	drip             a byte, and each second another
	flood:WHAT       100 MB: of lines, noise, or packets of a kind (for deaf,
	                 what the client answers is not read)
	stop:WHAT        the end of the channel: eof, close, exit or signal
	rekey            an exchange of keys; it then goes on
	rekeys           more and more of them; it then goes on
	half-rekey       the beginning of one

These have a step of their own:

	honest           no misbehaviour
	refuse:WHAT      auth, partial, open or exec
	bad-signature    by the host key
	nothing:N        no algorithm in common: of the N-th list of KEXINIT
	names            as that, and the names have codes for terminals
	banner           codes for terminals, in the banner before a login
	short-group      a group of 1024 bits, where it is to choose one
	password:WHAT    it lets in by a password: by that method (plain; change
	                 it first), with no question at all (none), or by
	                 keyboard-interactive: after the right answer (once, or
	                 with something told before and after: told), with two
	                 questions (two), one that shows the answer (shown),
	                 another one after that (twice), or without any (nothing,
	                 or something told for ever: ever)
"""

import asyncio
import os
import pwd
import random
import sys
import warnings

warnings.simplefilter('ignore')

import asyncssh  # noqa: E402
import asyncssh.kex_dh  # noqa: E402
from asyncssh.packet import (Boolean, NameList, String,  # noqa: E402
                             UInt32)

GROUPS = asyncssh.kex_dh._dh_gex_groups  # the shortest one first
CODES = b'\x1b[2J\x1b]0;owned\x07\xc2\x9b31m\x9b31m\r\n\x00\x7fevent=x'
PASSWORD = 'hunter2'
FLOOD_BYTES = 100 * 1000 * 1000

DISCONNECT, IGNORE, DEBUG, KEXINIT, NEWKEYS, KEX_REPLY = 1, 2, 4, 20, 21, 31
USERAUTH_FAILURE, USERAUTH_SUCCESS, BANNER, PK_OK = 51, 52, 53, 60
GLOBAL_REQUEST, REQUEST_SUCCESS, CHANNEL_OPEN = 80, 81, 90
OPEN_OK, OPEN_FAILURE, DATA, EXTENDED_DATA, EOF, CLOSE = 91, 92, 94, 95, 96, 97
CHANNEL_REQUEST, CHANNEL_SUCCESS, CHANNEL_FAILURE = 98, 99, 100
UNKNOWN = 200

STEPS = {KEXINIT: 'kexinit', KEX_REPLY: 'kexreply',
         6: 'service', PK_OK: 'pkok', USERAUTH_SUCCESS: 'auth',
         OPEN_OK: 'open', CHANNEL_SUCCESS: 'exec'}


def flood_packet(what, channel):
    """One of the packets of a flood, as arguments of send_packet()."""
    kilobytes = 32000 * b'x'
    return {
        'ignore': (IGNORE, String(kilobytes)),
        'debug': (DEBUG, Boolean(True), String(kilobytes), String('')),
        'banner': (BANNER, String(kilobytes), String('')),
        'global': (GLOBAL_REQUEST, String(b'x@y'), Boolean(False), kilobytes),
        'asking': (GLOBAL_REQUEST, String(b'x@y'), Boolean(True)),
        'deaf': (GLOBAL_REQUEST, String(b'x@y'), Boolean(True)),
        'success': (REQUEST_SUCCESS, kilobytes),
        'unknown': (UNKNOWN, kilobytes),
        'small': (UNKNOWN, b'x'),
        'empty': (DATA, UInt32(channel), String(b'')),
        'bytes': (DATA, UInt32(channel), String(b'x')),
        'data': (DATA, UInt32(channel), String(kilobytes)),
        'stderr': (EXTENDED_DATA, UInt32(channel), UInt32(1),
                   String(kilobytes)),
        'open': (CHANNEL_OPEN, String(b'forwarded-tcpip'), UInt32(1),
                 UInt32(1), UInt32(1), String(b'x'), UInt32(1), String(b'x'),
                 UInt32(1)),
    }[what]


class Hostile(asyncssh.SSHServerConnection):
    """A connection that is what it is asked for up to a step."""

    def __init__(self, *args, **kwargs):
        with open(sys.argv[3], encoding='ascii') as file:
            mode = file.read().strip()
        self.action, _, self.step = mode.partition('@')
        self.over = False
        self.rekeying = False
        self.held = []
        self.peer = 0
        self.written = b''
        asyncssh.kex_dh._dh_gex_groups = \
            GROUPS[:1] if self.action == 'short-group' else GROUPS
        super().__init__(*args, **kwargs)

    # The steps.

    def connection_made(self, transport):
        self.hostile = transport
        super().connection_made(transport)

    def _send_version(self):
        self.reached('accept')
        if not self.over:
            super()._send_version()
        self.reached('version')

    def send_packet(self, pkttype, *args, handler=None):
        args = b''.join(args)
        if self.over:
            return
        if self.rekeying and pkttype >= GLOBAL_REQUEST:
            self.held.append((pkttype, args))
            return
        pkttype, args = self.tamper(pkttype, args)
        super().send_packet(pkttype, args, handler=handler)
        if pkttype == OPEN_OK:
            self.peer = int.from_bytes(args[:4], 'big')
        if self.action == 'banner' and pkttype == 6:
            super().send_packet(BANNER, String(CODES), String(''))
        if pkttype == DATA:
            self.written = (self.written + args[8:])[-2000:]
            if b'-begin\n' in self.written:
                self.reached('reply')
            if b'-end ' in self.written:
                self.reached('idle')
        elif pkttype == NEWKEYS:
            # They hold when this returns.
            self._loop.call_soon(self.new_keys)
        elif pkttype in STEPS:
            self.reached(STEPS[pkttype])

    def data_received(self, data, datatype=None):
        if not self.over:
            super().data_received(data, datatype)

    # What happens there.

    def tamper(self, pkttype, args):
        """What is sent in place of that."""
        action = self.action
        if action == 'refuse:auth' and pkttype in (PK_OK, USERAUTH_SUCCESS):
            return USERAUTH_FAILURE, NameList([b'publickey']) + Boolean(False)
        if action == 'refuse:partial' and pkttype == USERAUTH_SUCCESS:
            return USERAUTH_FAILURE, NameList([b'password']) + Boolean(True)
        if action == 'refuse:open' and pkttype == OPEN_OK:
            return OPEN_FAILURE, (args[:4] + UInt32(1) + String(CODES) +
                                  String(''))
        if action == 'refuse:exec' and pkttype == CHANNEL_SUCCESS:
            return CHANNEL_FAILURE, args
        if action == 'bad-signature' and pkttype == KEX_REPLY:
            return pkttype, args[:-1] + bytes([args[-1] ^ 1])
        if pkttype == KEXINIT and action.startswith('nothing:'):
            names = b','.join(b'name-%d@example.org' % i for i in range(15))
            return pkttype, self.with_list(args, int(action[8:]), names)
        if pkttype == KEXINIT and action == 'names':
            return pkttype, self.with_list(args, 0, CODES)
        return pkttype, args

    @staticmethod
    def with_list(args, which, names):
        """KEXINIT with other names in one list."""
        at = 16
        for _ in range(which):
            at += 4 + int.from_bytes(args[at:at + 4], 'big')
        end = at + 4 + int.from_bytes(args[at:at + 4], 'big')
        return args[:at] + String(names) + args[end:]

    def reached(self, step):
        """STEP is done: is it time to misbehave?"""
        if step != self.step or self.over:
            return
        action, _, what = self.action.partition(':')
        self.step = None
        if action == 'rekey' or action == 'rekeys':
            self.rekey()
            return
        if action == 'half-rekey':
            self._send_kexinit()
        elif action == 'disconnect':
            self.honest(DISCONNECT, UInt32(2), String(CODES), String(''))
        elif action == 'stop':
            self.stop(what)
        self.over = True
        if action == 'close':
            self.hostile.close()
        elif action == 'disconnect':
            self.hostile.write_eof()
        elif action == 'drip':
            self.create_task(self.drip(step))
        elif action == 'flood' and what in ('lines', 'noise'):
            self.create_task(self.raw_flood(what))
        elif action == 'flood':
            self.create_task(self.flood(what))

    def asked_again(self):
        self.reached('again')

    def honest(self, pkttype, *args):
        """Send a packet, whatever the mode and the protocol say."""
        state = self.over, self.step, self._auth_complete
        self.over, self.step, self._auth_complete = False, None, True
        super().send_packet(pkttype, b''.join(args))
        self.over, self.step, self._auth_complete = state

    def rekey(self):
        self.rekeying = True
        self._send_kexinit()
        self._kexinit_sent = True

    def new_keys(self):
        self.reached('newkeys')
        if self.rekeying:
            self.rekeying = False
            held, self.held = self.held, []
            for packet in held:
                self.send_packet(*packet)
            if self.action == 'rekeys':
                self.rekey()

    def stop(self, what):
        channel = UInt32(self.peer)
        if what == 'exit':
            self.honest(CHANNEL_REQUEST, channel, String(b'exit-status'),
                        Boolean(False), UInt32(0))
        if what == 'signal':
            self.honest(CHANNEL_REQUEST, channel, String(b'exit-signal'),
                        Boolean(False), String(CODES), Boolean(False),
                        String(CODES), String(''))
        if what != 'close':
            self.honest(EOF, channel)
        if what != 'eof':
            self.honest(CLOSE, channel)

    async def drip(self, step):
        encrypted = step not in ('accept', 'version', 'kexinit', 'kexreply')
        while not self.hostile.is_closing():
            if encrypted:
                self.honest(DATA, UInt32(self.peer), String(b'x'))
            else:
                self.hostile.write(b'x')
            await asyncio.sleep(1)

    async def drained(self):
        while self.hostile.get_write_buffer_size() > 1000000:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0)

    async def raw_flood(self, what):
        chunk = 1000 * b'Welcome to a very long banner indeed.\r\n'
        if what == 'noise':
            chunk = random.Random(1).randbytes(40000)
        for _ in range(FLOOD_BYTES // len(chunk)):
            if self.hostile.is_closing():
                return
            self.hostile.write(chunk)
            await self.drained()
        self.hostile.close()

    async def flood(self, what):
        packet = flood_packet(what, self.peer)
        if what == 'deaf':
            self.hostile.pause_reading()
        size = len(b''.join(packet[1:])) + 40
        for i in range(FLOOD_BYTES // size):
            if self.hostile.is_closing():
                return
            self.honest(*packet)
            if i % 16 == 0:
                await self.drained()
        self.hostile.close()


class Server(asyncssh.SSHServer):
    """Lets users in as sshd does."""

    def connection_made(self, conn):
        self.conn = conn

    def how(self):
        """What it does about passwords, or None."""
        action, _, what = self.conn.action.partition(':')
        return what if action == 'password' else None

    def password_auth_supported(self):
        return self.how() in ('plain', 'change')

    def validate_password(self, username, password):
        if self.how() == 'change':
            raise asyncssh.PasswordChangeRequired(CODES.decode('latin-1'))
        return password == PASSWORD

    def kbdint_auth_supported(self):
        return self.how() not in (None, 'plain', 'change')

    def get_kbdint_challenge(self, username, lang, submethods):
        self.rounds = 0
        hidden = [('Password: ', False)]
        return '', '', '', {'shown': [('Password: ', True)],
                            'two': hidden + [('Code: ', False)],
                            'nothing': [], 'ever': [], 'told': []
                            }.get(self.how(), hidden)

    def validate_kbdint_response(self, username, responses):
        how = self.how()
        self.rounds += 1
        right = list(responses) == [PASSWORD]
        if how == 'ever' or (how == 'told' and right):
            return '', 'Welcome.', '', []
        if how == 'told' and self.rounds == 1:
            return '', '', '', [('Password: ', False)]
        if how == 'twice' and self.rounds == 1:
            return '', '', '', [('Code: ', False)]
        return how in ('nothing', 'shown', 'two', 'twice', 'told') or right

    def begin_auth(self, username):
        if self.how() == 'none':
            return False
        try:
            home = pwd.getpwnam(username).pw_dir
            self.conn.set_authorized_keys(home + '/.ssh/authorized_keys')
        except (KeyError, OSError):
            pass
        return True


async def pump(source, sink, first=None):
    while True:
        data = await source.read(32768)
        if not data:
            break
        if first:
            first()
        sink.write(data)
    sink.close()


async def run(process):
    """Run a command as the user who asks for it."""
    user = pwd.getpwnam(process.get_extra_info('username'))
    child = await asyncio.create_subprocess_exec(
        'setpriv', '--reuid', str(user.pw_uid), '--regid', str(user.pw_gid),
        '--clear-groups', user.pw_shell, '-c', process.command,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, cwd=user.pw_dir,
        env={'HOME': user.pw_dir, 'USER': user.pw_name, 'PATH': os.defpath,
             'SHELL': user.pw_shell, 'SSH_CONNECTION': ' '.join((
                 process.get_extra_info('peername')[0], '1',
                 process.get_extra_info('sockname')[0], '22'))})
    asked_again = process.get_extra_info('connection').asked_again
    asyncio.ensure_future(pump(process.stdin, child.stdin, asked_again))
    await pump(child.stdout, process.stdout)
    process.exit(await child.wait())


async def main():
    asyncssh.connection.SSHServerConnection = Hostile
    await asyncssh.listen('', int(sys.argv[1]), server_factory=Server,
                          server_host_keys=[sys.argv[2]],
                          process_factory=run, encoding=None,
                          login_timeout=0, keepalive_interval=0)
    await asyncio.Event().wait()


asyncio.run(main())
