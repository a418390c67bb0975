"""The calls of the system that SQLite makes, handed to a fault: it lets all be replaced but fsync and mmap."""

import ctypes
import os


class _Vfs(ctypes.Structure):
    """The head of sqlite3_vfs, version 3 (sqlite3.h): the calls of the system are its last but two fields."""

    _fields_ = [
        ("version", ctypes.c_int), ("file_size", ctypes.c_int), ("max_path", ctypes.c_int), ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p), ("data", ctypes.c_void_p), ("methods", ctypes.c_void_p * 13),
        ("set_call", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)),
        ("get_call", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)),
    ]  # fmt: skip


INT, SIZE, POINTER, TEXT = ctypes.c_int, ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_char_p
SQLITE_CALLS = {  # of os_unix.c, which lets them be replaced: result and arguments
    b"open": (INT, TEXT, INT, INT),
    b"unlink": (INT, TEXT),
    b"ftruncate": (INT, INT, SIZE),
    b"write": (SIZE, INT, POINTER, SIZE),
    b"pwrite": (SIZE, INT, POINTER, SIZE, SIZE),
    b"pwrite64": (SIZE, INT, POINTER, SIZE, SIZE),
}


def guard_sqlite(fault) -> None:
    """Counts the calls of SQLite, too; it lets all be replaced but fsync."""
    import _sqlite3

    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    vfs = library.sqlite3_vfs_find(None)
    fault.kept = []  # the functions live as long as SQLite calls them
    for name, types in SQLITE_CALLS.items():
        address = vfs.contents.get_call(vfs, name)
        if address:
            kind = ctypes.CFUNCTYPE(*types, use_errno=True)
            guarded = kind(_guarded_call(fault, name.decode(), kind(address)))
            fault.kept.append(guarded)
            vfs.contents.set_call(vfs, name, ctypes.cast(guarded, ctypes.c_void_p))


def _guarded_call(fault, name, call):
    def guarded(*arguments):
        first = arguments[0]
        try:
            fault.reach(name, os.fsdecode(first) if isinstance(first, bytes) else os.readlink(f"/proc/self/fd/{first}"))
        except OSError as error:
            ctypes.set_errno(error.errno)
            return -1
        return call(*arguments)

    return guarded
