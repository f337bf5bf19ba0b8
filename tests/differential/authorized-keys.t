#!/usr/bin/python3
"""
What a real sshd makes of an authorized_keys file directly, and through the
gateway's filter: through it nothing more is let in, nothing with fewer
restrictions, and nothing is lost that moshgate-keys(8) says is kept.

The files are made by chance, from a seed.  For each a real sshd is asked twice
whether each key that is in it may log in; its debugging output says what the
line restricts.  A real ssh asks, as many keys in a connection as sshd bears,
with an agent that has them all and signs nothing.

    FILES=N   how many files (150)
    SEED=S    from where chance begins (1)
    ONLY=I    try the file number I alone, and show it
"""

import base64
import collections
import hashlib
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

FILES = int(os.environ.get('FILES', '150'))
SEED = os.environ.get('SEED', '1')
ONLY = os.environ.get('ONLY')
HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(HERE, '../..', os.environ.get('BUILD', 'build'))
FILTERKEYS = os.path.join(BUILD, 'tests/differential/filterkeys')
# What the filter gives to a line without a command, with "honor".
ANY_COMMAND = os.environ.get('PREFIX', '/usr') + \
    '/libexec/moshgate/moshgate-session -'
# sshd ends a connection with 1024 attempts.
KEYS_PER_CONNECTION = 900
WORK = '/run/differential'
# The time zones of the remote and of the gateway.
REMOTE_ZONE, GATEWAY_ZONE = 'REM-1RST,M3.5.0,M10.5.0/3', 'GAT7:30'


# Keys

def string(data):
    return struct.pack('!I', len(data)) + data


def mpint(number):
    return string(number.to_bytes(number.bit_length() // 8 + 1, 'big'))


P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
P256_B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b


def p256_point(rng):
    while True:
        x = rng.randrange(P256)
        square = (x**3 - 3 * x + P256_B) % P256
        y = pow(square, (P256 + 1) // 4, P256)
        if y * y % P256 == square:
            return b'\4' + x.to_bytes(32, 'big') + y.to_bytes(32, 'big')


def make_blob(rng, kind):
    name = kind.encode()
    if kind == 'ssh-rsa':
        number = rng.getrandbits(2048) | 1 << 2047 | 1
        return string(name) + mpint(65537) + mpint(number)
    if kind == 'ecdsa-sha2-nistp256':
        return string(name) + string(b'nistp256') + string(p256_point(rng))
    blob = string(name) + string(rng.randbytes(32))
    if kind.startswith('sk-'):
        blob += string(b'ssh:')
    return blob


def fingerprint(blob):
    digest = hashlib.sha256(blob).digest()
    return 'SHA256:' + base64.b64encode(digest).decode().rstrip('=')


class Key:
    KINDS = ['ssh-ed25519'] * 12 + ['ssh-rsa', 'ecdsa-sha2-nistp256',
                                    'sk-ssh-ed25519@openssh.com']

    def __init__(self, rng):
        self.kind = rng.choice(self.KINDS)
        # it is the name of a file
        while True:
            self.blob = make_blob(rng, self.kind)
            self.fingerprint = fingerprint(self.blob)
            if '/' not in self.fingerprint:
                break
        self.base64 = base64.b64encode(self.blob)


# Lines of a file

BLANKS = [b' '] * 20 + [b'\t', b'  ', b' \t ', b'\v', b'\f', b'\r', b'',
                        b'\xc2\xa0', b'\0']
ENDS = [b'\n'] * 14 + [b'\r\n'] * 4 + [b'\r', b'\r\r\n', b'', b' \n', b'\0\n',
                                       b'\n\n', b'\\\n', b'\n\r']
FLAGS = ['restrict', 'pty', 'no-pty', 'verify-required', 'no-touch-required',
         'agent-forwarding', 'no-agent-forwarding', 'port-forwarding',
         'no-port-forwarding', 'X11-forwarding', 'no-X11-forwarding',
         'user-rc', 'no-user-rc']
OTHERS = ['cert-authority', 'touch-required', 'no-verify-required', 'no-from',
          'no-restrict', 'no-command', 'unrestrict', 'restricted', 'no-',
          'pt', 'ptys', 'no-cert-authority', '', ' ', '-pty', 'x', 'tunnel',
          'command', 'from', 'environment', 'expiry-time', 'permitopen']
VALUES = {
    'from': ['127.0.0.1', '127.*', '*', '127.0.0.0/8', '!127.0.0.1,*', '::1',
             '10.0.0.0/8', '127.0.0.1/33', '127.0.0.1/8', '*,!127.0.0.1',
             'localhost', '', '127.0.0.1,', ',', '!*', '1.2.3.4,127.0.0.1',
             '127.0.0.1 ', ' 127.0.0.1', '127.0.0.?', '::ffff:127.0.0.1'],
    'command': ['ls', 'internal-sftp', 'a \\"b\\" c', 'x,y', '', ' ',
                'internal-sftp -R', 'a=b', '/usr/libexec/moshgate/'
                'moshgate-session', '\\\\', 'a\\', 'echo $SSH_ORIGINAL_COMMAND',
                'moshgate-session -', ANY_COMMAND],
    'expiry-time': ['20380101', '20380701', '203807010030', '20200101', '203801011200Z', '20200101Z',
                    '20380101123456', '2038010112', '99999999', '2038-01-01',
                    '', '20380101Z', '203801011200', '20380231', '0',
                    '20380101 ', '+20380101', '20380101z', '20380101UTC',
                    '209901010000Z'],
    'environment': ['A=b', 'A=', '=b', 'A', 'A b=c', 'A=\\"x\\"', 'A=b,c',
                    '1A=b', 'A-B=c', 'LD_PRELOAD=/x', '_=1', 'A=b=c', ''],
    'permitopen': ['a:1', '*:*', 'a:*', 'a', ':1', 'a:0', 'a:65536', '[::1]:22',
                   'a:1,b:2', '', 'a:x', '*:1', 'a:1 ', 'a/1', '[a]:1', '*'],
    'permitlisten': ['1', 'a:1', '*:1', '*', '0', 'a:*', '', '65536', ':1',
                     'localhost:8080', '[::1]:22', 'a:', 'x'],
    'tunnel': ['1', 'any', 'ANY', '0', '-1', '99999999999', '2147483647', '+1',
               ' 1', '1 ', '', 'x', '0x1', '1:2', '007', 'point-to-point'],
    'principals': ['root', 'a,b', '', '*'],
    'unknown': ['x', ''],
    'no-pty': ['yes', ''],
    'restrict': ['no'],
}


def case(rng, text):
    chance = rng.random()
    if chance < 0.75:
        return text
    if chance < 0.85:
        return text.upper()
    return ''.join(rng.choice([c.upper(), c.lower()]) for c in text)


def quoted(rng, value):
    chance = rng.random()
    if chance < 0.86:
        return f'="{value}"'
    return rng.choice([f'={value}', f"='{value}'", f' = "{value}"',
                       f'="{value}', f'={value}"', f'= "{value}"',
                       f'="{value}""', f'=""{value}""', f'"="{value}"',
                       f'=\\"{value}\\"', f'="{value}\\"', f'="{value}\\\\"',
                       f'="{value}"x', f'=\t"{value}"', f'=="{value}"'])


def make_option(rng):
    chance = rng.random()
    if chance < 0.5:
        return case(rng, rng.choice(FLAGS))
    if chance < 0.57:
        return case(rng, rng.choice(OTHERS))
    name = rng.choice(list(VALUES) + ['from'] * 4 + ['permitopen'] * 2)
    return case(rng, name) + quoted(rng, rng.choice(VALUES[name]))


def make_options(rng):
    options = [make_option(rng)
               for _ in range(rng.choice([1, 1, 1, 2, 2, 3, 4, 6]))]
    comma = ',' if rng.random() < 0.93 else \
        rng.choice([', ', ' ,', ',,', ';', ' ', ',\t', '\v,', ',\v', '\\,'])
    text = comma.join(options)
    if rng.random() < 0.03:
        text += ','
    if rng.random() < 0.02:
        text = ',' + text
    return text.encode('latin-1')


def make_base64(rng, key):
    text = key.base64
    chance = rng.random()
    if chance < 0.82:
        return text
    at = rng.randrange(len(text))
    flip = {'ssh-rsa': pad_rsa}.get(key.kind, lambda rng, blob: blob + b'x')
    return rng.choice([
        lambda: text.rstrip(b'='), lambda: text + b'=', lambda: text + b'A',
        lambda: text[:at] + rng.choice([b'\t', b' ', b'\v', b'\f', b'\r', b'\0',
                                        b'=', b'-', b'"']) + text[at:],
        lambda: text[:at], lambda: b'"' + text + b'"',
        lambda: base64.b64encode(flip(rng, key.blob)),
        lambda: text + b'#', lambda: text + b',', lambda: text.lower(),
        lambda: text + b'\v', lambda: b'\f' + text])()


def pad_rsa(rng, blob):
    """The same key with zeros in front of its numbers, or nearly so."""
    name = blob[:11]
    numbers = blob[11:]
    first = struct.unpack('!I', numbers[:4])[0]
    one, two = numbers[4:4 + first], numbers[8 + first:]
    zeros = b'\0' * rng.randrange(1, 4)
    return name + rng.choice([
        string(zeros + one) + string(two), string(one) + string(zeros + two),
        string(one) + string(two.lstrip(b'\0')), string(one) + string(two) +
        b'x'])


def make_type(rng, key):
    if rng.random() < 0.93:
        return key.kind.encode()
    return rng.choice([
        b'ssh-rsa', b'ssh-ed25519', b'rsa-sha2-512', b'rsa-sha2-256',
        key.kind.upper().encode(), b'', b'ED25519', b'RSA', b'ssh-dss', b'ssh',
        key.kind.encode() + b'-cert-v01@openssh.com', b'ECDSA', b'ED25519-SK',
        b'ssh-ed25519-cert-v01@openssh.com', b'ecdsa-sha2-nistp384', b'1024',
        b'1024 35', b'"' + key.kind.encode() + b'"', b'sk-ssh-ed25519',
        key.kind.encode() + b',', b'#' + key.kind.encode()])


def make_line(rng, keys):
    key = rng.choice(keys)
    parts = []
    if rng.random() < 0.7:
        parts += [make_options(rng), rng.choice(BLANKS)]
        if rng.random() < 0.03:
            parts += [make_options(rng), rng.choice(BLANKS)]
    parts += [make_type(rng, key), rng.choice(BLANKS), make_base64(rng, key)]
    if rng.random() < 0.5:
        parts += [rng.choice(BLANKS), rng.choice([
            b'alice@home', b'a "quoted" comment', b'#x', b'"', b'\\',
            b'ssh-ed25519 ' + rng.choice(keys).base64, b'x' * 3000,
            rng.randbytes(8)])]
    text = rng.choice([b''] * 30 + [b' ', b'\t', b'\v', b'\r', b'\f', b'\0',
                                    b'#', b' #', b'"', b'\xef\xbb\xbf']) + \
        b''.join(parts)
    if rng.random() < 0.03:
        text = text[:rng.randrange(len(text) + 1)]
    return text + rng.choice(ENDS)


class File:
    def __init__(self, number):
        rng = random.Random(f'{SEED}/{number}')
        self.number = number
        self.mode = rng.choice(['refuse', 'refuse', 'honor'])
        self.keys = [Key(rng) for _ in range(rng.choice([1, 1, 2, 2, 3]))]
        lines = [make_line(rng, self.keys)
                 for _ in range(rng.choice([1, 1, 2, 3, 4, 6]))]
        if rng.random() < 0.1:
            lines.insert(rng.randrange(len(lines) + 1), rng.choice([
                b'\n', b'# ' + b'x' * 70000 + b'\n', b'\0\n', b'   \n',
                b'#' + b'\r' + rng.choice(self.keys).base64 + b'\n',
                b'x' * 20000 + b'\n', b'from="' + b'a,' * 9000 +
                b'127.0.0.1" ' + self.keys[0].kind.encode() + b' ' +
                self.keys[0].base64 + b'\n']))
        self.text = b''.join(lines)
        if rng.random() < 0.08 and self.text:
            at = rng.randrange(len(self.text))
            self.text = self.text[:at] + rng.choice([
                b'', b'\0', b'\n', b'"', b'\\', b' ', b',',
                rng.randbytes(1)]) + self.text[at + 1:]
        if rng.random() < 0.03:
            self.text = self.text.rstrip(b'\n')


# What sshd says

Verdict = collections.namedtuple('Verdict', 'line flags details')
REFUSED = Verdict(0, frozenset(), ())


class Answers:
    """By the fingerprint of a key: its verdict, and the lines that had it but
    were refused for their options."""

    def __init__(self, log):
        self.verdicts = {}
        self.refused = collections.defaultdict(set)
        line, flags, details, asked = 0, frozenset(), [], None
        for text in log:
            match = re.search(r'publickey test pkalg .* (SHA256:\S+)', text)
            if match:
                asked = match[1]
                self.verdicts.setdefault(asked, REFUSED)
            match = re.search(r'%f:(\d+): matching key found', text)
            if match:
                line, flags, details = int(match[1]), frozenset(), []
            match = re.search(r'%f:(\d+): key options:(.*)', text)
            if match:
                flags = frozenset(match[2].replace('expires', ' expires')
                                  .split())
            match = re.search(r'%f:\d+: ((?:expires at|forced command:|'
                              r'permitted \w+:|authorized principals:).*)',
                              text)
            if match:
                details.append(match[1])
            if text.startswith('Refused by key options') and line:
                self.refused[asked].add(line)
                line = 0
            match = re.search(r'Accepted key \S+ (SHA256:\S+) found', text)
            if match:
                self.verdicts[match[1]] = Verdict(line, flags, tuple(details))
                line = 0


class Agent(threading.Thread):
    """Has all the keys, and signs with none."""

    def __init__(self, path, blobs):
        super().__init__(daemon=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(4)
        self.blobs = blobs

    def run(self):
        while True:
            peer = self.listener.accept()[0]
            threading.Thread(target=self.serve, args=[peer],
                             daemon=True).start()

    def serve(self, peer):
        stream = peer.makefile('rb')
        while len(head := stream.read(5)) == 5:
            length, kind = struct.unpack('!IB', head)
            stream.read(length - 1)
            answer = b'\5'
            if kind == 11:
                answer = b'\14' + struct.pack('!I', len(self.blobs)) + \
                    b''.join(string(b) + string(b'') for b in self.blobs)
            peer.sendall(string(answer))


class Sshd:
    def __init__(self, name, port, zone):
        self.dir = f'{WORK}/{name}'
        self.port = port
        os.mkdir(self.dir)
        os.mkdir(f'{self.dir}/files')
        with open(f'{self.dir}/config', 'w') as config:
            config.write(f'''
Port {port}
ListenAddress 127.0.0.1
HostKey {WORK}/host_key
PidFile none
StrictModes no
UsePAM yes
UseDNS no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
AuthorizedKeysFile none
AuthorizedKeysCommand /usr/bin/cat {self.dir}/files/%f
AuthorizedKeysCommandUser root
KexAlgorithms curve25519-sha256
LoginGraceTime 0
MaxAuthTries 100000
LogLevel DEBUG1
''')
        self.log = open(f'{self.dir}/log', 'w+b')
        self.process = subprocess.Popen(
            ['/usr/sbin/sshd', '-D', '-e', '-f', f'{self.dir}/config'],
            stderr=self.log, env=dict(os.environ, TZ=zone))

    def put(self, key, text):
        with open(f'{self.dir}/files/{key.fingerprint}', 'wb') as file:
            file.write(text)

    def ask(self, keys):
        """Ask for KEYS, and store the answers."""
        agent = f'{self.dir}/agent'
        if os.path.exists(agent):
            os.unlink(agent)
        Agent(agent, [key.blob for key in keys]).start()
        self.log.seek(0)
        self.log.truncate()
        os.lseek(self.process_log(), 0, os.SEEK_SET)
        ssh = subprocess.run(
            ['ssh', '-F', 'none', '-p', str(self.port), '-i', 'none', '-o',
             'BatchMode=yes', '-o', f'IdentityAgent={agent}', '-o',
             'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null',
             '-o', 'LogLevel=ERROR', 'root@127.0.0.1', 'true'],
            stdin=subprocess.DEVNULL, capture_output=True, check=False)
        self.wait_for_end()
        self.log.seek(0)
        self.answers = Answers(
            self.log.read().decode('latin-1').replace('\r', '').split('\n'))
        self.said = ssh.stderr.decode('latin-1')[-500:]

    def process_log(self):
        return self.log.fileno()

    def wait_for_end(self):
        """Until all that the connection's sshd has to say is in the log."""
        children = f'/proc/{self.process.pid}/task/{self.process.pid}/children'
        while open(children).read().strip():
            time.sleep(0.01)


# Comparing

PERMITS = {'agent-forwarding', 'port-forwarding', 'pty', 'user-rc',
           'x11-forwarding', 'no-touch-required'}
COMMAND = 'forced command: '


def command_of(verdict):
    for detail in verdict.details:
        if detail.startswith(COMMAND):
            return detail[len(COMMAND):].strip('"')
    return None


def without_command(verdict):
    flags = {f for f in verdict.flags
             if f not in ('command', 'environment') and
             not f.startswith('tun=')}
    return flags, tuple(d for d in verdict.details
                        if not d.startswith(COMMAND))


def at_once(details, zone):
    """DETAILS with the time that one may have, of ZONE, as it is everywhere."""
    os.environ['TZ'] = zone
    time.tzset()
    return [time.mktime(time.strptime(d[11:], '%Y-%m-%dT%H:%M:%S'))
            if d.startswith('expires at ') else d for d in details]


def more(file, direct, through):
    """What THROUGH the gateway is let in and not DIRECTly, in words, or ''."""
    if not through.line:
        return ''
    if not direct.line:
        return 'let in'
    flags, details = without_command(direct)
    got_flags, got_details = without_command(through)
    if (got_flags & PERMITS) - flags:
        return 'with ' + ' '.join(sorted((got_flags & PERMITS) - flags))
    if (flags - PERMITS) - got_flags:
        return 'without ' + ' '.join(sorted((flags - PERMITS) - got_flags))
    if at_once(got_details, GATEWAY_ZONE) != at_once(details, REMOTE_ZONE):
        return f'with {got_details} for {details}'
    wanted = command_of(direct)
    if file.mode == 'refuse' and wanted is not None:
        return 'in spite of its command'
    if file.mode == 'honor' and \
            command_of(through) != (ANY_COMMAND if wanted is None else wanted):
        return f'with the command {command_of(through)}'
    return ''


# A line that sshd has refused for what else it has.
LEFT_OUT = re.compile(rb'(?i)\0|command|principals|touch-req|no-verify-req')
# sshd has these, too; yet they are not among the options of moshgate-keys(8).
UNNAMED = re.compile(rb'(?i)(?:^|,)\s*(?:touch-required|no-verify-required)'
                     rb'\s*(?:,|\s)')
# ... and takes these for types of keys, which nobody writes.
UNKNOWN = re.compile(rb'(?i)(?<![a-z0-9-])(?:ed25519(?:-sk)?|rsa|ecdsa(?:-sk)?|'
                     rb'rsa-sha2-(?:256|512))[ \t]')


def may_be_left_out(file, key, direct, refused):
    """True if moshgate-keys(8) says that the line is, in which sshd has found
    KEY; REFUSED are the lines that had it, but were refused."""
    lines = file.text.split(b'\n')
    if b'\0' in lines[direct.line - 1] or 'principals' in direct.flags:
        return True
    if UNNAMED.search(lines[direct.line - 1]) or \
            UNKNOWN.search(lines[direct.line - 1]):
        return True
    command = command_of(direct)
    if command is not None and (file.mode == 'refuse' or command.startswith(
            ('internal-sftp', ANY_COMMAND[:-2]))):
        return True
    # an earlier line with the key, which was left out
    for number, line in enumerate(lines[:direct.line - 1], 1):
        if number in refused:
            if LEFT_OUT.search(line):
                return True
        elif key_is_in(key, line):
            return True
    return False


def key_is_in(key, line):
    """True if LINE may have KEY, in whatever form."""
    text = re.sub(rb'[\t\v\f\r"= ]', b'', line)
    # an RSA key may be written with more zeros in it
    return key.base64[16:60] in text or any(
        key.blob[-40:-8] in base64.b64decode(
            word[:len(word) - len(word) % 4])
        for word in re.findall(rb'[A-Za-z0-9+/]{40,}', line))


def less(file, key, direct, through, refused):
    """What is lost THROUGH the gateway that ought not to be, in words, or ''."""
    if not direct.line:
        return ''
    if not through.line:
        return '' if may_be_left_out(file, key, direct, refused) else 'kept out'
    lost = (without_command(direct)[0] & PERMITS) - through.flags
    return 'without ' + ' '.join(sorted(lost)) if lost else ''


class Count:
    files = keys = direct = through = unasked = 0
    more, less = [], []


def note(file, key, what, direct, through):
    print(f'# file {file.number} ({file.mode}), SEED={SEED}: {key.kind} '
          f'{key.fingerprint} is {what}\n#   direct:  {direct}\n'
          f'#   through: {through}')
    for number, line in enumerate(file.text.split(b'\n'), 1):
        shown = repr(line)[1:]
        print(f'#   {number}: {shown[:700]}{"..." * (len(shown) > 700)}')


def compare(files, direct, through):
    for file in files:
        Count.files += 1
        for key in file.keys:
            a = direct.answers.verdicts.get(key.fingerprint)
            b = through.answers.verdicts.get(key.fingerprint)
            Count.keys += 1
            if a is None or b is None:
                Count.unasked += 1
                print(f'# file {file.number}: {key.kind} is not asked for')
                continue
            Count.direct += a.line > 0
            Count.through += b.line > 0
            what = more(file, a, b)
            if what:
                Count.more.append(file.number)
                note(file, key, 'more: ' + what, a, b)
            what = less(file, key, a, b,
                        direct.answers.refused[key.fingerprint])
            if what:
                Count.less.append(file.number)
                note(file, key, 'lost: ' + what, a, b)
            if ONLY:
                note(file, key, 'tried', a, b)


def try_files(files, direct, through):
    orders = ''
    for file in files:
        path = f'{WORK}/{file.number}'
        with open(path, 'wb') as out:
            out.write(file.text)
        orders += f'{file.mode} {path} {path}.filtered\n'
    subprocess.run([FILTERKEYS, REMOTE_ZONE], input=orders.encode(), check=True)
    for file in files:
        path = f'{WORK}/{file.number}'
        with open(f'{path}.filtered', 'rb') as filtered:
            text = filtered.read()
        for key in file.keys:
            direct.put(key, file.text)
            through.put(key, text)
        os.unlink(path)
        os.unlink(f'{path}.filtered')
    keys = [key for file in files for key in file.keys]
    askers = [threading.Thread(target=sshd.ask, args=[keys])
              for sshd in (direct, through)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    compare(files, direct, through)
    for sshd in (direct, through):
        for key in keys:
            os.unlink(f'{sshd.dir}/files/{key.fingerprint}')


def is_up(port):
    try:
        with socket.create_connection(('127.0.0.1', port)) as peer:
            return peer.recv(4) == b'SSH-'
    except OSError:
        return False


def run():
    numbers = [int(ONLY)] if ONLY else range(FILES)
    subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f',
                    f'{WORK}/host_key'], check=True)
    direct, through = Sshd('direct', 2201, REMOTE_ZONE), \
        Sshd('through', 2202, GATEWAY_ZONE)
    end = time.monotonic() + 60
    while not (is_up(2201) and is_up(2202)) and time.monotonic() < end:
        time.sleep(0.05)
    direct.wait_for_end()
    through.wait_for_end()
    batch, keys = [], 0
    for number in numbers:
        file = File(number)
        if keys + len(file.keys) > KEYS_PER_CONNECTION:
            try_files(batch, direct, through)
            batch, keys = [], 0
        batch.append(file)
        keys += len(file.keys)
    try_files(batch, direct, through)
    if Count.unasked:
        print(f'# {direct.said}\n# {through.said}')


def ok(number, passed, name):
    print(f'{"ok" if passed else "not ok"} {number} - {name}')


def main():
    if os.environ.get('DIFFERENTIAL') != 'inside':
        # with a network, processes and a /run of its own, which end with it
        os.environ['DIFFERENTIAL'] = 'inside'
        os.execvp('unshare', ['unshare', '--mount', '--net', '--pid', '--fork',
                              '--kill-child', '--mount-proc', sys.executable,
                              os.path.abspath(__file__)])
    sys.stdout.reconfigure(line_buffering=True)
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run'],
                   check=True)
    os.mkdir('/run/sshd', 0o755)
    os.mkdir(WORK, 0o755)
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    print('1..4')
    run()
    print(f'# {Count.files} files, {Count.keys} keys; let in directly '
          f'{Count.direct}, through the gateway {Count.through}')
    ok(1, not Count.unasked and Count.direct * 5 > Count.keys and
       Count.through * 9 > Count.keys,
       'sshd is asked for all keys, and lets many in both ways')
    ok(2, not Count.more, 'through the gateway nothing more is let in')
    ok(3, not Count.less, '... and nothing is lost that is to be kept')
    ok(4, Count.direct < Count.keys and Count.through < Count.direct,
       '... though there is what has to be')


main()
