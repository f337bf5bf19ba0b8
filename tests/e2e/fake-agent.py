#!/usr/bin/env python3
"""fake-agent.py HOW SOCKET [KEY.pub]: an SSH agent that is up to no good.

It takes clients at SOCKET, one after another, and makes SOCKET.asked for each
request to sign.  HOW:
silent   says nothing
garbage  answers with what is no message
huge     says that its answer has 4 GiB
half     begins to answer, and leaves
empty    has no key
many     has 2000 keys of a type that nobody knows, and KEY behind them
hangs    has KEY, and does not sign
dies     has KEY, and leaves when it is to sign
denies   has KEY, and says that it does not sign
lies     has KEY, and signs with zeros
sha1     has KEY, and signs as if by ssh-rsa
flood    has KEY, and sends without end when it is to sign
"""
import base64
import os
import socket
import struct
import sys
import threading

how, path = sys.argv[1:3]
key = base64.b64decode(open(sys.argv[3]).read().split()[1]) \
    if len(sys.argv) > 3 else b''


def string(data):
    return struct.pack('>I', len(data)) + data


def keys():
    found = [string(key) + string(b'it')] if how != 'empty' else []
    if how == 'many':
        found = [string(string(b'none-such')) + string(b'')] * 2000 + found
    return b'\x0c' + struct.pack('>I', len(found)) + b''.join(found)


def signature():
    name = b'ssh-rsa' if how == 'sha1' else key[4:4 + key[3]]
    return b'\x0e' + string(string(name) + string(bytes(64)))


def receive(client, size):
    data = b''
    while len(data) < size:
        more = client.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def answer(client, message):
    """Answer MESSAGE; false if that was the last."""
    if message[0] == 27:  # ssh itself says which hop this is, and waits
        client.sendall(b'\0\0\0\1\5')
        return True
    if how == 'silent' or (how == 'hangs' and message[0] == 13):
        while client.recv(4096):
            pass
        return False
    if how == 'garbage':
        client.sendall(os.urandom(4096))
    elif how == 'huge':
        client.sendall(b'\xff\xff\xff\xff\x0c')
    elif how == 'half':
        client.sendall(string(keys())[:20])
        return False
    elif message[0] == 11:
        client.sendall(string(keys()))
    elif how == 'dies':
        return False
    elif how == 'denies':
        client.sendall(b'\0\0\0\1\5')
    elif how == 'flood':
        while True:
            client.sendall(string(b'\x0e') * 4096)
    else:
        client.sendall(string(signature()))
    return True


def serve(client):
    try:
        while True:
            size, = struct.unpack('>I', receive(client, 4))
            message = receive(client, size)
            if message[0] == 13:
                open(path + '.asked', 'a').write('sign\n')
            if not answer(client, message):
                break
    except (EOFError, OSError):
        pass
    client.close()


listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen(8)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],),
                     daemon=True).start()
