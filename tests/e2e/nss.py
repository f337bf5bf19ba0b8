#!/usr/bin/python3
"""
Calls of libnss_moshgate as programs make them, or could make them.

	nss.py COMMAND

	name NAME        ask for NAME; print the uid, or "none"
	deleted NAME     the same, when the program that runs is no more
	signals NAME     the same, with a signal all the time
	rooms NAME       ask for NAME, its uid, and everybody, each with every size
	                 of buffer; print OK if all is as in nss(5)
	errno NAME       print OK if errno is left alone, and *errnop set
	list             print all names, as getpwent() has them
	list-rooms       the same, with a buffer that is too small at first
	list-growing     the same, and in the middle the map is another one
	threads          ask for all users in many threads; print OK, if each time
	                 they are all there
	list-threads     print all names, which many threads list together
	left-open NAME   print OK if many calls leave nothing open, and no memory
"""

import collections
import ctypes
import os
import pwd
import signal
import sys
import threading

MAP = '/var/lib/moshgate/users'
SUCCESS, NOTFOUND, TRYAGAIN = 1, 0, -2
ENOENT, ERANGE = 2, 34
ENOUGH = 1024
THREADS = 8


class Passwd(ctypes.Structure):
    _fields_ = [('name', ctypes.c_char_p), ('passwd', ctypes.c_char_p),
                ('uid', ctypes.c_uint), ('gid', ctypes.c_uint),
                ('gecos', ctypes.c_char_p), ('dir', ctypes.c_char_p),
                ('shell', ctypes.c_char_p)]


class Mallinfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in
                ('arena', 'ordblks', 'smblks', 'hblks', 'hblkhd', 'usmblks',
                 'fsmblks', 'uordblks', 'fordblks', 'keepcost')]


module = ctypes.CDLL('libnss_moshgate.so.2', use_errno=True)
libc = ctypes.CDLL('libc.so.6', use_errno=True)
libc.mallinfo2.restype = Mallinfo
Answer = collections.namedtuple('Answer', 'status errno name uid')


def ask(function, *key, size=ENOUGH):
    """One call; what is behind the buffer must stay as it is."""
    user = Passwd()
    room = ctypes.create_string_buffer(b'\xa5' * ENOUGH * 2, ENOUGH * 2)
    errno = ctypes.c_int(0)
    status = function(*key, ctypes.byref(user), room, ctypes.c_size_t(size),
                      ctypes.byref(errno))
    assert room.raw[size:] == b'\xa5' * (ENOUGH * 2 - size), 'written behind'
    if status != SUCCESS:
        return Answer(status, errno.value, None, None)
    begin = ctypes.addressof(room)
    for name in ('name', 'passwd', 'gecos', 'dir', 'shell'):
        at = ctypes.c_void_p.from_buffer(user, getattr(Passwd, name).offset)
        assert begin <= at.value < begin + size, 'not in the buffer'
    return Answer(status, errno.value, user.name.decode(), user.uid)


def by_name(name, **more):
    return ask(module._nss_moshgate_getpwnam_r, name.encode(), **more)


def by_uid(uid, **more):
    return ask(module._nss_moshgate_getpwuid_r, ctypes.c_uint(uid), **more)


def next_one(**more):
    return ask(module._nss_moshgate_getpwent_r, **more)


def the_rest():
    answers = iter(next_one, Answer(NOTFOUND, ENOENT, None, None))
    return [answer.name for answer in answers]


def print_uid(name):
    try:
        print(pwd.getpwnam(name).pw_uid)
    except KeyError:
        print('none')


def deleted(name):
    os.unlink(os.readlink('/proc/self/exe'))
    assert os.readlink('/proc/self/exe').endswith(' (deleted)')
    print_uid(name)


def signals(name):
    count = 0

    def count_one(*_):
        nonlocal count
        count += 1
    # in a thread of its own the call runs, and gets the signals
    signal.signal(signal.SIGALRM, count_one)
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    print_uid(name)
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert count > 0, 'no signal'


def all_rooms(call):
    """The same answer whatever the size is, or that it is too small."""
    good = call(size=ENOUGH)
    assert good.status == SUCCESS, good
    small = 0
    while call(size=small).status != SUCCESS:
        answer = call(size=small)
        assert answer[:2] == (TRYAGAIN, ERANGE), answer
        small += 1
    assert small > len(good.name), small
    for size in range(small, small + 20):
        assert call(size=size) == good


def rooms(name):
    uid = by_name(name).uid
    all_rooms(lambda size: by_name(name, size=size))
    all_rooms(lambda size: by_uid(uid, size=size))
    for size in range(0, ENOUGH):
        assert by_name('nobody-at-all', size=size)[:2] == (NOTFOUND, ENOENT)

    def first(size):
        module._nss_moshgate_setpwent(0)
        return next_one(size=size)
    all_rooms(first)
    print('OK')


def errno(name):
    uid = by_name(name).uid
    for known, call in [
            (True, lambda: by_name(name)),
            (True, lambda: by_uid(uid)),
            (True, next_one),
            (False, lambda: by_name('nobody-at-all')),
            (False, lambda: by_name('-rf')),
            (False, lambda: by_uid(77777777)),
            (False, lambda: by_uid(0)),
            (False, lambda: (the_rest(), next_one())[1])]:
        module._nss_moshgate_setpwent(0)
        ctypes.set_errno(77)
        answer = call()
        assert ctypes.get_errno() == 77, ctypes.get_errno()
        assert answer[:2] == ((SUCCESS, 0) if known else (NOTFOUND, ENOENT))
    # the C library has both in one place
    ctypes.set_errno(77)
    libc.__errno_location.restype = ctypes.POINTER(ctypes.c_int)
    room = ctypes.create_string_buffer(ENOUGH)
    both = module._nss_moshgate_getpwnam_r
    assert both(name.encode(), ctypes.byref(Passwd()), room,
                ctypes.c_size_t(1), libc.__errno_location()) == TRYAGAIN
    assert ctypes.get_errno() == ERANGE, ctypes.get_errno()
    print('OK')


def lists(small):
    """As getpwent_r() of the C library goes through all sources."""
    user, found = Passwd(), ctypes.c_void_p()
    room = ctypes.create_string_buffer(64 * 1024)
    libc.setpwent()
    names = []
    while True:
        sizes = list(range(0, 120, 7)) if small else []
        for size in sizes + [len(room)]:
            status = libc.getpwent_r(ctypes.byref(user), room,
                                     ctypes.c_size_t(size),
                                     ctypes.byref(found))
            if status != ERANGE:
                break
        if status != 0:
            break
        names.append(user.name.decode())
    libc.endpwent()
    print(' '.join(names))


def list_growing():
    module._nss_moshgate_setpwent(0)
    names = [next_one().name, next_one().name]
    with open(MAP + '.new', 'w') as new:
        # where the third line was, there is now the end of one, like a user
        new.write('# ' + 18 * 'x' + 'xu:70009\nyan:70001\nlast:70002\n')
    os.rename(MAP + '.new', MAP)
    print(' '.join(names + the_rest()))


def read_map():
    with open(MAP) as file:
        return [line.strip().split(':') for line in file]


def in_threads(work):
    """What WORK returned in each of the threads, which begin together."""
    barrier = threading.Barrier(THREADS)
    results = []

    def run():
        barrier.wait()
        results.append(work())
    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == THREADS, 'a thread failed'
    return results


def threads():
    users = read_map()

    def work():
        for name, uid in users:
            assert by_name(name) == Answer(SUCCESS, 0, name, int(uid))
            assert by_uid(int(uid)) == Answer(SUCCESS, 0, name, int(uid))
            assert by_name(name + '-') == Answer(NOTFOUND, ENOENT, None, None)
            assert pwd.getpwnam(name).pw_uid == int(uid)
            assert next_one().status in (SUCCESS, NOTFOUND)
            module._nss_moshgate_setpwent(0)
        return True
    in_threads(work)
    print('OK')


def list_threads():
    module._nss_moshgate_setpwent(0)
    print(' '.join(sorted(sum(in_threads(the_rest), []))))


def left_open(name):
    def all_calls(times):
        for _ in range(times):
            by_name(name)
            by_name('nobody-at-all')
            by_uid(by_name(name).uid if by_name(name).uid else 70000)
            by_uid(77777777)
            the_rest()
            by_name(name, size=1)
            module._nss_moshgate_setpwent(0)

    def state():
        return sorted(os.listdir('/proc/self/fd')), libc.mallinfo2().uordblks
    all_calls(20)
    files, memory = state()
    all_calls(500)
    files_after, memory_after = state()
    assert files == files_after, files_after
    # what Python itself needs for a while is less than a byte for each call
    assert memory_after - memory < 3500, memory_after - memory
    print('OK')


def main(command, *args):
    {'name': print_uid, 'deleted': deleted, 'signals': signals,
     'rooms': rooms, 'errno': errno, 'list': lambda: lists(False),
     'list-rooms': lambda: lists(True), 'list-growing': list_growing,
     'threads': threads, 'list-threads': list_threads,
     'left-open': left_open}[command](*args)


main(*sys.argv[1:])
